"""The life of an alert: states, events, suppressions, outbox, and what a run replaces at once."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from pipelines.alerts.migrations.steps import add_columns, create_index, create_table, create_view
from pipelines.alerts.views import view_statements

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Lives, events, suppressions and deliveries."""
    _widen_runs()
    _widen_alerts()
    _widen_observations()
    _widen_reasons()
    _rule_cards()
    _events()
    _chains()
    _suppressions()
    _outbox()
    _deliveries()
    _stage()
    op.execute("UPDATE detector_alert SET state = 'new' WHERE state = 'open'")
    for name, statement in view_statements(op.get_context().dialect).items():
        create_view(name, statement)


def _widen_runs() -> None:
    """Columns that older stores lack."""
    add_columns(
        "detector_run",
        sa.Column("reopened_n", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("cleared_n", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("absent_n", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("withdrawn_n", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("hidden_n", sa.Integer(), nullable=False, server_default="0"),
    )
    create_index("ix_detector_run_authority", "detector_run", "authority", "finished_at")


def _widen_alerts() -> None:
    """Columns that older stores lack."""
    add_columns(
        "detector_alert",
        sa.Column("process_id", sa.Unicode(256)),
        sa.Column("region_code", sa.Unicode(256)),
        sa.Column("industry_code", sa.Unicode(256)),
        sa.Column("trade_kind", sa.String(32)),
        sa.Column("buyer_id", sa.Unicode(256)),
        sa.Column("opens_at", sa.DateTime()),
        sa.Column("disposition", sa.String(20), nullable=False, server_default="unset"),
        sa.Column("outcome_code", sa.String(4)),
        sa.Column("proposal", sa.String(20)),
        sa.Column("proposed_detail", sa.UnicodeText()),
        sa.Column("proposed_by", sa.Unicode(128)),
        sa.Column("proposed_at", sa.DateTime()),
        sa.Column("assignee", sa.Unicode(128)),
        sa.Column("due_at", sa.DateTime()),
        sa.Column("due_note", sa.Unicode(1000)),
        sa.Column("escalated_at", sa.DateTime()),
        sa.Column("snoozed_until", sa.DateTime()),
        sa.Column("hidden", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("suppression_id", sa.String(26)),
        sa.Column("announced", sa.SmallInteger(), nullable=False, server_default="1"),
        sa.Column("absent_n", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("withdrawn", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("notable", sa.UnicodeText()),
    )
    create_index("ix_detector_alert_seen", "detector_alert", "last_seen_run")


def _widen_observations() -> None:
    """Columns that older stores lack."""
    add_columns(
        "detector_observation",
        sa.Column("hidden", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("narrative_en", sa.UnicodeText()),
        sa.Column("narrative_zh", sa.UnicodeText()),
    )


def _widen_reasons() -> None:
    """Columns that older stores lack."""
    add_columns(
        "detector_reason",
        sa.Column("reason_kind", sa.String(16), nullable=False, server_default="feature"),
        sa.Column("citation_en", sa.Unicode(1000)),
        sa.Column("citation_zh", sa.Unicode(1000)),
        sa.Column("compared_en", sa.Unicode(1000)),
        sa.Column("compared_zh", sa.Unicode(1000)),
        sa.Column("sources", sa.UnicodeText()),
        sa.Column("next_check_en", sa.Unicode(1000)),
        sa.Column("next_check_zh", sa.Unicode(1000)),
        sa.Column("provisional", sa.Integer(), nullable=False, server_default="0"),
    )


def _rule_cards() -> None:
    """What each feature looked for, in the words it had."""
    create_table(
        "detector_rule_card",
        sa.Column("code", sa.String(32), primary_key=True, autoincrement=False),
        sa.Column("card_version", sa.String(32), primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("family", sa.String(24), nullable=False),
        sa.Column("card_status", sa.String(16), nullable=False),
        sa.Column("title_en", sa.Unicode(1000), nullable=False),
        sa.Column("title_zh", sa.Unicode(1000), nullable=False),
        sa.Column("rule_text_en", sa.UnicodeText()),
        sa.Column("rule_text_zh", sa.UnicodeText()),
        sa.Column("source", sa.UnicodeText()),
        sa.Column("ocp_code", sa.String(16)),
        sa.Column("innocent_en", sa.Unicode(1000)),
        sa.Column("innocent_zh", sa.Unicode(1000)),
    )


def _events() -> None:
    """Who did what, chained."""
    create_table(
        "detector_event",
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.String(26), nullable=False),
        sa.Column("authority", sa.Unicode(256), nullable=False),
        sa.Column("alert_id", sa.String(26)),
        sa.Column("run_id", sa.String(26)),
        sa.Column("occurred_at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Unicode(128), nullable=False),
        sa.Column("actor_kind", sa.String(8), nullable=False),
        sa.Column("actor_role", sa.String(24)),
        sa.Column("client", sa.Unicode(128)),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("old_value", sa.Unicode(1000)),
        sa.Column("new_value", sa.Unicode(1000)),
        sa.Column("note", sa.UnicodeText()),
        sa.Column("is_news", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("row_hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("event_id", name="uq_detector_event_id"),
    )
    create_index("ix_detector_event_alert", "detector_event", "alert_id", "seq")
    create_index("ix_detector_event_run", "detector_event", "run_id")


def _chains() -> None:
    """The end of each chain."""
    create_table(
        "detector_chain",
        sa.Column("chain", sa.String(16), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("row_hash", sa.String(64), nullable=False),
    )


def _suppressions() -> None:
    """What the office is not told again for a while."""
    create_table(
        "detector_suppression",
        sa.Column("suppression_id", sa.String(26), primary_key=True, autoincrement=False),
        sa.Column("authority", sa.Unicode(256)),
        sa.Column("scope_type", sa.String(16), nullable=False),
        sa.Column("scope_value", sa.Unicode(256), nullable=False),
        sa.Column("code", sa.String(32)),
        sa.Column("top_level", sa.SmallInteger(), nullable=False, server_default="2"),
        sa.Column("reason", sa.Unicode(1000), nullable=False),
        sa.Column("created_by", sa.Unicode(128), nullable=False),
        sa.Column("approved_by", sa.Unicode(128)),
        sa.Column("approved_at", sa.DateTime()),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime()),
        sa.Column("ended_by", sa.Unicode(128)),
        sa.Column("row_version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("sample_share", sa.Numeric(9, 6), nullable=False),
    )
    create_index("ix_detector_suppression_end", "detector_suppression", "authority", "expires_at")


def _outbox() -> None:
    """What receivers are to be told."""
    create_table(
        "detector_outbox",
        sa.Column("event_id", sa.String(26), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("alert_id", sa.String(26)),
        sa.Column("topic", sa.String(32), nullable=False),
        sa.Column("dedup_key", sa.String(64), nullable=False),
        sa.Column("payload", sa.UnicodeText()),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint("seq", name="uq_detector_outbox_seq"),
    )


def _deliveries() -> None:
    """Who was told."""
    create_table(
        "detector_delivery",
        sa.Column("event_id", sa.String(26), primary_key=True, autoincrement=False),
        sa.Column("receiver", sa.String(64), primary_key=True, autoincrement=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_try_at", sa.DateTime()),
        sa.Column("delivered_at", sa.DateTime()),
        sa.Column("last_error", sa.Unicode(1000)),
    )
    create_index("ix_detector_delivery_due", "detector_delivery", "receiver", "next_try_at")


def _stage() -> None:
    """The rows of one run on their way into the alert table."""
    create_table("detector_stage", *_staged_identity(), *_staged_life())


def _staged_identity() -> list[sa.Column[Any]]:
    """Whom and what it is about."""
    return [
        sa.Column("fingerprint", sa.String(64), primary_key=True, autoincrement=False),
        sa.Column("alert_id", sa.String(26)),
        sa.Column("authority", sa.Unicode(256)),
        sa.Column("subject_type", sa.String(16)),
        sa.Column("subject_id", sa.Unicode(256)),
        sa.Column("subject_name", sa.Unicode(600)),
        sa.Column("process_id", sa.Unicode(256)),
        sa.Column("region_code", sa.Unicode(256)),
        sa.Column("industry_code", sa.Unicode(256)),
        sa.Column("trade_kind", sa.String(32)),
        sa.Column("buyer_id", sa.Unicode(256)),
        sa.Column("detector_family", sa.String(24)),
        sa.Column("period", sa.String(16)),
        sa.Column("alert_level", sa.SmallInteger()),
        sa.Column("score", sa.Numeric(9, 4)),
        sa.Column("score_pct", sa.Numeric(9, 6)),
        sa.Column("rank_in_run", sa.Integer()),
        sa.Column("amount", sa.Numeric(20, 4)),
        sa.Column("currency", sa.Unicode(256)),
        sa.Column("trade_at", sa.DateTime()),
        sa.Column("opens_at", sa.DateTime()),
        sa.Column("state", sa.String(16)),
        sa.Column("disposition", sa.String(20)),
    ]


def _staged_life() -> list[sa.Column[Any]]:
    """How it stands."""
    return [
        sa.Column("outcome_code", sa.String(4)),
        sa.Column("proposal", sa.String(20)),
        sa.Column("proposed_detail", sa.UnicodeText()),
        sa.Column("proposed_by", sa.Unicode(128)),
        sa.Column("proposed_at", sa.DateTime()),
        sa.Column("assignee", sa.Unicode(128)),
        sa.Column("due_at", sa.DateTime()),
        sa.Column("due_note", sa.Unicode(1000)),
        sa.Column("escalated_at", sa.DateTime()),
        sa.Column("snoozed_until", sa.DateTime()),
        sa.Column("hidden", sa.Integer()),
        sa.Column("suppression_id", sa.String(26)),
        sa.Column("announced", sa.SmallInteger()),
        sa.Column("episode", sa.Integer()),
        sa.Column("first_seen_run", sa.String(26)),
        sa.Column("first_seen_at", sa.DateTime()),
        sa.Column("last_seen_run", sa.String(26)),
        sa.Column("last_seen_at", sa.DateTime()),
        sa.Column("seen_n", sa.Integer()),
        sa.Column("absent_n", sa.Integer()),
        sa.Column("withdrawn", sa.Integer()),
        sa.Column("evidence_sha", sa.String(64)),
        sa.Column("notable", sa.UnicodeText()),
        sa.Column("row_version", sa.Integer()),
    ]
