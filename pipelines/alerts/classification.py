"""How secret each column of the alert store is, and what is shown of it to whom.

public: what notices publish. internal: what the office knows about its own work. sensitive: names of persons,
what they wrote, and evidence that may hold hashes of accounts and devices. Exports show internal at most, unless
somebody asks for sensitive by name, which is an event.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pipelines.alerts.runs import Row

Class = Literal["public", "internal", "sensitive"]
CLASSES: tuple[Class, ...] = ("public", "internal", "sensitive")
NAMES: dict[Class, str] = {"public": "公开", "internal": "内部", "sensitive": "敏感"}
WITHHELD = "(withheld 已隐去)"

# Every column of every table, by class. A test fails where one is forgotten.
_COLUMNS: dict[str, dict[Class, str]] = {
    "detector_run": {
        "public": "code_version",
        "internal": """run_id started_at finished_at as_of authority config_sha model_sha records_sha trades_n
            bids_n problems_n eligible_n flags_n new_n changed_n seen_n reopened_n cleared_n absent_n withdrawn_n
            hidden_n config manifest""",
    },
    "detector_alert": {
        "public": """authority subject_type subject_id subject_name process_id region_code industry_code trade_kind
            buyer_id amount currency trade_at opens_at""",
        "internal": """alert_id fingerprint detector_family period alert_level score score_pct rank_in_run state
            disposition outcome_code proposal proposed_at due_at due_note escalated_at snoozed_until hidden
            suppression_id announced withdrawn episode first_seen_run first_seen_at last_seen_run last_seen_at
            seen_n absent_n evidence_sha notable row_version""",
        "sensitive": "assignee proposed_by proposed_detail",
    },
    "detector_observation": {
        "internal": "run_id fingerprint score alert_level rank_in_run hidden narrative_en narrative_zh",
        "sensitive": "evidence",
    },
    "detector_reason": {
        "public": """code name evidence_family reason_kind title_en title_zh unit innocent_en innocent_zh
            citation_en citation_zh next_check_en next_check_zh provisional""",
        "internal": "run_id fingerprint seq value_num suspicion peer_group peer_n peer_median percentile points",
        "sensitive": "compared_en compared_zh sources",
    },
    "detector_rule_card": {
        "public": """code card_version name family card_status title_en title_zh rule_text_en rule_text_zh source
            ocp_code innocent_en innocent_zh""",
    },
    "detector_event": {
        "internal": """seq event_id authority alert_id run_id occurred_at actor_kind actor_role kind is_news
            prev_hash row_hash""",
        "sensitive": "actor client old_value new_value note",
    },
    "detector_chain": {"internal": "chain seq row_hash"},
    "detector_suppression": {
        "internal": """suppression_id authority scope_type scope_value code top_level approved_at created_at
            starts_at expires_at ended_at sample_share row_version""",
        "sensitive": "reason created_by approved_by ended_by",
    },
    "detector_outbox": {
        "internal": "event_id seq alert_id topic dedup_key payload created_at",
    },
    "detector_delivery": {
        "internal": "event_id receiver attempts next_try_at delivered_at last_error",
    },
}
_COLUMNS["detector_stage"] = _COLUMNS["detector_alert"]

CLASSIFIED: dict[str, dict[str, Class]] = {
    table: {column: kind for kind, names in columns.items() for column in names.split()}
    for table, columns in _COLUMNS.items()
}


def masked_name(name: str) -> str:
    """A person's name as its first character and a star."""
    return f"{name[:1]}*"


def _withheld(_text: str) -> str:
    return WITHHELD


# Names stay recognisable to those who know them; everything else sensitive is left out.
MASKS: Mapping[str, Callable[[str], str]] = dict.fromkeys(
    ("assignee", "proposed_by", "actor", "created_by", "approved_by", "ended_by"), masked_name
)


def shown_row(table: str, row: Row, clearance: Class) -> Row:
    """`row` of `table` as it may be shown at `clearance`: what is more secret is masked, what is empty stays so.

    KeyError on a column that nobody has classified: it must not slip out.
    """
    allowed = CLASSES.index(clearance)
    classes = CLASSIFIED[table]
    return {
        name: value if CLASSES.index(classes[name]) <= allowed else masked(name, value)
        for name, value in row.items()
    }


def masked(column: str, value: Any) -> Any:
    """What is left of a value that is too secret to show."""
    return None if value is None else MASKS.get(column, _withheld)(str(value))
