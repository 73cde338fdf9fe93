"""A scan that is killed while it writes leaves the store as it was."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

ROOT = Path(__file__).resolve().parents[3]


def second_database(url):
    """Another new database beside the one at `url`."""
    place = make_url(url)
    other = f"{place.database}_undisturbed"
    if place.get_backend_name() != "sqlite":
        engine = create_engine(place, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            suffix = " CHARACTER SET utf8mb4" if place.get_backend_name() == "mysql" else ""
            connection.execute(text(f"CREATE DATABASE {other}{suffix}"))
        engine.dispose()
    return place.set(database=other).render_as_string(hide_password=False)


@pytest.mark.slow
def test_killed_at_any_statement_and_run_again_is_as_if_undisturbed(server_url):
    command = [
        sys.executable,
        "-m",
        "tests.pipelines.alerts.killing",
        server_url,
        second_database(server_url),
    ]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) >= 15
