import gzip
import io
import json
import lzma

import pytest

from detector.contract import ROW
from detector.errors import SourceError
from pipelines.sources import ocds
from tests.pipelines.sources.releases import read, release, rows_of, write


@pytest.mark.parametrize("packed", [bytes, gzip.compress, lzma.compress])
def test_plain_and_compressed_files(tmp_path, packed):
    path = tmp_path / "records"
    path.write_bytes(
        packed(b"\xef\xbb\xbf" + json.dumps(release()).encode() + b"\n\n" + json.dumps(release(2)).encode())
    )
    releases, problems = read(path)
    assert [found.place for found in releases] == [f"{path}:1", f"{path}:3"]
    assert not problems


def test_standard_input(monkeypatch):
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(json.dumps(release()).encode())))
    )
    (found,) = ocds.read_releases("-")
    assert found.place == "standard input:1"


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("kind", ["records", "releases", "bare"])
def test_packages(tmp_path, kind, indent):
    package = {
        "records": {
            "uri": "x",
            "records": [{"ocid": "o", "compiledRelease": release()}, {"ocid": "o", "releases": []}],
        },
        "releases": {"uri": "x", "releases": [release(), {"url": "https://example.org/1"}]},
        "bare": release(),
    }[kind]
    path = tmp_path / "package.json"
    path.write_text(json.dumps(package, indent=indent), encoding="utf-8")
    releases, problems = read(path)
    assert [found.data["ocid"] for found in releases] == ["ocds-test-1"]
    assert len(problems) == (0 if kind == "bare" else 1)


def test_a_broken_document_is_one_problem_with_its_line(tmp_path):
    path = tmp_path / "package.json"
    path.write_text('{\n  "releases": [\n    {"ocid" "x"}\n  ]\n}\n', encoding="utf-8")
    releases, problems = read(path)
    assert not releases
    assert [problem.place for problem in problems] == [f"{path}:3"]


BAD_LINES = {
    '{"ocid": "x", ': "broken JSON",
    '{"ocid": "x", "tender": {]}': "broken JSON",
    "[1, 2]": "expected a JSON object, found a list",
    "3": "expected a JSON object, found a number",
    '"text"': "expected a JSON object, found text",
    "{}": "no ocid",
    '{"ocid": 5}': "no ocid",
    '{"ocid": "x", "tag": ["award"]}': "a single release (tag: award) without tender data",
    '{"ocid": "x", "tag": ["compiled"]}': "a compiled release without tender",
    '{"ocid": "x", "releases": [{"ocid": "x"}]}': "a record without compiledRelease",
    '{"records": [{"ocid": "x", "releases": []}]}': "a record without compiledRelease",
    '{"records": [{"compiledRelease": 5}]}': "expected a release, found a number",
    '{"records": {}}': "expected a list of records",
    '{"releases": ["https://example.org/1"]}': "a package of links",
    "[" * 100_000: "broken JSON",
    '{"ocid": ' + "9" * 5000 + "}": "broken JSON",
}


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: line[:30])
@pytest.mark.parametrize("first", [True, False], ids=["first line", "later line"])
def test_a_bad_line_is_told_and_reading_goes_on(tmp_path, line, first):
    path = tmp_path / "records.jsonl"
    write(path, *([line, release(1), release(2)] if first else [release(1), line, release(2)]))
    releases, problems = read(path)
    assert len(releases) == 2
    (problem,) = problems
    assert problem.reason.startswith(BAD_LINES[line])
    assert problem.place.startswith(f"{path}:{1 if first else 2}")
    assert problem.effect == ROW


def test_a_line_that_is_not_utf8_is_told(tmp_path):
    path = tmp_path / "records.jsonl"
    path.write_bytes(json.dumps(release()).encode() + b'\n{"ocid": "\xff"}\n')
    releases, problems = read(path)
    assert (len(releases), problems[0].reason) == (1, "not UTF-8")


def test_a_single_release_with_tender_data_is_taken(tmp_path):
    releases, problems = read(write(tmp_path / "f.jsonl", release(tag=["tender"]), release(2, tag=None)))
    assert (len(releases), problems) == (2, [])


def test_infinity_is_no_amount(tmp_path):
    text = json.dumps(release()).replace('"amount": 120', '"amount": Infinity')
    releases, _ = read(write(tmp_path / "f.jsonl", text))
    rows, problems = rows_of(releases[0].data)
    assert rows.trades[0]["estimate"] is None
    assert problems[0].value == "Infinity"


def test_files_that_cannot_be_read(tmp_path):
    cut = tmp_path / "cut.jsonl.xz"
    cut.write_bytes(lzma.compress(json.dumps(release()).encode() * 50)[:-60])
    plain = tmp_path / "plain.jsonl.gz"
    plain.write_text(json.dumps(release()), encoding="utf-8")
    archive = tmp_path / "a.zip"
    archive.write_bytes(b"PK\x03\x04....")
    expected = {
        str(tmp_path / "none.jsonl"): "There is no file",
        str(tmp_path): "is a directory",
        str(cut): "damaged or was cut short",
        str(plain): "not compressed as its name says",
        str(archive): "a ZIP archive",
    }
    for path, message in expected.items():
        with pytest.raises(SourceError, match=message):
            read(path)
