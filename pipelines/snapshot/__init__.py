"""The snapshot: the canonical tables of one source as Parquet, pulled night by night, with its history."""
