import pandas as pd
import pytest

from detector.errors import SinkError
from detector.simulate import simulate
from pipelines.sources.bulk import bulk_writing
from pipelines.sources.frames import write_frames
from pipelines.sources.sql import read_tables
from tests import factory


def assert_same(left, right):
    assert left.keys() == right.keys()
    for name, frame in left.items():
        pd.testing.assert_frame_equal(frame, right[name])


def test_blocks_read_back_as_one_write_does(database_url, tmp_path):
    tables = simulate(120, seed=4).tables
    with bulk_writing(database_url) as writer:
        for half in (slice(None, 50), slice(50, None)):
            writer.write({name: frame.iloc[half] for name, frame in tables.items()})
    plain = f"sqlite:///{tmp_path / 'plain.db'}"
    write_frames(tables, plain)
    assert_same(read_tables(database_url).frames, read_tables(plain).frames)


def test_texts_that_a_csv_could_mistake_arrive_whole(database_url):
    texts = ['say "so"', "a,b", "two\nlines", "\\N", "NULL", "标段", "'", "100%", " edge "]
    rows = [factory.trade(f"t{number}", title=text) for number, text in enumerate(texts)]
    with bulk_writing(database_url) as writer:
        writer.write(factory.frames(*rows, factory.trade("tz")))
    titles = read_tables(database_url).frames["trades"]["title"].tolist()
    assert titles[:-1] == texts
    assert titles[-1] is None or titles[-1] != titles[-1]


def test_a_database_with_rows_is_left_alone(database_url):
    write_frames(factory.frames(factory.trade("t")), database_url)
    with (
        pytest.raises(SinkError, match="table trades holds rows already"),
        bulk_writing(database_url) as writer,
    ):
        writer.write(factory.frames(factory.trade("u")))
    assert read_tables(database_url).frames["trades"]["trade_id"].tolist() == ["t"]


def test_an_interrupted_write_leaves_nothing(database_url):
    def interrupted():
        with bulk_writing(database_url) as writer:
            writer.write(factory.frames(factory.trade("t")))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    with bulk_writing(database_url) as writer:
        writer.write(factory.frames(factory.trade("t")))
    assert len(read_tables(database_url).frames["trades"]) == 1
