"""Identity of an alert, and what counts as news."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from detector.features.declare import Phrase
from detector.flags import Flag, Level, Reason
from pipelines.alerts.fingerprint import (
    evidence_sha,
    notable_values,
    noted_values,
    short_key,
    trade_fingerprint,
)
from tests.pipelines.alerts.scans import scanned

CLOSE = Reason("B01", "spread", "price", Phrase("close", "接近"), 20.0, value=0.0123456789, suspicion=0.97)
SHORT = Reason("T01", "days", "timing", Phrase("short", "短"), 10.0, value=3.0, suspicion=0.96)
REST = Reason("rest", "rest", "", Phrase("rest", "其余"), 1.0)
NOTABLE = {"B01": CLOSE.value, "T01": SHORT.value}
FLAG = Flag("t", 0, 1, Level.YELLOW, 31.0, 0.9, 100.0, ("price",), (CLOSE, SHORT, REST), ())

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)


def sha(flag, notable):
    return evidence_sha(flag.level, noted_values(flag, notable))


def test_identity_is_fixed_for_ever():
    # Another value here would double every alert that exists.
    assert trade_fingerprint("办公室", "lot-1") == (
        "d6ad19f60769c4f370040cf34b3032abcf712f28bb2a94778dc5b9590b5287e4"
    )


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_different_subjects_have_different_identities(one, other):
    assert (trade_fingerprint(*one) == trade_fingerprint(*other)) == (one == other)


@given(HEX, HEX)
def test_short_keys_sort_as_their_hashes(one, other):
    assert len(short_key(one)) == 26
    assert (short_key(one) <= short_key(other)) == (one[:32] <= other[:32])


def test_score_points_rank_peers_and_what_is_shown_are_no_news():
    moved = replace(CLOSE, points=19.0, peer_median=0.3, percentile=0.98, peer_n=50, suspicion=0.96)
    for reasons in ((SHORT, moved, REST), (CLOSE, REST), ()):
        again = replace(FLAG, score=30.0, rank=9, percentile=0.8, reasons=reasons)
        assert sha(again, dict(reversed(NOTABLE.items()))) == sha(FLAG, NOTABLE)


def test_the_seventh_digit_is_no_news_and_the_sixth_is():
    assert sha(FLAG, NOTABLE | {"B01": 0.01234567891}) == sha(FLAG, NOTABLE)
    assert sha(FLAG, NOTABLE | {"B01": 0.0123458}) != sha(FLAG, NOTABLE)


def test_another_level_finding_or_fact_is_news():
    fact = Reason("L01", "law", "timing", Phrase("law", "法"), 0.0, value=12.0)
    shas = {
        sha(FLAG, NOTABLE),
        sha(replace(FLAG, level=Level.BLUE), NOTABLE),
        sha(FLAG, {"B01": NOTABLE["B01"]}),
        sha(FLAG, {"B01": NOTABLE["B01"], "T02": 3.0}),
        sha(replace(FLAG, reasons=(*FLAG.reasons, fact)), NOTABLE),
        sha(replace(FLAG, reasons=(*FLAG.reasons, replace(fact, value=11.0))), NOTABLE),
        sha(replace(FLAG, reasons=(*FLAG.reasons, replace(fact, value=float("nan")))), NOTABLE),
        sha(replace(FLAG, reasons=(*FLAG.reasons, replace(fact, kind="rule"))), NOTABLE),
    }
    assert len(shas) == 8


def test_negative_zero_is_zero():
    assert sha(FLAG, {"B01": -0.0}) == sha(FLAG, {"B01": 0.0})


def test_notable_are_the_features_that_lie_deep_in_their_tail():
    scan = scanned()
    quiet = scan.explain("lot-00")
    assert notable_values(scan.suspicion, quiet.row) == {
        finding.code: finding.value for finding in quiet.findings if finding.suspicion >= 0.95
    }
    assert notable_values(scan.suspicion, scan.explain("lot-40").row) == {}
