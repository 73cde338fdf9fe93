"""The life of an alert as data: states, who may bring it from one to the next, and what must be said.

States and duties follow the handling of warnings in Chinese electronic supervision: found, triaged, dispatched,
acknowledged, looked into, disposed of, fed back, reviewed, closed. `TRANSITIONS` is the whole machine: what is not
in it is refused. An outcome is what the office found when it opened the file; it trains the ranking later on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from detector.errors import HandlingError
from detector.features.declare import Phrase
from detector.levels import Level

Eyes = Literal["one", "two", "two_from_orange"]
Standing = Literal["open", "unfounded", "confirmed"]

NEW, SUPPRESSED, REOPENED, CLOSED, DISMISSED = "new", "suppressed", "reopened", "closed", "dismissed"

STATES: dict[str, Phrase] = {
    "new": Phrase("new", "产生"),
    "triage": Phrase("triage", "研判"),
    "dispatched": Phrase("dispatched", "推送/分办"),
    "returned": Phrase("returned", "退回"),
    "acked": Phrase("acknowledged", "签收"),
    "investigating": Phrase("investigating", "核查"),
    "extended": Phrase("extended", "延期"),
    "suspended": Phrase("suspended", "挂起"),
    "disposed": Phrase("disposed of", "处置"),
    "fed_back": Phrase("fed back", "反馈"),
    "reviewed": Phrase("reviewed", "审核/已阅"),
    "closed": Phrase("closed", "办结"),
    "transferred": Phrase("transferred", "移送"),
    "merged": Phrase("merged", "合并"),
    # Shown of an alert that a suppression hides; its own state is kept beneath and comes back.
    "suppressed": Phrase("suppressed", "抑制"),
    "reopened": Phrase("reopened", "重启"),
    "dismissed": Phrase("dismissed", "误报/不予处理"),
}

# Nothing more is expected of anybody, unless it is reopened.
ENDED_STATES = frozenset({"closed", "dismissed", "merged"})
OPEN_STATES = frozenset(STATES) - ENDED_STATES - {"suppressed"}

# What has to be said with a transition.
FIELDS: dict[str, Phrase] = {
    "reason": Phrase("reason", "理由"),
    "recipient": Phrase("recipient", "接收部门"),
    "receipt": Phrase("receipt", "回执"),
    "due": Phrase("new due date", "新办理期限"),
    "review_on": Phrase("date of review", "复核日期"),
    "notes": Phrase("notes of the inquiry", "核查记录"),
    "outcome": Phrase("outcome code", "结果代码"),
    "measures": Phrase("measures taken", "处置措施"),
    "amount": Phrase("amount concerned", "涉及金额"),
    "feedback": Phrase("feedback", "反馈内容"),
    "transfer_no": Phrase("transfer number", "移送编号"),
    "transfer_type": Phrase(
        "transfer type (project, party, official, other)", "移送类型（项目/主体/公职人员/其他）"
    ),
    "parent": Phrase("the alert it is merged into", "并入的预警"),
}
TRANSFER_TYPES = ("project", "party", "official", "other")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What opening the file came to. `label` trains the ranking: 1 there was something, 0 there was nothing,
    None it teaches nothing about the ranking."""

    code: str
    title: Phrase
    label: int | None
    disposition: str


# What became of an alert in one word; "unset" while it is open.
DISPOSITIONS: dict[str, Phrase] = {
    "unset": Phrase("undecided", "未定"),
    "confirmed": Phrase("borne out", "属实"),
    "valuable_lead": Phrase("valuable lead", "有价值线索"),
    "false_positive": Phrase("false alarm", "误报"),
    "data_error": Phrase("error in the data", "数据错误"),
    "inconclusive": Phrase("inconclusive", "无法定论"),
    "out_of_scope": Phrase("out of scope", "不属职权范围"),
}

OUTCOMES: dict[str, Outcome] = {
    outcome.code: outcome
    for outcome in (
        Outcome("00", Phrase("nothing found", "未发现问题"), 0, "false_positive"),
        Outcome("01", Phrase("error in the data", "数据错误"), None, "data_error"),
        Outcome("02", Phrase("false alarm of the rule", "规则误报"), 0, "false_positive"),
        Outcome("03", Phrase("borne out: procedural flaw, corrected", "属实-程序瑕疵已纠正"), 1, "confirmed"),
        Outcome("04", Phrase("borne out: correction ordered", "属实-责令改正"), 1, "confirmed"),
        Outcome("05", Phrase("borne out: administrative penalty", "属实-行政处罚"), 1, "confirmed"),
        Outcome("06", Phrase("transferred to the police", "移送公安"), 1, "valuable_lead"),
        Outcome("07", Phrase("transferred to discipline inspection", "移送纪检监察"), 1, "valuable_lead"),
        Outcome(
            "08",
            Phrase("transferred to audit or another department", "移送审计/其他部门"),
            1,
            "valuable_lead",
        ),
        Outcome(
            "09", Phrase("evidence insufficient, keep watching", "证据不足-持续关注"), None, "inconclusive"
        ),
        Outcome("10", Phrase("overdue, cannot be verified", "逾期无法核实"), None, "inconclusive"),
    )
}


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed step. `needs` must be said; `eyes`: whether a second person has to confirm it, always or from
    orange up; `by` is the office that usually takes it; `not_by` a state whose taker may not take this step."""

    source: str
    target: str
    by: str
    needs: tuple[str, ...] = ()
    eyes: Eyes = "one"
    not_by: str = ""


TRANSITIONS: tuple[Transition, ...] = (
    Transition("new", "triage", "analyst"),
    Transition("new", "dispatched", "analyst", ("recipient",)),
    Transition("new", "merged", "detector", ("parent",)),
    Transition("triage", "dispatched", "analyst", ("recipient",)),
    Transition("triage", "dismissed", "analyst", ("reason",), "two_from_orange"),
    Transition("dispatched", "acked", "recipient"),
    Transition("dispatched", "returned", "recipient", ("reason",)),
    Transition("returned", "triage", "analyst"),
    Transition("acked", "investigating", "handler"),
    Transition("investigating", "disposed", "handler", ("notes", "outcome", "measures")),
    Transition("investigating", "extended", "approver", ("reason", "due"), "two"),
    Transition("investigating", "suspended", "approver", ("reason", "review_on"), "two"),
    Transition("investigating", "transferred", "approver", ("reason", "transfer_no", "transfer_type"), "two"),
    Transition("extended", "investigating", "handler"),
    Transition("suspended", "investigating", "handler", ("reason",)),
    Transition("disposed", "fed_back", "handler", ("feedback",)),
    Transition("fed_back", "investigating", "reviewer", ("reason",)),
    Transition("fed_back", "reviewed", "reviewer", not_by="disposed"),
    Transition("reviewed", "closed", "reviewer", ("outcome",)),
    Transition("reviewed", "reopened", "reviewer", ("reason",)),
    Transition("transferred", "closed", "approver", ("receipt", "outcome")),
    Transition("closed", "reopened", "reviewer", ("reason",)),
    Transition("dismissed", "reopened", "reviewer", ("reason",)),
    Transition("reopened", "triage", "analyst"),
)
_BY_STEP = {(step.source, step.target): step for step in TRANSITIONS}


def transition(source: str, target: str) -> Transition:
    """The step from one state to another. HandlingError, naming the steps there are, if it is not allowed."""
    if target not in STATES:
        raise HandlingError(f"no state {target!r}; known are {' '.join(STATES)}. 没有这种状态。")
    step = _BY_STEP.get((source, target))
    if step is None:
        ways = ", ".join(next_states(source)) or "none"
        raise HandlingError(
            f"an alert in state {_named(source)} cannot become {_named(target)}; from there it goes to: {ways}. "
            "当前状态不允许此操作。"
        )
    return step


def next_states(source: str) -> tuple[str, ...]:
    """The states that people can bring an alert to from `source`."""
    return tuple(step.target for step in TRANSITIONS if step.source == source)


def needs_second_person(step: Transition, level: int) -> bool:
    """Whether somebody else has to confirm `step` for an alert of `level`."""
    return step.eyes == "two" or (step.eyes == "two_from_orange" and level >= Level.ORANGE)


def check_details(step: Transition, details: Mapping[str, Any]) -> None:
    """HandlingError, naming all that is missing, unless `details` (field: value) hold what `step` needs."""
    missing = [field for field in step.needs if details.get(field) in (None, "")]
    if missing:
        words = ", ".join(
            f"--{field.replace('_', '-')} ({FIELDS[field].en} {FIELDS[field].zh})" for field in missing
        )
        raise HandlingError(f"to become {_named(step.target)} this has to be said, too: {words}.")
    outcome = details.get("outcome")
    if outcome and outcome not in OUTCOMES:
        raise HandlingError(f"no outcome {outcome!r}; known are {_listed()}.")
    kind = details.get("transfer_type")
    if kind and kind not in TRANSFER_TYPES:
        raise HandlingError(f"no transfer type {kind!r}; known are {', '.join(TRANSFER_TYPES)}.")


def standing(state: str, outcome: str | None) -> Standing:
    """How the matter stands for a scan that sees the trade again.

    "confirmed": ended and borne out; "unfounded": ended without; "open": everything else.
    """
    if state not in ("closed", "dismissed"):
        return "open"
    return "confirmed" if state == "closed" and outcome and OUTCOMES[outcome].label == 1 else "unfounded"


def label(state: str, outcome: str | None) -> int | None:
    """What an alert that came to `state` with `outcome` teaches the ranking: 1, 0, or nothing (None)."""
    if outcome:
        return OUTCOMES[outcome].label
    return 0 if state == DISMISSED else None


def disposition(state: str, outcome: str | None) -> str:
    """What became of an alert that came to `state` with `outcome`."""
    if state == DISMISSED:
        return OUTCOMES[outcome].disposition if outcome else "false_positive"
    if state == CLOSED and outcome:
        return OUTCOMES[outcome].disposition
    return "unset"


def _named(state: str) -> str:
    name = STATES.get(state)
    return f"{state} {name.zh}" if name else repr(state)


def _listed() -> str:
    return "; ".join(f"{code} {one.title.en} {one.title.zh}" for code, one in OUTCOMES.items())
