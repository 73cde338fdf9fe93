"""The whole run on one page: every release is seen once, then the fences are drawn."""

from typing import Any

from detector.redflags.board import Board, Currency, Margins, Redflag
from detector.redflags.catalogue import REDFLAGS
from detector.redflags.findings import Findings
from detector.redflags.ocds import Release, Tender
from detector.redflags.process import has_details, process_of
from detector.redflags.settings import Settings

NONE: frozenset[str] = frozenset()
# Cardinal maps all tenderers of a process where these need them to be understood.
NEED_TENDERERS = {"R025", "R038", "R048"}
NEED_MARGINS = {"R024", "R058"}
NEED_CURRENCY = NEED_MARGINS | {"R036"}


class Computation:
    """Red flags of a stream of releases.

    Releases are taken in the order of the file and the same file gives the same findings, to the byte. A process
    that stands in the file twice counts twice in the ratios of organizations; its own results are merged.
    """

    def __init__(self, settings: Settings, with_maps: bool = False) -> None:
        self.settings = settings
        self.with_maps = with_maps
        self.findings = Findings(with_maps)
        self.currency = Currency(settings.currency)
        self.margins = Margins(self.currency)
        board = Board(self.findings, self.currency, self.margins)
        self.flags = {code: REDFLAGS[code](options, board) for code, options in settings.redflags.items()}
        # Margins come first: where no currency is set, it is the first met in this order.
        self.views = [self.margins.see] if NEED_MARGINS & self.flags.keys() else []
        self.views += [flag.see for flag in self.flags.values() if type(flag).see is not Redflag.see]
        self.maps_tenderers = with_maps and bool(NEED_TENDERERS & self.flags.keys())

    @property
    def can_be_split(self) -> bool:
        """Whether releases from here on may be computed apart: the currency they are compared in is known."""
        return self.currency.name is not None or not NEED_CURRENCY & self.flags.keys()

    def part(self) -> "Computation":
        """An empty computation for releases further down the file, to be added once it has taken them."""
        settings = self.settings._replace(currency=self.currency.name or self.settings.currency)
        return Computation(settings, self.with_maps)

    def add(self, later: "Computation") -> None:
        """Take in a part. Parts are added in the order of the file; the result is that of one computation."""
        self.findings.add(later.findings)
        self.currency.add(later.currency)
        self.margins.add(later.margins)
        for code, flag in self.flags.items():
            flag.add(later.flags[code])

    def take(self, release: Release) -> bool:
        """Let every indicator see a release. False if it is none: its ocid is not text."""
        if type(release.ocid) is not str:
            return False
        tender = release.tender
        if tender is not None and tender.status == "cancelled":
            return True
        if not has_details(tender, NONE, self.settings.excluded_methods):
            return True
        process = process_of(release, self._comparable)
        if self.maps_tenderers:
            self.findings.involve("ocid_tenderer", process.ocid, process.tenderers)
        for see in self.views:
            see(process)
        return True

    def document(self, with_meta: bool = True) -> dict[str, Any]:
        """Draw the fences and give all findings, as JSON values in Cardinal's shape. To be called once."""
        for flag in self.flags.values():
            flag.conclude()
        return self.findings.document(with_meta)

    def _comparable(self, tender: Tender | None) -> bool:
        return has_details(tender, self.settings.price_methods, self.settings.no_price_methods)
