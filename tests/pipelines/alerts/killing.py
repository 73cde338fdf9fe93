"""Two nights of many alerts into a store, killed at the boundary of every kind of statement, then whole.

Run as a program of its own, which forks:
`python -m tests.pipelines.alerts.killing DISTURBED UNDISTURBED [ALERTS]`,
URLs of two new databases of one kind. Exits with 0 if nothing of any killed run was left and both stores end row
by row the same.
"""

import os
import signal
import sys

from sqlalchemy import create_engine, event, select
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

from pipelines.alerts import bulk, merging
from pipelines.alerts.columns import METADATA
from pipelines.alerts.migrating import prepare
from tests.pipelines.alerts.nights import flagged, merged, run_of

ALERTS_A_NIGHT = 600
COPIED = "copy of rows"


@event.listens_for(Pool, "connect")
def small_cache(connection, _):
    bulk.SQLITE_CACHE_KIB = 40
    # With a cache of ten pages SQLite writes into the file before the commit: only its journal can undo that.
    if type(connection).__module__ == "sqlite3":
        connection.execute("PRAGMA cache_size = 10")


def nights(size):
    """The second night writes `size` alerts: a quarter known, half of those changed; it misses as many others."""
    first, second = run_of(0), run_of(1)
    yield first, [flagged(first, f"t{n}") for n in range(size // 2)]
    yield second, [flagged(second, f"t{n}", level=2 + n % 2) for n in range(size // 4, size + size // 4)]


def counted(told):
    """Call `told` with each statement before it runs."""
    copied = bulk._copy

    def copy(connection, table, columns):
        told(f"{COPIED} {table.name}")
        copied(connection, table, columns)

    bulk._copy = copy
    event.listen(Engine, "before_cursor_execute", lambda _c, _u, statement, *_: told(statement))
    event.listen(Engine, "commit", lambda _: told("COMMIT"))


def in_child(work):
    """Run `work` in a process of its own; how that ended."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitpid(child, 0)[1]


def statements(work):
    """Do `work` undisturbed, in this process; the statements in their order."""
    seen = []
    counted(seen.append)
    work()
    return seen


def boundaries(seen):
    """Where each kind of statement comes first, and where each that fills the stage or the chain comes last."""
    first = {text: place for place, text in reversed(list(enumerate(seen)))}
    last = {text: place for place, text in enumerate(seen) if "detector_stage" in text or "_event" in text}
    return sorted({*first.values(), *last.values()})


def killed_at(work, place):
    """Do `work` in a child that is killed when it comes to the statement at `place`; whether it came there."""

    def walk():
        left = [place]

        def told(_):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

        counted(told)
        work()

    status = in_child(walk)
    assert status in (0, signal.SIGKILL)
    return status == signal.SIGKILL


def asked(question):
    """The whole numbers that `question` returns in a process of its own: no connection of the parent is shared."""
    reader, writer = os.pipe()
    assert in_child(lambda: os.write(writer, ",".join(map(str, question())).encode())) == 0
    os.close(writer)
    with os.fdopen(reader) as told:
        return [int(number) for number in told.read().split(",")]


def made(url):
    engine = create_engine(url)
    prepare(engine)
    engine.dispose()


def rows(url):
    engine = create_engine(url)
    with engine.connect() as connection:
        held = {
            table.name: connection.execute(select(table).order_by(*table.primary_key.columns)).all()
            for table in METADATA.sorted_tables
        }
    engine.dispose()
    return held


def main(disturbed, undisturbed, alerts=ALERTS_A_NIGHT):
    merging.BLOCK = (size := int(alerts)) // 3
    places = asked(lambda: range(len(statements(lambda: made(undisturbed)))))
    # Where a database keeps each table as soon as it is made, later attempts have fewer statements left.
    creating = sum(
        killed_at(lambda: made(disturbed), place) for place in places[:: max(1, len(places) // 12)]
    )
    assert in_child(lambda: made(disturbed)) == 0
    first, second = nights(size)
    for url in (disturbed, undisturbed):
        assert in_child(lambda url=url: merged(url, *first)) == 0
    places = asked(lambda: boundaries(statements(lambda: merged(undisturbed, *second))))
    for place in places:
        assert killed_at(lambda: merged(disturbed, *second), place), f"boundary {place} was not reached"
    assert in_child(lambda: merged(disturbed, *second)) == 0
    compare(rows(disturbed), rows(undisturbed), size)
    sys.stdout.write(f"{len(places)} kills while merging, {creating} while making the tables\n")


def compare(one, other, size):
    for name, held in one.items():
        assert held == other[name], f"{name} differs"
    assert len(one["detector_alert"]) == size * 5 // 4
    assert one["detector_event"]
    assert one["detector_outbox"]
    assert not one["detector_stage"]


if __name__ == "__main__":
    main(*sys.argv[1:])
