"""Runs, alerts, what each run saw of them, and the reasons."""

import sqlalchemy as sa

from pipelines.alerts.migrations.steps import create_index, create_table

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Runs, alerts, observations and reasons."""
    _runs()
    _alerts()
    _observations()
    _reasons()


def _runs() -> None:
    """What ran."""
    create_table(
        "detector_run",
        sa.Column("run_id", sa.String(26), primary_key=True, autoincrement=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=False),
        sa.Column("as_of", sa.DateTime(), nullable=False),
        sa.Column("authority", sa.Unicode(256), nullable=False),
        sa.Column("config_sha", sa.String(64), nullable=False),
        sa.Column("config", sa.UnicodeText(), nullable=False),
        sa.Column("code_version", sa.String(32), nullable=False),
        sa.Column("model_sha", sa.String(64), nullable=False),
        sa.Column("records_sha", sa.String(64), nullable=False),
        sa.Column("trades_n", sa.Integer(), nullable=False),
        sa.Column("bids_n", sa.Integer(), nullable=False),
        sa.Column("problems_n", sa.Integer(), nullable=False),
        sa.Column("eligible_n", sa.Integer(), nullable=False),
        sa.Column("flags_n", sa.Integer(), nullable=False),
        sa.Column("new_n", sa.Integer(), nullable=False),
        sa.Column("changed_n", sa.Integer(), nullable=False),
        sa.Column("seen_n", sa.Integer(), nullable=False),
        sa.Column("manifest", sa.UnicodeText(), nullable=False),
    )


def _alerts() -> None:
    """One row an identity."""
    create_table(
        "detector_alert",
        sa.Column("alert_id", sa.String(26), primary_key=True, autoincrement=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("authority", sa.Unicode(256), nullable=False),
        sa.Column("subject_type", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.Unicode(256), nullable=False),
        sa.Column("subject_name", sa.Unicode(600)),
        sa.Column("detector_family", sa.String(24), nullable=False),
        sa.Column("period", sa.String(16), nullable=False),
        sa.Column("alert_level", sa.SmallInteger(), nullable=False),
        sa.Column("score", sa.Numeric(9, 4), nullable=False),
        sa.Column("score_pct", sa.Numeric(9, 6), nullable=False),
        sa.Column("rank_in_run", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(20, 4)),
        sa.Column("currency", sa.Unicode(256)),
        sa.Column("trade_at", sa.DateTime()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("first_seen_run", sa.String(26), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(), nullable=False),
        sa.Column("last_seen_run", sa.String(26), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(), nullable=False),
        sa.Column("seen_n", sa.Integer(), nullable=False),
        sa.Column("evidence_sha", sa.String(64), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("fingerprint", name="uq_detector_alert_fp"),
    )
    create_index("ix_detector_alert_queue", "detector_alert", "state", "alert_level", "last_seen_at")
    create_index("ix_detector_alert_subject", "detector_alert", "subject_id")


def _observations() -> None:
    """What each run saw."""
    create_table(
        "detector_observation",
        sa.Column("run_id", sa.String(26), primary_key=True, autoincrement=False),
        sa.Column("fingerprint", sa.String(64), primary_key=True, autoincrement=False),
        sa.Column("score", sa.Numeric(9, 4), nullable=False),
        sa.Column("alert_level", sa.SmallInteger(), nullable=False),
        sa.Column("rank_in_run", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.UnicodeText(), nullable=False),
    )


def _reasons() -> None:
    """Why, a line a reason."""
    create_table(
        "detector_reason",
        sa.Column("run_id", sa.String(26), primary_key=True, autoincrement=False),
        sa.Column("fingerprint", sa.String(64), primary_key=True, autoincrement=False),
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("evidence_family", sa.String(24)),
        sa.Column("title_en", sa.Unicode(1000)),
        sa.Column("title_zh", sa.Unicode(1000)),
        sa.Column("value_num", sa.Double()),
        sa.Column("unit", sa.Unicode(64)),
        sa.Column("suspicion", sa.Double()),
        sa.Column("peer_group", sa.Unicode(1000)),
        sa.Column("peer_n", sa.Integer(), nullable=False),
        sa.Column("peer_median", sa.Double()),
        sa.Column("percentile", sa.Double()),
        sa.Column("points", sa.Numeric(9, 4), nullable=False),
        sa.Column("innocent_en", sa.Unicode(1000)),
        sa.Column("innocent_zh", sa.Unicode(1000)),
    )
