"""Opening the alert store for reading and for changes, and what is said when it cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from detector.errors import SinkError, StoreBusyError
from pipelines.alerts.contention import met_another
from pipelines.alerts.migrating import require
from pipelines.database import connecting, masked


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """A connection to the alert store at `url` that writes nothing. SinkError if it is not there or refuses."""
    with connecting(url, SinkError, must_exist=True) as engine:
        require(engine)
        with engine.connect() as connection:
            yield connection


@contextmanager
def changing(url: str) -> Iterator[Connection]:
    """A transaction on the alert store at `url`: what happens in the block happens whole or not at all.

    Raises SinkError if the store is not there or refuses, StoreBusyError if somebody else wrote meanwhile.
    """
    with connecting(url, SinkError, must_exist=True) as engine:
        require(engine)
        try:
            with engine.begin() as connection:
                yield connection
        except DBAPIError as refusal:
            if met_another(refusal):
                raise StoreBusyError(
                    f"{masked(engine.url)}: somebody else is writing to this alert store. Nothing was written; "
                    "run again. 他人正在写入，请重试。"
                ) from None
            raise


@contextmanager
def snapshot(url: str) -> Iterator[Connection]:
    """As `reading`, and the whole block sees the store as of one instant, whoever writes meanwhile."""
    with reading(url) as connection:
        dialect = connection.dialect.name
        if dialect in ("postgresql", "mysql", "mariadb"):
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        elif dialect == "sqlite":
            connection.exec_driver_sql("BEGIN")
        yield connection
        connection.rollback()
