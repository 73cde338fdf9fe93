"""Values become keyed hashes; what is the same stays the same, and nothing of it can be read."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import ConfigError, SourceError
from detector.records import KEYED_HASH
from detector.schema import IDENTIFIER_KINDS
from pipelines import cli
from pipelines.sources.keyed_hash import checked_key, digest, hashed_rows
from pipelines.sources.sql import read_tables

KEY = b"0123456789abcdef"
ROWS = """trade_id,bidder_id,kind,value
t,A,device,00-1B-44-11-3A-B7
t,B,device,001b44113ab7
t,C,device,00-00-00-00-00-00
t,A,phone,138 0013 8000
u,A,phone,138-0013-8000
t,A,phone,13800138000
"""


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        ("device", "00-1B-44-11-3A-B7", "00:1b:44:11:3a:b7", True),
        ("phone", "１３８００１３８０００", "138 0013 8000", True),
        ("author", "zhang san", "Zhang San ", True),
        ("author", "zhang-san", "zhangsan", False),
        ("phone", "13800138000", "13800138001", False),
    ],
)
def test_one_value_in_two_spellings_is_one_hash(kind, one, other, same):
    assert (digest(KEY, kind, one) == digest(KEY, kind, other)) is same


@given(st.sampled_from(IDENTIFIER_KINDS), st.text())
def test_every_hash_is_one_that_records_take_and_depends_on_kind_and_key(kind, value):
    made = digest(KEY, kind, value)
    if made is not None:
        assert re.fullmatch(KEYED_HASH, made)
        assert made != digest(b"f" * 16, kind, value)
        assert made not in {digest(KEY, other, value) for other in IDENTIFIER_KINDS if other != kind}


@pytest.mark.parametrize("value", ["", "  ", "无", "FF-FF-FF-FF-FF-FF", "00:00:00:00:00:00", "null", "0000"])
def test_placeholders_are_no_evidence(value):
    assert digest(KEY, "device", value) is None


@pytest.mark.parametrize("key", [None, "", "short"])
def test_without_a_key_nothing_is_hashed(key):
    with pytest.raises(ConfigError, match="DETECTOR_HASH_KEY") as told:
        checked_key(key)
    assert "short" not in str(told.value)


def test_a_file_becomes_rows_of_the_identifiers(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DETECTOR_HASH_KEY", KEY.decode())
    (tmp_path / "raw.csv").write_text(ROWS, encoding="utf-8")

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            cli.main(["hash", "raw.csv", *arguments])
        return ended.value.code, capsys.readouterr()

    code, said = run("--into", "sqlite:///a.db", "--json")
    assert (code, json.loads(said.out)) == (0, {"values": 5, "placeholders": 1, "rows": 4, "new": 4})
    assert json.loads(run("--into", "sqlite:///a.db", "--json")[1].out)["new"] == 0
    held = read_tables("sqlite:///a.db").frames["identifiers"]
    assert held.groupby("digest")["bidder_id"].nunique().max() == 2
    assert run("--out", "hashed.csv")[0] == 0
    for name in ("a.db", "hashed.csv"):
        content = (tmp_path / name).read_bytes()
        assert b"8000" not in content
        assert b"44113" not in content.lower()
    assert run()[0] == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("trade_id,kind\n", "column bidder_id, value is missing"),
        ("trade_id,bidder_id,kind,value\nt,A,passport,E1234567\n", "line 2: kind is unknown"),
        ("trade_id,bidder_id,kind,value\n,A,phone,13800138000\n", "line 2: trade_id is empty"),
        ("trade_id,bidder_id,kind,value\nt,A,phone\n", "line 2 has fewer cells"),
    ],
)
def test_what_is_wrong_is_said_without_the_value(tmp_path, content, words):
    path = tmp_path / "raw.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError, match=words) as told:
        hashed_rows(path, KEY)
    assert "1234567" not in str(told.value)
    assert "13800138000" not in str(told.value)
