"""`detector redflags`: the same values as Cardinal, out of any kind of file."""

import gzip
import io
import json
import lzma
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from detector.errors import ConfigError, SourceError
from detector.redflags import Computation, default_settings
from pipelines import release_lines
from pipelines.line_blocks import line_blocks
from pipelines.redflags import run_redflags
from pipelines.release_lines import take_file

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
SAME_PRICE = {
    "ocid": "1",
    "tender": {"title": "道路"},
    "bids": {
        "details": [
            {"status": "valid", "tenderers": [{"id": name}], "value": {"amount": 5, "currency": "CNY"}}
            for name in "AB"
        ]
    },
}
LINE = json.dumps(SAME_PRICE, ensure_ascii=False).encode()


def run(capfdbinary, path, settings=None, **more):
    """The document and what was said on stderr."""
    run_redflags(str(path), settings, more.pop("with_maps", False), **more)
    out, err = capfdbinary.readouterr()
    return json.loads(out), err.decode()


@pytest.fixture
def written(tmp_path):
    def write(content, name="releases.jsonl"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("name", ["assam", "korea_heritage"])
def test_values_equal_cardinal_s(capfdbinary, name):
    source, reference = (
        DATA / "real" / f"{name}.ocds.jsonl.xz",
        DATA / "cardinal" / f"{name}.cardinal.json.xz",
    )
    if not source.exists() or not reference.exists():
        pytest.skip("the real records and Cardinal's results are not in ../shared/data")
    ours, said = run(capfdbinary, source, with_maps=True)
    theirs = json.loads(lzma.decompress(reference.read_bytes()))
    ours_of_tenderers, theirs_of_tenderers = (
        document["Maps"].pop("ocid_tenderer") for document in (ours, theirs)
    )
    assert said == ""
    assert unordered(ours) == unordered(theirs)
    repeated = repeated_processes(source)
    assert ours_of_tenderers.keys() == theirs_of_tenderers.keys()
    for ocid, tenderers in theirs_of_tenderers.items():
        if ocid in repeated:
            # Cardinal's threads race for a process that stands in the file twice: it keeps one or both of them.
            assert set(tenderers) in (*repeated[ocid], set.union(*repeated[ocid]))
            assert set(ours_of_tenderers[ocid]) == set.union(*repeated[ocid])
        else:
            assert set(ours_of_tenderers[ocid]) == set(tenderers)


def unordered(document):
    for mapped in document["Maps"].values():
        mapped.update({ocid: set(ids) for ocid, ids in mapped.items() if isinstance(ids, list)})
    return document


def repeated_processes(source):
    with lzma.open(source) as lines:
        releases = [json.loads(line) for line in lines]
    counts = Counter(release["ocid"] for release in releases)
    repeated = {}
    for release in releases:
        if counts[release["ocid"]] > 1:
            tenderers = {
                tenderer["id"] for bid in release["bids"]["details"] for tenderer in bid["tenderers"]
            }
            repeated.setdefault(release["ocid"], []).append(tenderers)
    return repeated


@pytest.mark.parametrize(
    ("pack", "name"),
    [
        (bytes, "a.jsonl"),
        (lambda content: b"\xef\xbb\xbf" + content, "bom.jsonl"),
        (gzip.compress, "a.jsonl.gz"),
        (lzma.compress, "a.jsonl.xz"),
        (lambda content: gzip.compress(content[:9]) + gzip.compress(content[9:]), "two-members.gz"),
        (lambda content: lzma.compress(content[:9]) + b"\0" * 4 + lzma.compress(content[9:]), "padded.xz"),
        (gzip.compress, "named-as-plain.jsonl"),
        (lambda content: content.removesuffix(b"\n"), "no-last-line-end.jsonl"),
        (lambda content: content.replace(b"\n", b"\r\n"), "windows.jsonl"),
    ],
)
def test_kinds_of_files(capfdbinary, written, pack, name):
    document, said = run(capfdbinary, written(pack(LINE + b"\n\n  \n"), name))
    assert document["OCID"] == {"1": {"R028": 1.0}}
    assert said == ""


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_standard_input(capfdbinary, monkeypatch, pack):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(pack(LINE))))
    monkeypatch.setattr(release_lines, "_available", lambda: 1)
    assert run(capfdbinary, "-")[0]["OCID"] == {"1": {"R028": 1.0}}


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (gzip.compress(LINE * 99)[:-9], "cut.gz", "cut short"),
        (lzma.compress(LINE * 99)[:-9], "cut.xz", "cut short"),
        (b"\xfd7zXZ\x00" + b"x" * 99, "bad.xz", "damaged"),
        (b"\x1f\x8b" + b"x" * 99, "bad.gz", "damaged"),
        (LINE, "plain.xz", "not compressed as its name says"),
        (b"PK\x03\x04", "a.zip", "ZIP archive"),
    ],
)
def test_files_that_cannot_be_read(capfdbinary, written, content, name, message):
    with pytest.raises(SourceError, match=message):
        run(capfdbinary, written(content, name))
    assert capfdbinary.readouterr().out == b""


def test_no_file_and_a_directory(capfdbinary, tmp_path):
    with pytest.raises(SourceError, match="no file"):
        run(capfdbinary, tmp_path / "none.jsonl")
    with pytest.raises(SourceError, match="directory"):
        run(capfdbinary, tmp_path)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"ocid": "2"', "broken JSON"),
        (b'{"ocid": "2"}}', "broken JSON"),
        (b'{"ocid": "\xff"}', "not UTF-8"),
        (b'{"ocid": "2", "x": "\xff"}', "not UTF-8"),
        (b'{"ocid": "2", "x": "\\ud800"}', "broken JSON"),
        (b'{"ocid": "2", "x": NaN}', "broken JSON"),
        (b'{"ocid": "2", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b"[]", "no object"),
        (b"7", "no object"),
        (b"{}", "no ocid"),
        (b'{"ocid": 7}', "no ocid"),
        (b'{"releases": []}', "package"),
    ],
)
def test_bad_lines_are_named_and_left_out(capfdbinary, written, bad, reason):
    path = written(b"\n".join([LINE, bad, LINE.replace(b'"1"', b'"3"')]))
    document, said = run(capfdbinary, path)
    assert document["OCID"] == {"1": {"R028": 1.0}, "3": {"R028": 1.0}}
    assert f"{path}:2: " in said
    assert reason in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"tender": {"title"', b'"tender": [], "awards": 5, "x": {"title"'),
        (b'"amount": 5', b'"amount": 5.0'),
    ],
)
def test_a_member_of_the_wrong_kind_does_not_lose_the_release(capfdbinary, written, old, new):
    assert old in LINE
    document, said = run(capfdbinary, written(LINE.replace(old, new)))
    assert document["OCID"] == {"1": {"R028": 1.0}}
    assert said == ""


@pytest.mark.parametrize("amount", [b"1e999", b"1" + b"0" * 5000, b"true", b'"5"', b"null"])
def test_amounts_that_are_no_float64_take_no_part(capfdbinary, written, amount):
    document, said = run(capfdbinary, written(LINE.replace(b'"amount": 5', b'"amount": ' + amount)))
    assert "OCID" not in document
    assert said == ""


def test_an_empty_file_has_no_findings(capfdbinary, written):
    document, _ = run(capfdbinary, written(b""), with_maps=True)
    assert set(document) == {"Meta", "Maps"}
    assert document["Meta"]["R024"] == {"q1": None, "q3": None, "lower_fence": None}


def test_maps_meta_and_counts_are_options(capfdbinary, written):
    path = written(LINE)
    assert set(run(capfdbinary, path)[0]) == {"OCID", "Tenderer", "Meta"}
    document, said = run(capfdbinary, path, with_maps=True, with_meta=False, with_counts=True)
    assert document["Maps"]["ocid_tenderer_r028"] == {"1": ["A", "B"]}
    assert len(document["Maps"]) == 8
    assert "Meta" not in document
    assert said == "OCID: 1\nTenderer: 2\n"


def test_settings_of_a_file(capfdbinary, written):
    path = written(LINE)
    assert run(capfdbinary, path, written(b"\xef\xbb\xbf[R003]\n", "s.ini"))[0] == {"Meta": {}}
    with pytest.raises(ConfigError, match=r"(?s)s\.ini.*line 1.*line 2"):
        run(capfdbinary, path, written(b"[R1]\n[R2]\n", "s.ini"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        run(capfdbinary, path, written(b"\xff", "s.ini"))
    with pytest.raises(ConfigError, match="cannot be read"):
        run(capfdbinary, path, path.with_name("none.ini"))


def test_prices_in_another_currency_are_spoken_of_unless_unwanted(capfdbinary, written):
    release = SAME_PRICE | {"awards": [{"status": "active"}]}
    path = written(json.dumps(release).replace("CNY", "USD", 1).encode())
    assert "other than USD" in run(capfdbinary, path)[1]
    quiet = written(b"[output]\ninfo_currency_mismatches = true\n[R036]\n", "s.ini")
    assert run(capfdbinary, path, quiet)[1] == ""


def test_blocks_are_whole_lines_and_lose_nothing(tmp_path):
    path = tmp_path / "long.jsonl"
    lines = [b"x" * length for length in (0, 5, 9_000_000, 3, 4_194_304, 1)]
    path.write_bytes(b"\n".join(lines))
    blocks = list(line_blocks(str(path)))
    assert b"".join(blocks) == path.read_bytes()
    assert all(block.endswith(b"\n") for block in blocks[:-1])
    assert len(blocks) > 1


def test_help_changes_nothing_not_even_a_line_number(tmp_path, monkeypatch):
    monkeypatch.setattr(release_lines, "LARGE_PACKED", 0)
    path = tmp_path / "many.jsonl.xz"
    padding = "x" * 2_000
    with lzma.open(path, "wb", preset=0) as sink:
        for number in range(6_000):
            release = SAME_PRICE | {
                "ocid": str(number % 5_000),
                "padding": padding,
                "awards": [{"status": "active"}],
            }
            sink.write(b"{\n" if number % 1_500 == 1_499 else json.dumps(release).encode() + b"\n")
    outcomes = []
    for processors in (1, 2):
        computation = Computation(default_settings(), with_maps=True)
        bad = list(take_file(computation, str(path), processors))
        assert [line.number for line in bad] == [1_500, 3_000, 4_500, 6_000]
        outcomes.append(json.dumps(computation.document()))
    assert outcomes[0] == outcomes[1]


def test_no_table_library_is_loaded():
    """Answering at once is half of the speed: numpy and pandas alone take longer than most files."""
    code = "import sys, pipelines.redflags; print({'numpy', 'pandas', 'sklearn', 'numba'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == b"set()"
