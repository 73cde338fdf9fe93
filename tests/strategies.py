"""Hypothesis strategies made from the declared schema: whatever a column may hold, and what it may not.

@given(tables())              canonical frames whose bids and contracts have their trades
@given(tables(messy=True))    frames as files hold them: wrong types, repeated keys, orphans, blanks
"""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pandas as pd
from hypothesis import strategies as st

from detector.schema import ID_LENGTH, TABLES, TEXT_LENGTH

IDS = [f"{letter}{number}" for letter in "ABCÄ标" for number in range(3)]
START, END = datetime(2015, 1, 1), datetime(2025, 12, 31, 23, 59, 59)  # noqa: DTZ001 - naive is UTC here
ZONES = [timezone.utc, timezone(timedelta(hours=8)), timezone(timedelta(hours=-5, minutes=-30))]  # noqa: UP017
MAX_TRADES, MAX_BIDS, MAX_OTHERS, MAX_LATER = 5, 10, 4, 2
# What comes after a trade: two rows each show every order of theirs.
LATER = ("changes", "payments", "events", "sanctions", "relations")

# One strategy for each column type: what a value of it may be.
GOOD = {
    "id": st.sampled_from(IDS),
    "text": st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12),
    "money": st.integers(2, 10**9).map(lambda cents: cents / 4),
    "number": st.integers(-1000, 1000).map(lambda tenths: tenths / 8),
    "count": st.integers(1, 3),
    "flag": st.sampled_from([0, 1]),
    "instant": st.datetimes(START, END).map(lambda moment: moment.replace(microsecond=0)),
}
# The same values as other files and drivers spell them.
SPELLED = {
    "id": st.one_of(st.sampled_from([f" {name} " for name in IDS]), st.integers(0, 3)),
    "text": st.text(max_size=TEXT_LENGTH + 5),
    "money": st.one_of(GOOD["money"].map(str), GOOD["money"].map(lambda value: Decimal(str(value)))),
    "number": GOOD["number"].map(str),
    "count": st.sampled_from(["1", 2.0, Decimal(3)]),
    "flag": st.sampled_from([True, False, "1", 0.0]),
    "instant": st.one_of(
        GOOD["instant"].map(datetime.isoformat),
        st.builds(lambda moment, zone: moment.replace(tzinfo=zone), GOOD["instant"], st.sampled_from(ZONES)),
        GOOD["instant"].map(pd.Timestamp),
    ),
}
BAD = {
    "id": ["x" * (ID_LENGTH + 1), True, "a\0b", [1], 2.5],
    "text": [True, 2.5, {}],
    "code": ["unheard of", 1, True],
    "money": ["12,5", -1.0, "abc", float("inf"), True, Decimal("1e30"), 10**400, "nan"],
    "number": ["abc", float("-inf"), True, {}],
    "count": [1.5, "two", True, 10**12],
    "flag": [2, "yes", -1],
    "instant": ["now", "0000-00-00", "99999-01-01", "soon", 20240101, True, "2024-13-01", 1.5],
}
EMPTY = [None, float("nan"), pd.NaT, pd.NA, "", "  "]


# Columns that no feature reads: what the law asks of a procedure and of a contract.
SPARSE = {
    "trades": (
        "regime", "asset", "procedure", "price_weight", "fund_source", "mandatory", "departure_approved",
        "separate_decision", "minimum_price_set", "invited_count", "approved_cost", "appraisal",
        "deposit_required", "term_years", "appraised_at", "prior_notice_at", "notice_to_at",
        "prequalification_to_at", "prequalification_deadline_at", "amended_at", "amendment_material",
        "listing_from_at", "listing_to_at",
        "panel_size", "panel_experts", "panel_drawn", "evaluated_at", "reported_at", "publicity_from_at",
        "publicity_to_at", "notified_at", "report_filed_at",
    ),
    "bids": ("brand", "deposit_form", "deposit_returned_at", "explained", "candidate_order"),
    "contracts": (
        "kind", "parent_contract_id", "bond", "published_at", "filed_at", "start_due_at", "started_at",
        "handed_over_at", "accepted_at", "completed_at",
    ),
}  # fmt: skip


# Few enough to be shared.
DIGESTS = st.sampled_from(["0123456789abcdef", "ABCDEF0123456789ABCDEF0123456789", "f" * 64])


def values(column, messy=False):
    """What `column` may hold; with `messy`, also other spellings, nothing, and what it may not hold."""
    good = st.sampled_from(column.choices) if column.choices else GOOD[column.type]
    if not messy:
        return st.one_of(st.none(), good) if column.nullable else good
    spelled = good if column.choices else SPELLED[column.type]
    return st.one_of(good, good, spelled, st.sampled_from(EMPTY), st.sampled_from(BAD[column.type]))


@st.composite
def rows(draw, table, messy=False, **fixed):
    """Rows of `table`, as dictionaries; `fixed` names strategies for single columns.

    What only the law asks for is filled three columns at a time: there are too many to draw them all.
    """
    sparse = [name for name in SPARSE.get(table.name, ()) if name not in fixed]
    drawn = {
        column.name: fixed.get(column.name, values(column, messy))
        for column in table.columns
        if column.name not in sparse
    }
    filled = draw(st.lists(st.sampled_from(sparse), max_size=3, unique=True)) if sparse else []
    drawn |= {name: values(table[name], messy) for name in filled}
    return dict.fromkeys(table.names) | draw(st.fixed_dictionaries(drawn))


def frame(table, held):
    """A frame with all columns of `table`, holding Python objects."""
    return pd.DataFrame(held, columns=list(table.names), dtype=object)


@st.composite
def tables(draw, messy=False):
    """All canonical tables. Bids and contracts have their trades and keys are unique, unless `messy`."""
    sizes = dict.fromkeys(TABLES, MAX_OTHERS) | {"trades": MAX_TRADES, "bids": MAX_BIDS}
    sizes |= dict.fromkeys(LATER, MAX_LATER)
    drawn = {}
    for name, table in TABLES.items():
        fixed = {}
        if table.parent:
            known = [row["trade_id"] for row in drawn[table.parent]] + (["orphan"] if messy else [])
            fixed["trade_id"] = st.sampled_from(known) if known else st.nothing()
        if name == "identifiers":
            fixed["digest"] = DIGESTS if not messy else st.one_of(DIGESTS, values(table["digest"], messy))
        size = 0 if table.parent and not known else sizes[name]
        kind = rows(table, messy, **fixed) if size else st.nothing()
        unique = None if messy else (lambda row, key=table.key: tuple(row[part] for part in key))
        drawn[name] = draw(st.lists(kind, max_size=size, unique_by=unique)) if size else []
    return {name: frame(TABLES[name], held) for name, held in drawn.items()}


def shuffled(frames, seed):
    """The same frames with their rows in another order."""
    return {name: held.sample(frac=1, random_state=seed) for name, held in frames.items()}
