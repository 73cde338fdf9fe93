"""Alerts as a person at a terminal reads them."""

import re
from collections.abc import Iterable, Iterator, Sequence

from pipelines.alerts import lifecycle
from pipelines.alerts.alert_documents import LEAD, Document
from pipelines.alerts.events import KINDS

# What would move the cursor, colour the screen or turn the direction of the text is shown as what it is.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TITLE_WIDTH = 90
LEAD_LINE = f"{LEAD.en} {LEAD.zh}"


def plain(text: object, width: int | None = None) -> str:
    """Text that cannot play with a terminal."""
    shown = CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", str(text))
    return shown if width is None or len(shown) <= width else shown[: width - 1] + "…"


def alert_lines(documents: Sequence[Document], total: int) -> Iterator[str]:
    """The queue, two lines an alert."""
    for one in documents:
        yield _headline(one)
        yield f"      {plain(one['trade_title'] or '(no title)', TITLE_WIDTH)}"
    if not documents:
        yield "No alert. 没有预警。"
    elif total > len(documents):
        yield f"  … {len(documents)} of {total}"
    yield ""
    yield LEAD_LINE


def _headline(one: Document) -> str:
    marks = [f"due {one['due_at'][:10]}"] if one["due_at"] else []
    marks += ["escalated 督办"] if one["escalated_at"] else []
    marks += [f"{plain(one['assignee'])}"] if one["assignee"] else []
    marks += ["surfaced from a suppression 抑制抽样"] if one["audit_sample"] else []
    marks += [f"proposed: {one['proposal']} 待复核"] if one["proposal"] else []
    tail = f"  [{'; '.join(marks)}]" if marks else ""
    return (
        f"{one['level_zh']} {one['level']:<6} {one['score']:5.1f}  {plain(one['trade_id'])}  "
        f"{one['state']} {one['state_zh']}  {one['alert_id']}{tail}"
    )


def account_lines(one: Document) -> Iterator[str]:
    """One alert: what was found, where it stands, what can be done, and everything that happened."""
    yield _headline(one)
    yield f"      {plain(one['trade_title'] or '(no title)')}"
    if one["due_note"]:
        yield f"      no due date: {plain(one['due_note'])}"
    yield ""
    for reason in one["reasons"]:
        title = f"{plain(reason['title_en'])} {plain(reason['title_zh'])}"
        yield f"  {reason['points']:+6.1f}  [{reason['code']}] {title}"
    yield ""
    steps = " ".join(lifecycle.next_states(one["state"])) or "nothing"
    yield f"From {one['state']} {one['state_zh']} it goes to: {steps}. Version {one['row_version']}."
    yield ""
    yield from (_event_line(event) for event in one["events"])
    yield ""
    yield LEAD_LINE


def _event_line(event: Document) -> str:
    name = KINDS.get(event["kind"])
    change = " -> ".join(plain(event[key]) for key in ("old_value", "new_value") if event[key])
    said = f": {plain(event['note'], TITLE_WIDTH)}" if event["note"] else ""
    words = f"{name.en} {name.zh}" if name else event["kind"]
    return f"  {event['occurred_at']}  {plain(event['actor'])}  {words}  {change}{said}"


def suppression_lines(documents: Iterable[Document]) -> Iterator[str]:
    """Suppressions, a line each."""
    empty = True
    for one in documents:
        empty = False
        what = " ".join(plain(one[key]) for key in ("scope_type", "scope_value", "code") if one[key])
        second = f"approved by {plain(one['approved_by'])}" if one["approved_by"] else "not approved"
        over = f", ended {one['ended_at']}" if one["ended_at"] else ""
        yield (
            f"{one['suppression_id']}  {what}  up to level {one['top_level']}, until {one['expires_at']}{over}, "
            f"by {plain(one['created_by'])}, {second}: {plain(one['reason'], TITLE_WIDTH)}"
        )
    if empty:
        yield "No suppression. 没有抑制条目。"


def verified_lines(document: Document) -> Iterator[str]:
    """A trail that is whole."""
    yield f"The audit trail is whole 审计链完整: head {document['head']}."
    if document["anchored"]:
        yield "An anchor was added. 已添加锚点。"
