"""The tables of the alert store, in types that every database has.

Names are ASCII, at most 30 characters and reserved nowhere (`LEVEL` is in Oracle, `RANK` in MySQL), so that
nobody has to quote them. Text that may be empty is nullable: Oracle knows no empty text. Instants are naive
UTC, whole seconds. Fixed-point numbers go in as `Decimal` and come out as float64.
"""

from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Double,
    Engine,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Unicode,
    UnicodeText,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.types import TypeEngine

from detector.errors import SinkError
from detector.schema import ID_LENGTH, MONEY_DECIMALS, MONEY_DIGITS, TEXT_LENGTH
from pipelines.alerts.fingerprint import KEY_LENGTH
from pipelines.database import masked

SHA_LENGTH = 64
SCORE_DECIMALS = 4
SHARE_DECIMALS = 6
PHRASE_LENGTH = 1000

# MySQL: rows and rollback need InnoDB, four-byte characters and exact comparison these settings.
MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}

METADATA = MetaData()


def _text(length: int) -> Unicode:
    # SQL Server counts UTF-16 units, of which a character has up to two.
    return Unicode(2 * length)


def _score() -> Numeric[float]:
    return Numeric(9, SCORE_DECIMALS, asdecimal=False)


def _filled(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _key(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


RUNS = Table(
    "detector_run",
    METADATA,
    _key("run_id", String(KEY_LENGTH)),
    _filled("started_at", DateTime()),
    _filled("finished_at", DateTime()),
    _filled("as_of", DateTime()),
    _filled("authority", _text(ID_LENGTH)),
    _filled("config_sha", String(SHA_LENGTH)),
    _filled("config", UnicodeText()),
    _filled("code_version", String(32)),
    _filled("model_sha", String(SHA_LENGTH)),
    _filled("records_sha", String(SHA_LENGTH)),
    _filled("trades_n", Integer()),
    _filled("bids_n", Integer()),
    _filled("problems_n", Integer()),
    _filled("eligible_n", Integer()),
    _filled("flags_n", Integer()),
    _filled("new_n", Integer()),
    _filled("changed_n", Integer()),
    _filled("seen_n", Integer()),
    _filled("manifest", UnicodeText()),
    **MYSQL,
)

ALERTS = Table(
    "detector_alert",
    METADATA,
    _key("alert_id", String(KEY_LENGTH)),
    _filled("fingerprint", String(SHA_LENGTH)),
    _filled("authority", _text(ID_LENGTH)),
    _filled("subject_type", String(16)),
    _filled("subject_id", _text(ID_LENGTH)),
    Column("subject_name", _text(TEXT_LENGTH)),
    _filled("detector_family", String(24)),
    _filled("period", String(16)),
    _filled("alert_level", SmallInteger()),
    _filled("score", _score()),
    _filled("score_pct", Numeric(9, SHARE_DECIMALS, asdecimal=False)),
    _filled("rank_in_run", Integer()),
    Column("amount", Numeric(MONEY_DIGITS, MONEY_DECIMALS, asdecimal=False)),
    Column("currency", _text(ID_LENGTH)),
    Column("trade_at", DateTime()),
    Column("state", String(16), nullable=False, server_default="open"),
    _filled("episode", Integer()),
    _filled("first_seen_run", String(KEY_LENGTH)),
    _filled("first_seen_at", DateTime()),
    _filled("last_seen_run", String(KEY_LENGTH)),
    _filled("last_seen_at", DateTime()),
    _filled("seen_n", Integer()),
    _filled("evidence_sha", String(SHA_LENGTH)),
    _filled("row_version", Integer()),
    UniqueConstraint("fingerprint", name="uq_detector_alert_fp"),
    Index("ix_detector_alert_queue", "state", "alert_level", "last_seen_at"),
    Index("ix_detector_alert_subject", "subject_id"),
    **MYSQL,
)

OBSERVATIONS = Table(
    "detector_observation",
    METADATA,
    _key("run_id", String(KEY_LENGTH)),
    _key("fingerprint", String(SHA_LENGTH)),
    _filled("score", _score()),
    _filled("alert_level", SmallInteger()),
    _filled("rank_in_run", Integer()),
    _filled("evidence", UnicodeText()),
    **MYSQL,
)

REASONS = Table(
    "detector_reason",
    METADATA,
    _key("run_id", String(KEY_LENGTH)),
    _key("fingerprint", String(SHA_LENGTH)),
    _key("seq", Integer()),
    _filled("code", String(32)),
    _filled("name", String(64)),
    Column("evidence_family", String(24)),
    Column("title_en", Unicode(PHRASE_LENGTH)),
    Column("title_zh", Unicode(PHRASE_LENGTH)),
    Column("value_num", Double()),
    Column("unit", Unicode(64)),
    Column("suspicion", Double()),
    Column("peer_group", Unicode(PHRASE_LENGTH)),
    _filled("peer_n", Integer()),
    Column("peer_median", Double()),
    Column("percentile", Double()),
    _filled("points", _score()),
    Column("innocent_en", Unicode(PHRASE_LENGTH)),
    Column("innocent_zh", Unicode(PHRASE_LENGTH)),
    **MYSQL,
)


def prepare(engine: Engine) -> None:
    """Create what is missing of the tables. SinkError if one is there with other columns."""
    missing = _missing_tables(engine)
    if missing:
        METADATA.create_all(engine, tables=missing)


def require(engine: Engine) -> None:
    """SinkError unless all tables are there with all their columns."""
    missing = _missing_tables(engine)
    if missing:
        names = ", ".join(table.name for table in missing)
        raise SinkError(
            f"{masked(engine.url)}: table {names} not found: no scan has written its alerts here. "
            "Name the database that the scan writes to, or scan first."
        )


def _missing_tables(engine: Engine) -> list[Table]:
    inspector = inspect(engine)
    there = {name.lower() for name in inspector.get_table_names()}
    faults = []
    for table in METADATA.sorted_tables:
        if table.name not in there:
            continue
        held = {str(column["name"]).lower() for column in inspector.get_columns(table.name)}
        lacking = [column.name for column in table.columns if column.name not in held]
        if lacking:
            faults.append(f"table {table.name} has no column {', '.join(lacking)}")
    if faults:
        raise SinkError(
            f"{masked(engine.url)}: {'; '.join(faults)}. Another program or another version made it. "
            "Add the columns, rename the table, or name another database."
        )
    return [table for table in METADATA.sorted_tables if table.name not in there]
