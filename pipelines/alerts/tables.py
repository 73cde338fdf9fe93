"""The tables of the alert store, in types that every database has.

Names are ASCII, at most 30 characters and reserved nowhere (`LEVEL` is in Oracle, `RANK` in MySQL), so that
nobody has to quote them. Text that may be empty is nullable: Oracle knows no empty text. Instants are naive
UTC, whole seconds. Fixed-point numbers go in as `Decimal` and come out as float64.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Table,
    Unicode,
    UnicodeText,
    UniqueConstraint,
)

from detector.schema import CODE_LENGTH, ID_LENGTH, MONEY_DECIMALS, MONEY_DIGITS, TEXT_LENGTH
from pipelines.alerts.columns import (
    ACTOR_LENGTH,
    METADATA,
    MYSQL,
    PHRASE_LENGTH,
    SHA_LENGTH,
    count,
    filled,
    key,
    score,
    share,
    text,
)
from pipelines.alerts.fingerprint import KEY_LENGTH

RUNS = Table(
    "detector_run",
    METADATA,
    key("run_id", String(KEY_LENGTH)),
    filled("started_at", DateTime()),
    filled("finished_at", DateTime()),
    filled("as_of", DateTime()),
    filled("authority", text(ID_LENGTH)),
    filled("config_sha", String(SHA_LENGTH)),
    filled("config", UnicodeText()),
    filled("code_version", String(32)),
    filled("model_sha", String(SHA_LENGTH)),
    filled("records_sha", String(SHA_LENGTH)),
    filled("trades_n", Integer()),
    filled("bids_n", Integer()),
    filled("problems_n", Integer()),
    filled("eligible_n", Integer()),
    filled("flags_n", Integer()),
    filled("new_n", Integer()),
    filled("changed_n", Integer()),
    filled("seen_n", Integer()),
    count("reopened_n"),
    count("cleared_n"),
    count("absent_n"),
    count("withdrawn_n"),
    count("hidden_n"),
    filled("manifest", UnicodeText()),
    Index("ix_detector_run_authority", "authority", "finished_at"),
    **MYSQL,
)

# What a run replaces, what it keeps, and what people decide stand in one row: the current state of one identity.
ALERTS = Table(
    "detector_alert",
    METADATA,
    key("alert_id", String(KEY_LENGTH)),
    filled("fingerprint", String(SHA_LENGTH)),
    filled("authority", text(ID_LENGTH)),
    filled("subject_type", String(16)),
    filled("subject_id", text(ID_LENGTH)),
    Column("subject_name", text(TEXT_LENGTH)),
    # Contracting process: 统一交易标识码 or the code of the tender project; the subject is its section.
    Column("process_id", text(ID_LENGTH)),
    Column("region_code", text(ID_LENGTH)),
    Column("industry_code", text(ID_LENGTH)),
    Column("trade_kind", String(CODE_LENGTH)),
    Column("buyer_id", text(ID_LENGTH)),
    filled("detector_family", String(24)),
    filled("period", String(16)),
    filled("alert_level", SmallInteger()),
    filled("score", score()),
    filled("score_pct", share()),
    filled("rank_in_run", Integer()),
    Column("amount", Numeric(MONEY_DIGITS, MONEY_DECIMALS, asdecimal=False)),
    Column("currency", text(ID_LENGTH)),
    Column("trade_at", DateTime()),
    # Until then nothing about the trade may be shown: a correction can move an opening into the future.
    Column("opens_at", DateTime()),
    Column("state", String(16), nullable=False, server_default="new"),
    Column("disposition", String(20), nullable=False, server_default="unset"),
    Column("outcome_code", String(4)),
    # A state or disposition that one person (or the source, by withdrawing the record) proposes to another.
    Column("proposal", String(20)),
    Column("proposed_detail", UnicodeText()),
    Column("proposed_by", text(ACTOR_LENGTH)),
    Column("proposed_at", DateTime()),
    Column("assignee", text(ACTOR_LENGTH)),
    Column("due_at", DateTime()),
    Column("due_note", Unicode(PHRASE_LENGTH)),
    Column("escalated_at", DateTime()),
    Column("snoozed_until", DateTime()),
    # 0 shown, 1 hidden by a suppression, 2 would be hidden but belongs to the audit sample.
    count("hidden"),
    Column("suppression_id", String(KEY_LENGTH)),
    # Whether anybody was ever told of it: 0 while hidden from its first sight on.
    Column("announced", SmallInteger(), nullable=False, server_default="1"),
    filled("episode", Integer()),
    filled("first_seen_run", String(KEY_LENGTH)),
    filled("first_seen_at", DateTime()),
    filled("last_seen_run", String(KEY_LENGTH)),
    filled("last_seen_at", DateTime()),
    filled("seen_n", Integer()),
    count("absent_n"),
    # Whether the source has withdrawn the record.
    count("withdrawn"),
    filled("evidence_sha", String(SHA_LENGTH)),
    # The notable values behind that hash, canonical JSON {code: value}: what a later run is held against.
    Column("notable", UnicodeText()),
    filled("row_version", Integer()),
    UniqueConstraint("fingerprint", name="uq_detector_alert_fp"),
    Index("ix_detector_alert_queue", "state", "alert_level", "last_seen_at"),
    Index("ix_detector_alert_subject", "subject_id"),
    Index("ix_detector_alert_seen", "last_seen_run"),
    **MYSQL,
)

OBSERVATIONS = Table(
    "detector_observation",
    METADATA,
    key("run_id", String(KEY_LENGTH)),
    key("fingerprint", String(SHA_LENGTH)),
    filled("score", score()),
    filled("alert_level", SmallInteger()),
    filled("rank_in_run", Integer()),
    count("hidden"),
    filled("evidence", UnicodeText()),
    Column("narrative_en", UnicodeText()),
    Column("narrative_zh", UnicodeText()),
    **MYSQL,
)

REASONS = Table(
    "detector_reason",
    METADATA,
    key("run_id", String(KEY_LENGTH)),
    key("fingerprint", String(SHA_LENGTH)),
    key("seq", Integer()),
    Column("reason_kind", String(16), nullable=False, server_default="feature"),
    filled("code", String(32)),
    filled("name", String(64)),
    Column("evidence_family", String(24)),
    Column("title_en", Unicode(PHRASE_LENGTH)),
    Column("title_zh", Unicode(PHRASE_LENGTH)),
    Column("value_num", Double()),
    Column("unit", Unicode(64)),
    Column("suspicion", Double()),
    Column("peer_group", Unicode(PHRASE_LENGTH)),
    filled("peer_n", Integer()),
    Column("peer_median", Double()),
    Column("percentile", Double()),
    filled("points", score()),
    Column("innocent_en", Unicode(PHRASE_LENGTH)),
    Column("innocent_zh", Unicode(PHRASE_LENGTH)),
    # Of rules of law: the article, the two things compared, where they stand (JSON list), what to look at next.
    Column("citation_en", Unicode(PHRASE_LENGTH)),
    Column("citation_zh", Unicode(PHRASE_LENGTH)),
    Column("compared_en", Unicode(PHRASE_LENGTH)),
    Column("compared_zh", Unicode(PHRASE_LENGTH)),
    Column("sources", UnicodeText()),
    Column("next_check_en", Unicode(PHRASE_LENGTH)),
    Column("next_check_zh", Unicode(PHRASE_LENGTH)),
    count("provisional"),
    **MYSQL,
)

RULE_CARDS = Table(
    "detector_rule_card",
    METADATA,
    key("code", String(32)),
    key("card_version", String(32)),
    filled("name", String(64)),
    filled("family", String(24)),
    filled("card_status", String(16)),
    filled("title_en", Unicode(PHRASE_LENGTH)),
    filled("title_zh", Unicode(PHRASE_LENGTH)),
    Column("rule_text_en", UnicodeText()),
    Column("rule_text_zh", UnicodeText()),
    Column("source", UnicodeText()),
    Column("ocp_code", String(16)),
    Column("innocent_en", Unicode(PHRASE_LENGTH)),
    Column("innocent_zh", Unicode(PHRASE_LENGTH)),
    **MYSQL,
)

# Append-only and hash-chained in the order of `seq`.
EVENTS = Table(
    "detector_event",
    METADATA,
    key("seq", BigInteger()),
    filled("event_id", String(KEY_LENGTH)),
    filled("authority", text(ID_LENGTH)),
    Column("alert_id", String(KEY_LENGTH)),
    Column("run_id", String(KEY_LENGTH)),
    filled("occurred_at", DateTime()),
    filled("actor", text(ACTOR_LENGTH)),
    filled("actor_kind", String(8)),
    Column("actor_role", String(24)),
    Column("client", text(ACTOR_LENGTH)),
    filled("kind", String(24)),
    Column("old_value", Unicode(PHRASE_LENGTH)),
    Column("new_value", Unicode(PHRASE_LENGTH)),
    Column("note", UnicodeText()),
    # Whether receivers are told of it: each such event has its row in the outbox.
    count("is_news"),
    filled("prev_hash", String(SHA_LENGTH)),
    filled("row_hash", String(SHA_LENGTH)),
    UniqueConstraint("event_id", name="uq_detector_event_id"),
    Index("ix_detector_event_alert", "alert_id", "seq"),
    Index("ix_detector_event_run", "run_id"),
    **MYSQL,
)

# The end of each hash chain. Whoever appends locks its row first: so one writer at a time.
CHAINS = Table(
    "detector_chain",
    METADATA,
    key("chain", String(16)),
    filled("seq", BigInteger()),
    filled("row_hash", String(SHA_LENGTH)),
    **MYSQL,
)

SUPPRESSIONS = Table(
    "detector_suppression",
    METADATA,
    key("suppression_id", String(KEY_LENGTH)),
    Column("authority", text(ID_LENGTH)),
    filled("scope_type", String(16)),
    filled("scope_value", text(ID_LENGTH)),
    Column("code", String(32)),
    Column("top_level", SmallInteger(), nullable=False, server_default="2"),
    filled("reason", Unicode(PHRASE_LENGTH)),
    filled("created_by", text(ACTOR_LENGTH)),
    Column("approved_by", text(ACTOR_LENGTH)),
    Column("approved_at", DateTime()),
    filled("created_at", DateTime()),
    filled("starts_at", DateTime()),
    filled("expires_at", DateTime()),
    Column("ended_at", DateTime()),
    Column("ended_by", text(ACTOR_LENGTH)),
    Column("row_version", Integer(), nullable=False, server_default="1"),
    # Share of what it hides that is shown all the same, so that it can be audited.
    filled("sample_share", share()),
    Index("ix_detector_suppression_end", "authority", "expires_at"),
    **MYSQL,
)

OUTBOX = Table(
    "detector_outbox",
    METADATA,
    key("event_id", String(KEY_LENGTH)),
    filled("seq", BigInteger()),
    Column("alert_id", String(KEY_LENGTH)),
    filled("topic", String(32)),
    filled("dedup_key", String(SHA_LENGTH)),
    # Written by the first relay that renders it, so that every retry sends the same bytes.
    Column("payload", UnicodeText()),
    filled("created_at", DateTime()),
    UniqueConstraint("seq", name="uq_detector_outbox_seq"),
    **MYSQL,
)

# One row for each event and receiver, so that a dead receiver delays nobody else.
DELIVERIES = Table(
    "detector_delivery",
    METADATA,
    key("event_id", String(KEY_LENGTH)),
    key("receiver", String(64)),
    count("attempts"),
    Column("next_try_at", DateTime()),
    Column("delivered_at", DateTime()),
    Column("last_error", Unicode(PHRASE_LENGTH)),
    Index("ix_detector_delivery_due", "receiver", "next_try_at"),
    **MYSQL,
)

# The rows of one run on their way into the alert table: written and emptied within its transaction.
STAGE = Table(
    "detector_stage",
    METADATA,
    key("fingerprint", String(SHA_LENGTH)),
    *(Column(column.name, column.type) for column in ALERTS.columns if column.name != "fingerprint"),
    **MYSQL,
)
