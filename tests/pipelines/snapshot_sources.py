"""A source that changes under a snapshot: an SQLite file and what may happen to it between two pulls."""

import contextlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, insert, select, update

from pipelines.snapshot import store
from pipelines.snapshot.pulling import PullSettings, pull
from pipelines.sources.extraction import Access
from pipelines.sources.tables import canonical_metadata

START = datetime(2025, 1, 1)  # noqa: DTZ001 - naive is UTC here
OVERLAP = timedelta(hours=6)
IDS = [f"{letter}{number}" for letter in "AbÄ标" for number in range(4)]
TABLES = canonical_metadata().tables
SETTINGS = PullSettings(overlap=OVERLAP, sweep_days=1e9)
SWEEPING = PullSettings(overlap=OVERLAP, sweep_days=0)

LOTS, SIZES = st.sampled_from(IDS), st.integers(0, 3)
# What a watermark shows.
STAMPED = st.one_of(
    st.tuples(st.sampled_from(["lot", "late lot", "unstamped lot", "update"]), LOTS, SIZES),
    st.tuples(st.just("party"), LOTS, st.booleans()),
    st.tuples(st.just("pull"), st.just(""), st.just(False)),
)
EVENTS = st.one_of(
    STAMPED,
    st.tuples(st.just("delete"), LOTS, st.booleans()),
    st.tuples(st.sampled_from(["delete bids", "orphan"]), LOTS, st.just(0)),
    st.tuples(st.just("pull"), st.just(""), st.just(True)),
    st.tuples(st.just("killed pull"), st.integers(0, 12), st.booleans()),
)


class Killed(BaseException):
    """What a SIGKILL is to the code it hits: nothing catches it."""


class ChangingSource:
    """An SQLite database whose clock goes on by a second at every event."""

    def __init__(self, folder):
        self.url = f"sqlite:///{folder / 'source.db'}"
        self.folder = folder
        self.engine = create_engine(self.url)
        canonical_metadata().create_all(self.engine)
        self.moment = START
        self.number = 0

    def happen(self, event):
        """Apply one of EVENTS."""
        kind, name, extra = event
        self.moment += timedelta(minutes=1)
        self.number += 1
        if kind == "pull":
            self.pull(SWEEPING if extra else SETTINGS)
        elif kind == "killed pull":
            with killed_after(name), contextlib.suppress(Killed):
                self.pull(SWEEPING if extra else SETTINGS)
        else:
            with self.engine.begin() as connection:
                getattr(self, "_" + kind.replace(" ", "_"))(connection, name, extra)

    def pull(self, settings=SETTINGS, folder="snapshot", **access):
        """Pull into a folder; the clock is the source's."""
        now = self.moment.replace(tzinfo=UTC)
        return pull(Access(self.url, **access), self.folder / folder, lambda: now, settings)

    def _lot(self, connection, name, bids, recorded=None):
        if not connection.execute(
            select(TABLES["trades"]).where(TABLES["trades"].c.trade_id == name)
        ).first():
            stamp = self.moment if recorded is None else recorded
            row = {
                "trade_id": name,
                "side": "buy",
                "title": f"no. {self.number}",
                "estimate": Decimal("12.5"),
            }
            connection.execute(insert(TABLES["trades"]), {**row, "recorded_at": stamp})
            self._bids(connection, name, bids)

    def _late_lot(self, connection, name, bids):
        self._lot(connection, name, bids, self.moment - OVERLAP / 2)

    def _unstamped_lot(self, connection, name, bids):
        self._lot(connection, name, bids)
        connection.execute(
            update(TABLES["trades"]).where(TABLES["trades"].c.trade_id == name).values(recorded_at=None)
        )

    def _bids(self, connection, name, bids):
        connection.execute(delete(TABLES["bids"]).where(TABLES["bids"].c.trade_id == name))
        for bidder in range(bids):
            self._orphan(connection, name, bidder)

    def _orphan(self, connection, name, bidder):
        found = TABLES["bids"].c.trade_id == name, TABLES["bids"].c.bidder_id == f"P{bidder}"
        if not connection.execute(select(TABLES["bids"]).where(*found)).first():
            row = {"trade_id": name, "bidder_id": f"P{bidder}", "seq": 1, "status": "valid"}
            connection.execute(insert(TABLES["bids"]), {**row, "amount": Decimal(self.number) / 4})

    def _update(self, connection, name, bids):
        values = {"title": f"changed {self.number}", "recorded_at": self.moment}
        found = connection.execute(
            update(TABLES["trades"]).where(TABLES["trades"].c.trade_id == name).values(values)
        )
        if found.rowcount:
            self._bids(connection, name, bids)

    def _delete(self, connection, name, bids_too):
        connection.execute(delete(TABLES["trades"]).where(TABLES["trades"].c.trade_id == name))
        if bids_too:
            self._delete_bids(connection, name, 0)

    def _delete_bids(self, connection, name, _):
        connection.execute(delete(TABLES["bids"]).where(TABLES["bids"].c.trade_id == name))

    def _party(self, connection, name, there):
        connection.execute(delete(TABLES["parties"]).where(TABLES["parties"].c.party_id == name))
        if there:
            connection.execute(insert(TABLES["parties"]), {"party_id": name, "name": f"no. {self.number}"})


@contextlib.contextmanager
def killed_after(writes):
    """Every write to a snapshot after so many ends the program, before or after the file has its name."""
    real, done = store._write, []

    def write(path, data):
        if len(done) >= writes:
            if len(done) % 2:
                path.with_name(f".{path.name}.part").write_bytes(bytes(data)[: len(data) // 2])
            raise Killed
        done.append(path)
        real(path, data)

    store._write = write
    try:
        yield
    finally:
        store._write = real
