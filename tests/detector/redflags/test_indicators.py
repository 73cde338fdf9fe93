"""Smallest releases that raise each red flag, near misses, and what a changed setting does.

Expected values were read off Cardinal 0.0.8 or follow from its documentation.
"""

import json

import pytest

from detector.redflags import REDFLAGS, Computation, default_settings, parse_settings, release_of

AWARDED = {"awards": [{"status": "active", "suppliers": [{"id": "A"}]}]}


def bid(tenderer, amount=None, status="valid", currency="CNY", date=None):
    """A bid of one tenderer, or of several given as a list."""
    tenderers = [{"id": name} for name in (tenderer if isinstance(tenderer, list) else [tenderer])]
    made = {"status": status, "tenderers": tenderers, "date": date}
    return made if amount is None else made | {"value": {"amount": amount, "currency": currency}}


def process(*bids, ocid="1", tender=None, **more):
    return {"ocid": ocid, "tender": tender or {}, "bids": {"details": list(bids)}} | more


def found(settings, *releases, maps=False):
    """The document of some releases; None stands for the default settings."""
    chosen = default_settings() if settings is None else parse_settings(settings)
    computation = Computation(chosen, maps)
    for release in releases:
        computation.take(release_of(json.loads(json.dumps(release))))
    return computation.document()


def flags(settings, *releases, group="OCID"):
    return found(settings, *releases).get(group, {})


def period(start, end, **tender):
    return process(tender={"tenderPeriod": {"startDate": start, "endDate": end}} | tender)


@pytest.mark.parametrize(
    ("start", "end", "flagged"),
    [
        ("2025-01-01T00:00:00Z", "2025-01-15T23:59:59Z", True),
        ("2025-01-01T00:00:00Z", "2025-01-16T00:00:00Z", False),  # 15 whole days are enough
        (
            "2025-01-01T00:00:00+08:00",
            "2025-01-15T23:00:00+05:00",
            False,
        ),  # instants, not clocks: 15 days 2 hours
        ("2025-01-02T00:00:00Z", "2025-01-01T00:00:00Z", True),
        ("2025-01-01", "2025-01-02", False),  # no time of day: not RFC 3339, not computable
        ("2025-01-01T00:00:00", "2025-01-02T00:00:00", False),
        ("2025-02-30T00:00:00Z", "2025-03-02T00:00:00Z", False),
        (None, "2025-03-02T00:00:00Z", False),
    ],
)
def test_r003(start, end, flagged):
    assert flags("[R003]", period(start, end)) == ({"1": {"R003": 1.0}} if flagged else {})


def test_r003_settings():
    release = period("2025-01-01T00:00:00Z", "2025-01-11T00:00:00Z", procurementMethodDetails="urgent")
    assert flags("[R003]\nthreshold = 10", release) == {}
    assert flags("[R003]\nthreshold = 11", release)
    assert flags("[R003]\n[R003.procurement_method_details]\nurgent = 10", release) == {}
    assert flags("[R003.procurement_method_details]\nurgent = 11", release)  # the table alone switches it on
    assert flags("[R003]\nprocurement_methods = open", release) == {}  # the method is not stated


@pytest.mark.parametrize(
    ("count", "method", "flagged"),
    [(1, "open", True), (1, "selective", True), (1, "direct", False), (1, None, False), (2, "open", False)]
    + [(count, "open", False) for count in (1.0, True, "1", None)],
)
def test_r018(count, method, flagged):
    release = process(tender={"numberOfTenderers": count, "procurementMethod": method})
    assert flags("[R018]", release) == ({"1": {"R018": 1.0}} if flagged else {})


def test_r018_settings():
    release = process(tender={"numberOfTenderers": 1, "procurementMethod": "direct"})
    assert flags("[R018]\nprocurement_methods = limited|direct", release)
    assert flags("[R018]\nprocurement_methods =", release)  # none listed: all looked at


def margins(*ratios):
    """Processes won at 1000 by W, with the next bid so much higher."""
    won = {"awards": [{"status": "active", "suppliers": [{"id": "W"}]}]}
    return [
        process(bid("W", 1000), bid(f"L{n}", 1000 * (1 + ratio)), ocid=str(n), **won)
        for n, ratio in enumerate(ratios)
    ]


def test_r024_and_r058_fences():
    document = found("[R024]\n[R058]", *margins(0.4, 0.001, 0.45, 0.5, 0.55, 3.0, 0.6), maps=True)
    assert document["OCID"] == {"1": {"R024": pytest.approx(0.001)}, "5": {"R058": 3.0}}
    assert document["Meta"]["R024"] == {"q1": 0.4083, "q3": 0.5917, "lower_fence": 0.1333}
    assert document["Meta"]["R058"] == {"q1": 0.4083, "q3": 0.5917, "upper_fence": 0.8667}
    assert document["Tenderer"] == {"W": {"R024": 0.0, "R058": 0.0}, "L1": {"R024": 0.0}}
    assert document["Maps"]["ocid_tenderer_r024"] == {"1": ["W", "L1"]}
    assert document["Maps"]["ocid_tenderer_r058"] == {"5": ["W"]}


def test_r024_and_r058_thresholds():
    releases = margins(0.05, 0.06, 0.5)
    assert list(flags("[R024]\nthreshold = 0.05", *releases)) == ["0"]
    assert list(flags("[R058]\nthreshold = 0.5", *releases)) == ["2"]
    assert flags("[R024]\nthreshold = 0", *releases, *margins(0.0)) == {}  # no fence above zero, no flag


@pytest.mark.parametrize(
    "release",
    [
        process(bid("A", 10), bid("B", 9), **AWARDED),  # price did not decide
        process(bid("A", 10), bid("B", 10.1, "disqualified"), **AWARDED),
        process(bid("A", 10), bid("B", 10.1, currency="USD"), **AWARDED),
        process(bid("A", 10), bid(["B", "C"], 10.1), **AWARDED),
        process(bid("A", 10), bid("B", 10.1), awards=[{"status": "pending"}, *AWARDED["awards"]]),
        process(bid("A", 10), bid("B", 10.1), awards=AWARDED["awards"] * 2),
        process(
            bid("A", 10),
            bid("B", 10.1),
            awards=[{"status": "active", "suppliers": [{"id": "A"}, {"id": "B"}]}],
        ),
        process(bid("A", 10), bid("B", "10.1"), **AWARDED),
        process(bid("A", 10), bid("B", True), **AWARDED),
    ],
)
def test_r024_has_no_margin(release):
    assert flags("[R024]\nthreshold = 0.05", release) == {}


def test_r024_takes_the_lowest_bid_of_the_winner_and_forgets_failed_awards():
    release = process(
        bid("A", 12), bid("A", 10), bid("B", 11), bid("C", 10.2),
        awards=[{"status": "unsuccessful"}, {"status": "cancelled"}, *AWARDED["awards"]],
    )  # fmt: skip
    assert flags("[R024]\nthreshold = 0.05", release)["1"]["R024"] == (10.2 - 10) / 10


def test_margins_on_a_price_of_zero_are_no_numbers_in_json():
    releases = [
        process(bid("A", 0), bid("B", 5), **AWARDED),
        process(bid("A", 0), bid("B", 0), ocid="2", **AWARDED),
    ]
    assert flags("[R058]\nthreshold = 0.5", *releases) == {"1": {"R058": None}}


def test_r025():
    won = [process(bid("A"), bid("B"), bid("L"), ocid=f"a{n}", **AWARDED) for n in range(9)]
    settings = "[R025]\nthreshold = 0.2"
    document = found(
        settings, *won, process(bid("C"), ocid="c", awards=[{"status": "active", "suppliers": [{"id": "C"}]}])
    )
    assert document["Meta"]["R025"] == {"upper_fence": 9.0, "lower_fence": 0.2}
    assert document["Tenderer"] == {"B": {"R025": 0.0}, "L": {"R025": 0.0}}
    assert found("[R025]", *won)["Meta"]["R025"]["q1"] == 0.0
    assert "Tenderer" not in found("[R025]", *won)


def test_r025_counts_a_tenderer_once_a_process():
    document = found(
        "[R025]\npercentile = 100\nthreshold = 1", process(bid("A"), bid("A"), bid("B"), **AWARDED)
    )
    assert document["Meta"]["R025"]["upper_fence"] == 1.0
    assert document["Tenderer"] == {"A": {"R025": 1.0}, "B": {"R025": 0.0}}


@pytest.mark.parametrize(
    ("bids", "tenderers"),
    [
        ([bid("A", 10), bid("B", 10.0)], {"A", "B"}),
        ([bid("A", 10), bid("B", 10, "disqualified"), bid("C", 10, "pending")], {"A", "B", "C"}),
        ([bid("A", 10), bid("A", 10)], set()),
        ([bid(["A", "B"], 10), bid(["B", "A"], 10)], set()),
        ([bid(["A", "B"], 10), bid("A", 10)], {"A", "B"}),
        ([bid("A", 10), bid("B", 10, currency="USD")], set()),
        ([bid("A", 10), bid("B", 10, "withdrawn")], set()),
        ([bid("A", 10), bid("B", 10.01)], set()),
        ([bid("A"), bid("B")], set()),
    ],
)
def test_r028(bids, tenderers):
    assert set(flags("[R028]", process(*bids), group="Tenderer")) == tenderers
    assert flags("[R028]", process(*bids)) == ({"1": {"R028": 1.0}} if tenderers else {})


def late(date, status="valid", award="active"):
    tender = {"tenderPeriod": {"endDate": "2025-01-10T12:00:00+08:00"}}
    awards = [{"status": award, "suppliers": [{"id": "A"}]}]
    return process(bid("A", date=date, status=status), tender=tender, awards=awards)


def test_r030():
    assert flags("[R030]", late("2025-01-10T12:00:01+08:00")) == {"1": {"R030": 1.0}}
    assert flags("[R030]", late("2025-01-10T12:00:01+08:00"), group="Tenderer") == {"A": {"R030": 1.0}}
    for near in (
        late("2025-01-10T12:00:00+08:00"),
        late("2025-01-11T00:00:00+08:00", status="disqualified"),
        late("2025-01-11T00:00:00+08:00", award="pending"),
        late(None),
    ):
        assert flags("[R030]", near) == {}


def test_r030_compares_text_as_cardinal_does():
    """The bid of 13:00 in an earlier zone came before the deadline; as text it is after."""
    assert flags("[R030]", late("2025-01-10T13:00:00+10:00"))
    assert flags("[R030]", late("2025-01-10T11:00:00+00:00")) == {}


def test_r035():
    out = [bid("B", status="disqualified"), bid("C", status="disqualified"), bid("B", status="disqualified")]
    assert flags("[R035]", process(bid("A"), *out, **AWARDED)) == {"1": {"R035": 2.0}}
    assert flags("[R035]", process(bid("A"), *out, **AWARDED), group="Tenderer") == {"A": {"R035": 0.0}}
    assert flags("[R035]\nthreshold = 3", process(bid("A"), *out, **AWARDED)) == {}
    assert flags("[R035]\nthreshold = 0", process(bid("A"), **AWARDED)) == {}  # at least one, whatever is set
    assert flags("[R035]", process(bid("A"), bid("D"), *out, **AWARDED)) == {}
    assert flags("[R035]", process(bid("D"), *out, **AWARDED)) == {}
    assert flags("[R035]", process(bid("A"), bid("A", status="disqualified"), **AWARDED)) == {}
    assert flags("[R035]", process(bid("A"), *out)) == {}  # no awards published


def test_r036():
    low = bid("B", 9, "disqualified")
    assert flags("[R036]", process(bid("A", 10), low, **AWARDED)) == {"1": {"R036": 1.0}}
    assert flags("[R036]", process(bid("A", 10), low)) == {}
    assert flags("[R036]", process(bid("A", 8), low, **AWARDED)) == {}
    assert flags("[R036]", process(bid("A"), low, **AWARDED)) == {}  # no valid bid has an amount
    assert flags("[R036]", process(bid("A", 9), low, **AWARDED)) == {}  # of equal ones the first counts
    assert flags("currency = USD\n[R036]", process(bid("A", 10), low, **AWARDED)) == {}


def test_r038():
    def bought(buyer, out, bids):
        rejected = [bid(f"{buyer}{n}", status="disqualified") for n in range(out)]
        parts = {"buyer": {"id": buyer}, "tender": {"procuringEntity": {"id": f"E{buyer}"}}}
        return process(*rejected, *(bid(f"{buyer}x") for _ in range(bids - out)), ocid=buyer) | parts

    releases = [bought(buyer, 1 + n % 3, 10) for n, buyer in enumerate("HIJKLMNOP")]
    releases += [bought("S", 9, 10), bought("T", 1, 1)]
    document = found("[R038]", *releases, maps=True)
    assert document["Buyer"] == {"S": {"R038": 0.9}}  # T received one bid only
    assert document["Meta"]["R038"]["Buyer_upper_fence"] == 0.6
    assert document["ProcuringEntity"] == {"ES": {"R038": 0.9}}
    assert document["Maps"]["ocid_buyer_r038"] == {buyer: buyer for buyer in "HIJKLMNOPST"}
    meta = document["Meta"]["R038"]
    assert list(meta)[:3] == ["Buyer_q1", "Buyer_q3", "Buyer_upper_fence"]
    assert set(
        flags("[R038]\nthreshold = 0.1\nminimum_contracting_processes = 1", *releases, group="Buyer")
    ) == set("HIJKLMNOPST")
    assert flags(
        "[R038]\nthreshold = 1\nminimum_submitted_bids = 1", bought("T", 1, 1), group="Tenderer"
    ) == {"T0": {"R038": 1.0}}
    assert found("[R038]", process()) == {"Meta": {}}


def supplied(ocid, *codes, supplier="S", status="active"):
    items = [{"classification": {"id": code}} for code in codes]
    return {"ocid": ocid, "awards": [{"status": status, "suppliers": [{"id": supplier}], "items": items}]}


def test_r048():
    many = [supplied(str(n), f"{n}000", f"{n}999") for n in range(10, 30)]
    settings = "[R048]\nthreshold = 20"
    assert flags(settings, *many, group="Tenderer") == {"S": {"R048": 20.0}}
    assert flags(settings, *many[:-1], group="Tenderer") == {}  # 19 processes
    assert flags(settings, *many[:-1], supplied("x", "29", status="cancelled"), group="Tenderer") == {}
    assert flags(
        "[R048]\nthreshold = 2\ndigits = 1\nminimum_contracting_processes = 1", *many, group="Tenderer"
    ) == {"S": {"R048": 2.0}}
    assert found("[R048]") == {"Meta": {"R048": {"q1": None, "q3": None, "upper_fence": None}}}


def test_what_is_left_out_of_every_indicator():
    release = process(bid("A", 1), bid("B", 1), tender={"procurementMethodDetails": "lottery"})
    assert flags("[R028]", release)
    assert flags("[exclusions]\nprocurement_method_details = draw|lottery\n[R028]", release) == {}
    assert flags("[R028]", release | {"tender": {"status": "cancelled"}}) == {}
    assert flags("[R028]", release | {"ocid": 7}) == {}


@pytest.mark.parametrize("code", ["R024", "R028", "R036", "R058"])
def test_procedures_whose_prices_are_not_compared(code):
    section = f"[{code}]\n" + ("threshold = 0.5\n" if code in {"R024", "R058"} else "")
    release = process(
        bid("C", 5, "disqualified"), bid("A", 10), bid("B", 15), bid("D", 15),
        tender={"procurementMethodDetails": "lottery"}, **AWARDED,
    )  # fmt: skip
    assert flags(section, release)
    assert flags("no_price_comparison_procurement_methods = lottery\n" + section, release) == {}
    assert flags("price_comparison_procurement_methods = auction\n" + section, release) == {}
    assert flags("price_comparison_procurement_methods = lottery\n" + section, release)
    assert flags("price_comparison_procurement_methods = lottery\n" + section, release | {"tender": {}}) == {}


def test_the_first_currency_met_is_the_main_one():
    first = process(bid("A", 10, currency="USD"), ocid="0", **AWARDED)
    release = process(bid("A", 10), bid("B", 9, "disqualified"), **AWARDED)
    assert flags("[R036]", first, release) == {}
    assert flags("[R036]", release, first)
    assert flags("currency = CNY\n[R036]", first, release)


def test_a_section_switches_an_indicator_on_and_no_file_switches_all_on():
    assert list(default_settings().redflags) == list(REDFLAGS)
    assert found("") == {"Meta": {}}


@pytest.mark.parametrize("code", REDFLAGS)
@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"tender": [], "bids": 3, "awards": "none", "buyer": None},
        {"tender": {"tenderPeriod": 5, "procuringEntity": []}, "bids": {"details": {}}, "awards": {}},
        {
            "bids": {
                "details": [None, 1, "x", [], {"tenderers": [None, {"id": 5}], "status": "valid", "value": 3}]
            }
        },
        {
            "awards": [None, {"status": "active", "suppliers": [None]}, {"status": 5, "items": [None]}],
            "bids": {},
        },
        {"bids": {"details": [bid("A", 10**400), bid("B", 10**400), bid("C", -0.0), bid("D", 0)]}, **AWARDED},
    ],
)
def test_odd_releases_make_an_indicator_silent_not_fail(code, odd):
    document = found(f"[{code}]", {"ocid": "1", **odd}, maps=True)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_parts_added_up_are_the_whole():
    releases = [
        process(
            bid("A", 10 + n % 3), bid(f"B{n % 5}", 11, "disqualified" if n % 4 else "valid"), bid(f"C{n % 7}", 11),
            ocid=str(n % 50), buyer={"id": f"P{n % 6}"}, **AWARDED,
        )
        for n in range(60)
    ]  # fmt: skip
    whole = Computation(default_settings(), with_maps=True)
    head, middle, tail = (Computation(default_settings(), with_maps=True) for _ in range(3))
    for release in releases:
        whole.take(release_of(release))
    for release in releases[:20]:
        head.take(release_of(release))
    assert head.can_be_split
    middle, tail = head.part(), head.part()
    for release in releases[20:40]:
        middle.take(release_of(release))
    for release in releases[40:]:
        tail.take(release_of(release))
    head.add(middle)
    head.add(tail)
    assert json.dumps(head.document()) == json.dumps(whole.document())
