"""Cards: what each feature and rule of law looked for, in the words it had then, beside the alerts it raised."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from detector.features.declare import Feature
from detector.rules.book import Rulebook
from detector.rules.declare import EMPTY, Rule
from pipelines.alerts.bulk import insert_rows
from pipelines.alerts.columns import PHRASE_LENGTH
from pipelines.alerts.fingerprint import LAW, sha256
from pipelines.alerts.rows import storable
from pipelines.alerts.runs import Row
from pipelines.alerts.tables import RULE_CARDS

VERSION_LENGTH = 12


def write_cards(connection: Connection, cards: Sequence[Row]) -> None:
    """Add those of `cards` that the store does not hold in this wording."""
    found = connection.execute(select(RULE_CARDS.c.code, RULE_CARDS.c.card_version))
    held = {(row[0], row[1]) for row in found}
    insert_rows(
        connection, RULE_CARDS, [one for one in cards if (one["code"], one["card_version"]) not in held]
    )


def rule_cards(book: Rulebook) -> list[Row]:
    """The cards of the rules of `book`. The version is the rule's own, and stands for its wording and limits."""
    packs = {pack.id: f"{pack.id} {pack.version}" for pack in book.packs}
    return [_rule_card(rule, packs.get(rule.pack, rule.pack)) for rule in book.rules]


def _rule_card(rule: Rule, pack: str) -> Row:
    cited = rule.citations
    content = {
        "code": f"{LAW}{rule.id}",
        "name": rule.id,
        "family": "rule",
        "card_status": _status(rule),
        "title_en": rule.title.en[:PHRASE_LENGTH],
        "title_zh": rule.title.zh[:PHRASE_LENGTH],
        "rule_text_en": "; ".join(": ".join(filter(None, (one.words.en, one.text.en))) for one in cited),
        "rule_text_zh": "；".join("：".join(filter(None, (one.words.zh, one.text.zh))) for one in cited),
        "source": "; ".join([pack, *(one.url for one in cited if one.url)]),
        "ocp_code": None,
        "innocent_en": rule.innocent.en[:PHRASE_LENGTH],
        "innocent_zh": rule.innocent.zh[:PHRASE_LENGTH],
    }
    wording = sha256([content, repr(rule)])[:VERSION_LENGTH]
    return storable({**content, "card_version": f"{rule.version}-{wording}"})


def _status(rule: Rule) -> str:
    if rule.disabled != EMPTY:
        return "disabled"
    return "provisional" if rule.provisional else "stable"


def card(feature: Feature) -> Row:
    """The card of a feature. Its version stands for its wording."""
    english, chinese = feature.documentation.en, feature.documentation.zh
    content = {
        "code": feature.code,
        "name": feature.name,
        "family": feature.family,
        "card_status": "stable",
        "title_en": feature.title.en[:PHRASE_LENGTH],
        "title_zh": feature.title.zh[:PHRASE_LENGTH],
        "rule_text_en": " ".join(part for part in (english.summary, english.definition) if part),
        "rule_text_zh": "".join(part for part in (chinese.summary, chinese.definition) if part),
        "source": feature.source,
        "ocp_code": feature.ocp or None,
        "innocent_en": feature.innocent.en[:PHRASE_LENGTH],
        "innocent_zh": feature.innocent.zh[:PHRASE_LENGTH],
    }
    return storable({**content, "card_version": sha256(content)[:VERSION_LENGTH]})
