"""What happened after the award: signing, filing, bonds, later contracts, start of works, acceptance."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from detector.arrays import BoolArray, FloatArray, IntArray
from detector.features.declare import Phrase
from detector.records import Records
from detector.rules.fact import Fact, Measure, Members, fact, numbers
from detector.rules.facts.rows import apart, largest, members, smallest, spread
from detector.schema import CONTRACTS, TRADES

NO_CONTRACT = Phrase("no original contract is known", "无已知的原合同")
LATER_KINDS = ("supplementary", "addition")


def originals(records: Records) -> BoolArray:
    """Contracts that are no supplement or addition to another one."""
    return ~records.contracts["kind"].isin(LATER_KINDS).to_numpy(dtype=bool)


def _own(records: Records, column: str) -> FloatArray:
    """An instant of original contracts, NaN for the others."""
    return np.where(originals(records), records.instants("contracts", column), np.nan)


def _since_trade(name: str, start: str, end: str, title: Phrase) -> Fact:
    """From an instant of the trade to one of its contracts; of several contracts the furthest apart."""

    def measure(records: Records) -> Measure:
        of = records.trade_of("contracts")
        first, last = records.seconds(start)[of], _own(records, end)
        return apart(of, first, last, len(records), ("contracts", end))

    return _declared(name, (f"trades.{start}", f"contracts.{end}"), title, measure)


def _within(name: str, start: str, end: str, title: Phrase) -> Fact:
    """Between two instants of a contract; of several contracts the furthest apart."""

    def measure(records: Records) -> Measure:
        of = records.trade_of("contracts")
        first, last = _own(records, start), _own(records, end)
        return apart(of, first, last, len(records), ("contracts", end))

    return _declared(name, (f"contracts.{start}", f"contracts.{end}"), title, measure)


def _declared(
    name: str, needs: tuple[str, str], title: Phrase, measure: Callable[[Records], Measure]
) -> Fact:
    measure.__name__, measure.__doc__ = name, f"{title.en}. {title.zh}。"
    return fact(
        evidence="execution",
        unit="days",
        period=True,
        needs=needs,
        columns=tuple(need for need in needs if need.startswith("trades.")),
        names=(_words(needs[0]), _words(needs[1])),
        title=title,
        silent=NO_CONTRACT,
    )(measure)


def _words(column: str) -> Phrase:
    table, _, name = column.partition(".")
    found = (TRADES if table == "trades" else CONTRACTS)[name]
    return Phrase(found.meaning.rstrip("."), found.zh)


@fact(
    evidence="execution",
    unit="days",
    period=True,
    needs=("trades.notified_at", "contracts.started_at"),
    columns=("trades.notified_at",),
    names=(_words("trades.notified_at"), _words("contracts.started_at")),
    title=Phrase("start of works after the award notice", "中标通知书发出至开工的天数"),
    silent=NO_CONTRACT,
)
def start_after_notice(records: Records) -> Measure:
    """Days from the award notice to the first start of works; negative if started before.

    通知书至最早开工的天数，早于通知书为负。
    """
    of = records.trade_of("contracts")
    started = _own(records, "started_at")
    chosen = smallest(of, started, len(records))
    notified, first = records.seconds("notified_at"), spread(chosen, started)
    return Measure(
        (first - notified) / 86_400.0,
        compared=(notified, first),
        members=(members("contracts", "started_at", chosen),),
    )


@fact(
    evidence="execution",
    unit="share",
    needs=("contracts.amount", "price"),
    names=(Phrase("contracts", "合同金额"), Phrase("award", "中标金额")),
    title=Phrase("difference between contract and award", "合同金额与中标金额之差"),
    silent=NO_CONTRACT,
)
def contract_off_award(records: Records) -> Measure:
    """Difference between the original contracts and the award, as a share of the award.

    原合同金额与中标金额之差占中标金额的比例。
    """
    of, own = records.trade_of("contracts"), originals(records)
    amounts = records.contracts["amount"].to_numpy(dtype=np.float64)
    signed = _sums(of[own], amounts[own], len(records))
    price = records.price
    found = members("contracts", "amount", largest(of, np.where(own, amounts, np.nan), len(records)))
    return Measure(np.abs(signed - price) / price, compared=(signed, price), members=(found,))


def _sums(trade: IntArray, values: FloatArray, trades: int) -> FloatArray:
    """Total of each trade; NaN where there is nothing, or one of the values is not known."""
    number = np.bincount(trade, minlength=trades)
    total = np.bincount(trade, weights=values, minlength=trades)
    return np.where(number > 0, total, np.nan)


@fact(
    evidence="execution",
    unit="share",
    needs=("contracts.bond", "contracts.amount"),
    names=(_words("contracts.bond"), _words("contracts.amount")),
    title=Phrase("performance bond over the contract", "履约保证金占合同金额之比"),
)
def bond_share(records: Records) -> Measure:
    """Largest performance bond as a share of its contract. 履约保证金占合同金额的最大比例。"""
    of = records.trade_of("contracts")
    bond = records.contracts["bond"].to_numpy(dtype=np.float64)
    amount = records.contracts["amount"].to_numpy(dtype=np.float64)
    chosen = largest(of, bond / amount, len(records))
    first, second = spread(chosen, bond), spread(chosen, amount)
    found = members("contracts", "bond", chosen)
    return Measure(first / second, compared=(first, second), members=(found,))


def _later_share(kind: str, records: Records) -> Measure:
    """All contracts of a kind together over their original; of several originals the largest share."""
    contracts = records.contracts
    amount = contracts["amount"].to_numpy(dtype=np.float64)
    parents = contracts["contract_id"].to_numpy()
    rows = np.flatnonzero((contracts["kind"] == kind).to_numpy(dtype=bool))
    parent = np.searchsorted(parents, contracts["parent_contract_id"].fillna("").to_numpy()[rows])
    parent = np.minimum(parent, max(len(parents) - 1, 0))
    named = contracts["parent_contract_id"].to_numpy()[rows] == parents[parent] if len(rows) else rows
    rows, parent = rows[np.asarray(named, dtype=bool)], parent[np.asarray(named, dtype=bool)]
    added = np.bincount(parent, weights=amount[rows], minlength=len(contracts)).astype(np.float64)
    has = np.bincount(parent, minlength=len(contracts)) > 0
    # A contract whose kind is known and that nothing was added to has a share of nothing.
    known = has | (contracts["kind"] == "main").to_numpy(dtype=bool)
    share = np.where(known, added / amount, np.nan)
    of = records.trade_of("contracts")
    chosen = largest(of, share, len(records))
    first, second = spread(chosen, added), spread(chosen, amount)
    # The later contract may be recorded under a call of its own; it speaks for the original's trade.
    found = members("contracts", "amount", chosen)
    return Measure(first / second, compared=(first, second), members=(found,))


ORIGINAL = Phrase("original contract", "原合同金额")


@fact(
    evidence="execution",
    unit="share",
    needs=("contracts.kind", "contracts.amount"),
    names=(Phrase("supplementary contracts", "补充合同金额合计"), ORIGINAL),
    title=Phrase("supplementary contracts over the original", "补充合同合计占原合同之比"),
    silent=NO_CONTRACT,
)
def supplement_share(records: Records) -> Measure:
    """Supplementary contracts together as a share of the original contract.

    补充合同金额合计占原合同金额的比例。
    """
    return _later_share("supplementary", records)


@fact(
    evidence="execution",
    unit="share",
    needs=("contracts.kind", "contracts.amount"),
    names=(Phrase("additions", "添购金额合计"), ORIGINAL),
    title=Phrase("additions from the same supplier over the original", "添购金额合计占原合同之比"),
    silent=NO_CONTRACT,
)
def addition_share(records: Records) -> Measure:
    """Additional purchases together as a share of the original contract. 添购金额合计占原合同金额的比例。"""
    return _later_share("addition", records)


@fact(
    evidence="execution",
    unit="ratio",
    needs=("trades.approved_cost", "trades.process_id", "contracts.amount"),
    columns=("trades.approved_cost",),
    names=(Phrase("contracts after all changes", "变更后合同金额合计"), _words("trades.approved_cost")),
    title=Phrase("contracts of the project over its approved cost", "项目合同合计与批复概算之比"),
)
def project_over_approved(records: Records) -> Measure:
    """Contracts of a project, after their last change, over its approved cost.

    项目各合同（含变更）金额合计除以批复概算。
    """
    amount = records.contracts["amount"].to_numpy(dtype=np.float64).copy()
    told = np.flatnonzero(records.changes["amount"].notna().to_numpy(dtype=bool))
    place, last = _last_changes(records, told)
    amount[place] = records.changes["amount"].to_numpy(dtype=np.float64)[last]
    project = records.coded("process_id").codes
    of = project[records.trade_of("contracts")]
    total = _sums(of[of >= 0], amount[of >= 0], int(project.max(initial=-1)) + 1)
    spent = np.full(len(records), np.nan)
    spent[project >= 0] = total[project[project >= 0]]
    approved = records.trades["approved_cost"].to_numpy(dtype=np.float64)
    return numbers(spent / approved, spent, approved)


@fact(
    evidence="execution",
    unit="count",
    needs=("changes.seq",),
    title=Phrase("changes of the contract", "合同变更次数"),
)
def contract_changes(records: Records) -> Measure:
    """Changes of the contracts of the lot. 该标段合同的变更次数。"""
    of = records.trade_of("changes")
    count = np.bincount(of, minlength=len(records)).astype(np.float64)
    return Measure(count, members=(Members("changes", "changed_at", of, np.arange(len(of))),))


@fact(
    evidence="execution",
    unit="ratio",
    needs=("changes.amount", "contracts.amount"),
    names=(Phrase("price after the changes", "变更后金额"), Phrase("price signed", "签约金额")),
    title=Phrase("price after changes over the price signed", "变更后金额与签约金额之比"),
    silent=Phrase("no change of a contract that is known", "无已知合同的变更"),
)
def price_after_changes(records: Records) -> Measure:
    """Price after the last change over the price signed, of several contracts the largest.

    最后一次变更后的金额除以签约金额（多份合同取最大者）。
    """
    told = np.flatnonzero(records.changes["amount"].notna().to_numpy(dtype=bool))
    place, last = _last_changes(records, told)
    signed = records.contracts["amount"].to_numpy(dtype=np.float64)[place]
    changed = records.changes["amount"].to_numpy(dtype=np.float64)[last]
    chosen = largest(records.trade_of("changes")[last], changed / signed, len(records))
    first, second = spread(chosen, changed), spread(chosen, signed)
    found = members("changes", "amount", chosen, last)
    return Measure(first / second, compared=(first, second), members=(found,))


def _last_changes(records: Records, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Rows of contracts that changed, and of `rows` of changes the last one of each."""
    changes = records.changes.iloc[rows]
    # Sorted by contract and seq.
    kept = ~changes["contract_id"].duplicated(keep="last").to_numpy(dtype=bool)
    index = pd.Index(records.contracts["contract_id"])
    place = index.get_indexer(pd.Index(changes["contract_id"][kept])).astype(np.int64)
    return place[place >= 0], rows[kept][place >= 0]


FAMILY = (
    _since_trade(
        "signing_delay",
        "notified_at",
        "signed_at",
        Phrase("time from the notice to the contract", "通知书发出至签订合同的期限"),
    ),
    _since_trade(
        "appraisal_age",
        "appraised_at",
        "signed_at",
        Phrase("age of the appraisal at signature", "签约时评估基准日距今的期限"),
    ),
    _within(
        "contract_publication_delay",
        "signed_at",
        "published_at",
        Phrase("time from signature to the publication of the contract", "合同签订至公告的期限"),
    ),
    _within(
        "contract_filing_delay",
        "signed_at",
        "filed_at",
        Phrase("time from signature to the filing of the contract", "合同签订至备案的期限"),
    ),
    _within(
        "start_delay",
        "start_due_at",
        "started_at",
        Phrase("actual start after the agreed one", "实际开工晚于约定开工的期限"),
    ),
    start_after_notice,
    contract_off_award,
    bond_share,
    supplement_share,
    addition_share,
    project_over_approved,
    contract_changes,
    price_after_changes,
)
