"""Rules of law as data: packs of rows over measured facts, answered for every trade with three values."""
