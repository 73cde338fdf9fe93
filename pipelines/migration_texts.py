"""Renews the SQL that people review, a file a revision and database: `python -m pipelines.migration_texts`."""

from pipelines.alerts.migrating import SCRIPTS, revisions, sql
from pipelines.database_kinds import KINDS, dialect_named


def main() -> None:
    """Write the texts of all databases whose dialect is installed; those of the others stay as they are."""
    for name in KINDS:
        dialect, used = dialect_named(name)
        for revision in revisions() if used == name else ():
            path = SCRIPTS / "sql" / f"{revision}.{name}.sql"
            path.write_text(sql(dialect, revision), encoding="utf-8")


if __name__ == "__main__":
    main()
