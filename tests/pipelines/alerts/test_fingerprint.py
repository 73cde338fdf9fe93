"""Identity of an alert, and what counts as news."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from detector.features.declare import Phrase
from detector.flags import Flag, Level, Reason
from pipelines.alerts.fingerprint import evidence_sha, short_key, trade_fingerprint

CLOSE = Reason("B01", "spread", "price", Phrase("close", "接近"), 20.0, value=0.0123456789)
SHORT = Reason("T01", "days", "timing", Phrase("short", "短"), 10.0, value=3.0)
REST = Reason("rest", "rest", "", Phrase("rest", "其余"), 1.0)
FLAG = Flag("t", 0, 1, Level.YELLOW, 31.0, 0.9, 100.0, ("price",), (CLOSE, SHORT, REST), ())

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)


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


def test_score_points_rank_and_peers_are_no_news():
    moved = replace(CLOSE, points=19.0, peer_median=0.3, percentile=0.98, peer_n=50, suspicion=0.96)
    again = replace(FLAG, score=30.0, rank=9, percentile=0.8, reasons=(SHORT, moved, REST))
    assert evidence_sha(again) == evidence_sha(FLAG)


def test_the_seventh_digit_is_no_news_and_the_sixth_is():
    noise = replace(FLAG, reasons=(replace(CLOSE, value=0.01234567891), SHORT, REST))
    news = replace(FLAG, reasons=(replace(CLOSE, value=0.0123458), SHORT, REST))
    assert evidence_sha(noise) == evidence_sha(FLAG)
    assert evidence_sha(news) != evidence_sha(FLAG)


def test_another_level_or_another_finding_is_news():
    shas = {
        evidence_sha(FLAG),
        evidence_sha(replace(FLAG, level=Level.BLUE)),
        evidence_sha(replace(FLAG, reasons=(CLOSE, REST))),
        evidence_sha(replace(FLAG, reasons=(CLOSE, replace(SHORT, code="T02"), REST))),
        evidence_sha(replace(FLAG, reasons=(CLOSE, replace(SHORT, value=float("nan")), REST))),
    }
    assert len(shas) == 5


def test_negative_zero_is_zero():
    zeros = [replace(FLAG, reasons=(replace(CLOSE, value=value),)) for value in (0.0, -0.0)]
    assert evidence_sha(zeros[0]) == evidence_sha(zeros[1])
