import pytest

from detector.errors import ConfigError
from pipelines.alerts.receivers import read_receivers, read_shape
from pipelines.alerts.supervision import FIELDS

GOOD = """
[receiver.platform]
kind = "webhook"
url = "https://platform.example/alerts"
secret_env = "SECRET"
levels = ["red", "orange"]
attempts = 3
timeout_seconds = 2.5

[receiver.archive]
kind = "jsonl"
path = "a.jsonl"
changes = ["created"]

[receiver.city]
kind = "supervision"
path = "c.jsonl"
names = { ALERT_NO = "YJBH" }
"""
BAD = """
extra = 1

[receiver.Upper]
kind = "jsonl"

[receiver.hook]
kind = "webhook"
url = "ftp://user:pass@host/"
secret_env = "NOT_SET"
levels = ["violet"]
attempts = 0
colour = "red"

[receiver.table]
kind = "table"
url_env = "SECRET"
table = "a; DROP TABLE b"

[receiver.city]
kind = "supervision"
path = "c"
names = { NOWHERE = "x", ALERT_NO = "RUN_ID" }

[receiver.what]
kind = "pigeon"
"""


def written(tmp_path, content):
    path = tmp_path / "receivers.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_receivers_are_read(tmp_path):
    archive, city, platform = read_receivers(written(tmp_path, GOOD), {"SECRET": "x"})
    assert (archive.name, archive.changes, archive.attempts) == ("archive", ("created",), 12)
    assert city.options["names"] == {"ALERT_NO": "YJBH"}
    assert (platform.levels, platform.attempts) == ((4, 3), 3)
    assert platform.options == {
        "url": "https://platform.example/alerts", "secret_env": "SECRET", "timeout_seconds": 2.5,
    }  # fmt: skip


def test_all_problems_are_told_at_once(tmp_path):
    with pytest.raises(ConfigError) as told:
        read_receivers(written(tmp_path, BAD), {"SECRET": "x"})
    for words in (
        "receivers.toml: unknown key 'extra'",
        "receiver Upper: a name is lower-case",
        "receiver Upper: path is missing",
        "hook: unknown key 'colour'",
        "hook: url is no http",
        "hook: url holds a password",
        "hook: levels is ['violet']",
        "hook: attempts is 0",
        "hook: secret_env: the environment variable NOT_SET is not set",
        "table: table: letters",
        "city: names of the supervision shape: no field NOWHERE",
        "two fields are called RUN_ID",
        "what: kind is 'pigeon'",
    ):
        assert words in str(told.value), words
    assert "pass@" not in str(told.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no receiver"),
        ("receiver = 3", "no receiver"),
        ("[receiver]\na = 3", "kind is 3"),
        ("[", "not TOML"),
    ],
)
def test_files_that_hold_no_receivers(tmp_path, content, words):
    with pytest.raises(ConfigError, match=words):
        read_receivers(written(tmp_path, content), {})
    with pytest.raises(ConfigError, match="cannot be read"):
        read_receivers(tmp_path / "absent.toml", {})


def test_a_shape_is_read_or_refused(tmp_path):
    path = written(tmp_path, 'names = { ALERT_NO = "YJBH" }\nlevel_codes = { red = "1" }')
    shape = read_shape(path)
    assert (shape.names["ALERT_NO"], shape.levels[4], shape.levels[2]) == ("YJBH", "1", "2")
    for content, words in (
        ("colour = 1", "unknown key colour"),
        ('level_codes = { violet = "1" }', "no level violet"),
        ('handling_codes = { asleep = "1" }', "no state asleep"),
    ):
        with pytest.raises(ConfigError, match=words):
            read_shape(written(tmp_path, content))
    assert len(set(FIELDS)) == len(FIELDS)
