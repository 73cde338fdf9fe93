"""Parties appear in many processes, under several roles and sometimes several names: one row comes out.

The kind is the highest role a party ever had (buyer, agency, supplier, other). Its name, region and size are those
of the newest process that mentions it; a process in which nothing changed only fills what is still empty, so
that loading an old file again does not bring an old name back. Parties are never removed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from detector.schema import TABLES
from pipelines.sources.ocds import Process
from pipelines.sources.rows import Row

ID, NAME, KIND, REGION, SME = (
    TABLES["parties"].names.index(name) for name in ("party_id", "name", "kind", "region", "sme")
)
KINDS = ("other", "supplier", "agency", "buyer")
UNDATED = datetime.min  # noqa: DTZ901 - instants are naive UTC here


class Noted(NamedTuple):
    """What the processes of a load say of one party; `news` if the newest of them changed."""

    recorded_at: datetime
    name: str
    region: str
    kind: str | None
    news: bool
    sme: int | None = None


class PartyLedger:
    """What the processes of a load say of their parties. Memory grows with the parties, not the records."""

    def __init__(self) -> None:
        self._noted: dict[str, Noted] = {}

    @property
    def ids(self) -> Sequence[str]:
        """All parties noted, sorted."""
        return sorted(self._noted)

    def note(self, process: Process, *, differs: bool) -> None:
        """Take up the parties of a process; `differs` if the process is new or changed."""
        recorded_at = process.recorded_at or UNDATED
        for row in process.parties:
            noted = Noted(recorded_at, row[NAME] or "", row[REGION] or "", row[KIND], differs, row[SME])
            former = self._noted.get(row[ID])
            if former is not None:
                newer, older = (noted, former) if noted[:3] > former[:3] else (former, noted)
                noted = newer._replace(
                    name=newer.name or older.name,
                    region=newer.region or older.region,
                    kind=_higher(newer.kind, older.kind),
                    sme=older.sme if newer.sme is None else newer.sme,
                )
            self._noted[row[ID]] = noted

    def merged(self, ids: Iterable[str], stored: Iterable[Row]) -> list[Row]:
        """Rows of the parties called `ids`, on top of those in the database."""
        former = {row[ID]: row for row in stored}
        empty = (None,) * len(TABLES["parties"].columns)
        return [_on_top(party_id, self._noted[party_id], former.get(party_id, empty)) for party_id in ids]


def _on_top(party_id: str, noted: Noted, stored: Row) -> Row:
    row = list(stored)
    row[ID] = party_id
    for position, told in ((NAME, noted.name), (REGION, noted.region)):
        if told and (noted.news or not row[position]):
            row[position] = told
    if noted.sme is not None and (noted.news or row[SME] is None):
        row[SME] = noted.sme
    row[KIND] = _higher(noted.kind, stored[KIND])
    return tuple(row)


def _higher(one: str | None, other: str | None) -> str | None:
    """The higher of two roles; a role that purchases do not know (a seller) is kept."""
    for kind in (one, other):
        if kind is not None and kind not in KINDS:
            return kind
    return max((one, other), key=lambda kind: KINDS.index(kind) if kind else -1)
