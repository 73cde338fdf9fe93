"""What the red flags found, in the shape in which Cardinal prints it."""

import math
from typing import Any

from detector.redflags.quartiles import rounded

OCID, BUYER, PROCURING_ENTITY, TENDERER = "OCID", "Buyer", "ProcuringEntity", "Tenderer"
GROUPS = (OCID, BUYER, PROCURING_ENTITY, TENDERER)
# One organization of the process, and sets of them.
SINGLE_MAPS = ("ocid_buyer_r038", "ocid_procuringentity_r038")
SET_MAPS = (
    "ocid_tenderer", "ocid_tenderer_r024", "ocid_tenderer_r028", "ocid_tenderer_r030", "ocid_tenderer_r035",
    "ocid_tenderer_r058",
)  # fmt: skip


class Findings:
    """Flags by group and identifier, the fences behind them, and who was involved in which process."""

    def __init__(self, with_maps: bool) -> None:
        self.groups: dict[str, dict[str, dict[str, float | None]]] = {group: {} for group in GROUPS}
        self.meta: dict[str, dict[str, float]] = {}
        self.with_maps = with_maps
        self.organizations: dict[str, dict[str, str]] = {name: {} for name in SINGLE_MAPS}
        # Lists rather than sets: the same file gives the same bytes. Repetitions are dropped at the end.
        self.tenderers: dict[str, dict[str, list[str]]] = {name: {} for name in SET_MAPS}

    def flag(self, group: str, identifier: str, code: str, value: float) -> None:
        """Set the result of an indicator for a process or an organization.

        A number that JSON has no word for (a ratio to a price of zero) is kept as None.
        """
        self.groups[group].setdefault(identifier, {})[code] = value if math.isfinite(value) else None

    def note(self, code: str, name: str, value: float) -> None:
        """Keep a quartile or fence of an indicator."""
        self.meta.setdefault(code, {})[name] = value

    def involve(self, name: str, ocid: str, tenderers: list[str]) -> None:
        """Add tenderers to those mapped to a process, where maps are wanted."""
        if self.with_maps and tenderers:
            mapped, known = self.tenderers[name], self.tenderers[name].get(ocid)
            mapped[ocid] = tenderers if known is None else known + tenderers

    def add(self, other: "Findings") -> None:
        """Take in what was found further down the file."""
        for group, results in other.groups.items():
            own = self.groups[group]
            if own.keys().isdisjoint(results):
                own.update(results)
            else:
                for identifier, found in results.items():
                    own.setdefault(identifier, {}).update(found)
        for name, organizations in other.organizations.items():
            self.organizations[name].update(organizations)
        for name, processes in other.tenderers.items():
            mapped = self.tenderers[name]
            repeated = mapped.keys() & processes
            joined = {ocid: mapped[ocid] + processes[ocid] for ocid in repeated}
            mapped.update(processes)
            mapped.update(joined)

    def document(self, with_meta: bool = True) -> dict[str, Any]:
        """The findings as JSON values: groups with results, `Meta`, and `Maps` where wanted.

        A quartile of nothing is None.
        """
        document: dict[str, Any] = {group: results for group, results in self.groups.items() if results}
        if with_meta:
            document["Meta"] = {
                code: {name: rounded(value) for name, value in notes.items()}
                for code, notes in self.meta.items()
            }
        if self.with_maps:
            document["Maps"] = self.organizations | {
                name: {ocid: list(dict.fromkeys(ids)) for ocid, ids in mapped.items()}
                for name, mapped in self.tenderers.items()
            }
        return document
