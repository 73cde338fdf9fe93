"""OCDS amendments and payments of contracts as canonical rows.

Both are numbered in the order of their dates, undated ones last and left out: a change or payment of which
nobody knows when it was can be put in no order.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from detector.contract import ROW
from detector.schema import CONTRACTS, TABLES
from pipelines.sources.ocds_awarding import Awarding
from pipelines.sources.ocds_parts import entries, named, part
from pipelines.sources.rows import Row, fit, read_instant

CONTRACT, TRADE = CONTRACTS.names.index("contract_id"), CONTRACTS.names.index("trade_id")


def implementation_rows(awarding: Awarding, contracts: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of changes and payments of the contracts that were kept."""
    trades = {row[CONTRACT]: row[TRADE] for row in contracts}
    changes: list[Row] = []
    payments: list[Row] = []
    seen: set[str] = set()
    for raw in awarding.contracts:
        own = named(raw, "id")
        contract_id = f"{awarding.ocid}/{own}" if own else ""
        if contract_id not in trades or contract_id in seen:
            continue
        seen.add(contract_id)
        keys = {"contract_id": contract_id, "trade_id": trades[contract_id]}
        for seq, (date, _) in enumerate(
            _dated(awarding, "changes", contract_id, entries(raw, "amendments")), 1
        ):
            changes += _fitted(awarding, "changes", {**keys, "seq": seq, "changed_at": date})
        paid = entries(part(raw, "implementation"), "transactions")
        for seq, (date, entry) in enumerate(_dated(awarding, "payments", contract_id, paid), 1):
            value = part(entry, "value")
            money = {"amount": value.get("amount"), "currency": value.get("currency")}
            payments += _fitted(awarding, "payments", {**keys, "seq": seq, "paid_at": date, **money})
    return changes, payments


def _fitted(awarding: Awarding, table: str, raw: Mapping[str, Any]) -> list[Row]:
    row = fit(TABLES[table], raw, awarding.place, awarding.problems)
    return [] if row is None else [row]


def _dated(
    awarding: Awarding, table: str, contract_id: str, found: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
    """Entries with a date that can be read, oldest first; the others are reported."""
    dated: list[tuple[datetime, str, Mapping[str, Any]]] = []
    for entry in found:
        try:
            dated.append((read_instant(entry["date"]), named(entry, "id") or "", entry))
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            column = "paid_at" if table == "payments" else "changed_at"
            reason = "without a date that can be read: its place among the others is not known"
            awarding.report(table, contract_id, column, entry.get("date"), reason, ROW)
    for date, _, entry in sorted(dated, key=lambda one: one[:2]):
        yield date, entry
