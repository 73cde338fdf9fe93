"""The KingbaseES dialect over a stand-in for its driver: which speaks psycopg2's interface, and nothing else."""

import sys
from types import ModuleType

import psycopg2
import psycopg2.extensions
import psycopg2.extras
import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.dialects import registry

from pipelines.alerts.tables import ALERTS
from pipelines.database import engine_for

V8R6 = "KingbaseES V008R006C008B0014 on x86_64-pc-linux-gnu, compiled by gcc, 64-bit"
V8R3 = "KingbaseES V008R003C002B0061 on x86_64"


class Cursor:
    """Answers what SQLAlchemy asks when it first connects."""

    description = (("answer", None, None, None, None, None, None),)
    rowcount = 1
    arraysize = 1

    def __init__(self, connection):
        self.connection = self._connection = connection
        self._answer = None

    def execute(self, statement, _parameters=None):
        self._connection.statements.append(statement)
        lowered = statement.lower()
        if "version()" in lowered:
            self._answer = self._connection.version
        elif "standard_conforming_strings" in lowered:
            self._answer = "on"
        elif "isolation" in lowered:
            self._answer = "read committed"
        else:
            self._answer = "public"

    def fetchone(self):
        return (self._answer,)

    def fetchall(self):
        return [(self._answer,)]

    def close(self):
        pass


class Connection:
    status = psycopg2.extensions.STATUS_READY
    encoding = "UTF8"
    notices = ()
    autocommit = False

    def __init__(self, version):
        self.version, self.statements = version, []

    def cursor(self, *_args, **_named):
        return Cursor(self)

    def commit(self):
        pass

    rollback = close = commit

    def set_isolation_level(self, _level):
        pass


@pytest.fixture(params=[(V8R6, (12, 0)), (V8R3, (9, 6))], ids=["V8R6", "V8R3"])
def driver(request, monkeypatch):
    """The driver's module as a stand-in, its extensions its own."""
    version, expected = request.param
    module = ModuleType("ksycopg2")
    for name in ("Error", "DatabaseError", "OperationalError", "InterfaceError", "ProgrammingError",
                 "IntegrityError",
                 "DataError", "InternalError", "NotSupportedError", "Warning", "paramstyle", "STRING", "BINARY",
                 "NUMBER", "DATETIME", "ROWID", "Binary", "apilevel", "threadsafety"):  # fmt: skip
        if hasattr(psycopg2, name):
            setattr(module, name, getattr(psycopg2, name))
    module.__version__ = "2.9.1 (dt dec pq3 ext lo64)"
    module.made = []

    def connect(*_args, **_named):
        module.made.append(Connection(version))
        return module.made[-1]

    module.connect = connect
    module.extensions = ModuleType("ksycopg2.extensions")
    module.extras = ModuleType("ksycopg2.extras")
    for name in ("extensions", "extras"):
        own = getattr(module, name)
        own.__dict__.update(
            {key: value for key, value in vars(getattr(psycopg2, name)).items() if key[0] != "_"}
        )
        monkeypatch.setitem(sys.modules, f"ksycopg2.{name}", own)
    module.extras.HstoreAdapter = type(
        "HstoreAdapter", (), {"get_oids": staticmethod(lambda _connection: None)}
    )
    module.extras.register_uuid = lambda *_args, **_named: None
    monkeypatch.setitem(sys.modules, "ksycopg2", module)
    module.expected = expected
    return module


def test_a_url_is_enough(driver):
    engine = engine_for("kingbase+ksycopg2://scan:geheim@host:54321/alerts")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == "public"
        assert connection.dialect.server_version_info == driver.expected
    assert engine.dialect.name == "kingbase"
    assert engine.dialect._psycopg2_extensions is driver.extensions
    assert engine.dialect._psycopg2_extras is driver.extras
    assert any("version()" in statement for statement in driver.made[0].statements)
    engine.dispose()


def test_it_speaks_postgresql(driver):
    engine = create_engine("kingbase://scan@host/alerts")
    told = str(select(ALERTS.c.alert_id).limit(3).compile(dialect=engine.dialect))
    assert "LIMIT %(param_1)s" in told
    assert driver.expected


def test_it_is_registered():
    assert registry.load("kingbase").driver == "ksycopg2"
    assert registry.load("kingbase.ksycopg2").supports_statement_cache
