"""How much was set aside, and when that is too much to believe the rest."""

from collections import Counter
from typing import NamedTuple

from detector.contract import ROW
from detector.errors import ContractBrokenError
from detector.records import Records
from detector.schema import TABLES

DEFAULT_LIMIT = 0.02
# Of a column: a share that no careless typing explains.
MOST = 0.5
# Of a handful of values, one typing mistake is a large share.
FEWEST = 20


class Share(NamedTuple):
    """What was set aside of the rows of a table (`column` is empty) or of the values of a column."""

    table: str
    column: str
    aside: int
    total: int
    reason: str

    @property
    def share(self) -> float:
        """Set aside, of all there were."""
        return self.aside / self.total if self.total else 0.0

    @property
    def name(self) -> str:
        """The table, or table and column."""
        return f"{self.table}.{self.column}" if self.column else self.table


def shares(records: Records) -> list[Share]:
    """Tables and columns of which anything was set aside, with the usual reason; the largest share first."""
    rows: Counter[str] = Counter()
    values: Counter[tuple[str, str]] = Counter()
    reasons: dict[tuple[str, str], Counter[str]] = {}
    for problem in records.problems:
        place = (problem.table, "" if problem.effect == ROW else problem.column)
        rows[problem.table] += problem.effect == ROW
        values[place] += 1
        reasons.setdefault(place, Counter())[problem.reason] += 1
    found = [
        Share(
            table, column, count, _total(records, rows, table, column, count), _usual(reasons[table, column])
        )
        for (table, column), count in values.items()
        if table in TABLES
    ]
    return sorted(found, key=lambda one: (-one.share, one.name))


def check_quarantine(records: Records, limit: float) -> bool:
    """Whether the scan is degraded: rows were set aside, within the `limit`.

    Raises ContractBrokenError, naming all of them, where more than a share of `limit` of the rows of a table was
    set aside, or most values of a column (and at least twenty): then a unit, a code list or a column is mapped
    wrongly, and what is left would be judged against the wrong peers. Fewer values that could not be believed
    are ordinary (publishers enter 1 where no amount is known): they are counted and *not computable*.
    """
    found = shares(records)
    broken = [one for one in found if one.share > (MOST if one.column else limit) and one.aside >= FEWEST]
    if broken:
        told = "; ".join(map(_told, broken[:8]))
        raise ContractBrokenError(
            f"too much was set aside (above {limit:.1%} of rows or {MOST:.0%} of values), so that nothing was "
            f"judged: {told}. Correct the mapping or the records; --max-quarantine raises the limit of rows."
        )
    return any(one.column == "" for one in found)


def _total(records: Records, rows: Counter[str], table: str, column: str, count: int) -> int:
    frame = getattr(records, table)
    return len(frame) + rows[table] if not column else int(frame[column].notna().sum()) + count


def _usual(reasons: Counter[str]) -> str:
    return min(reasons, key=lambda reason: (-reasons[reason], reason))


def _told(one: Share) -> str:
    what = "values" if one.column else "rows"
    return f"{one.name}: {one.aside:,} of {one.total:,} {what} ({one.share:.1%}; {one.reason})"
