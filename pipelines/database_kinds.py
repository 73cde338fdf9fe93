"""The databases of Chinese government offices: what to install for each, and how far each is tested."""

from dataclasses import dataclass
from importlib.util import find_spec

import sqlalchemy
from sqlalchemy import Dialect, make_url
from sqlalchemy.dialects import mysql, oracle, postgresql
from sqlalchemy.exc import NoSuchModuleError

from detector.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Kind:
    """One database: `url` as an example, `install` for pip, the module of its driver, and how it is tested.

    `nearest`: the dialect whose SQL is printed where its own is not installed. `below`: the SQLAlchemy release
    that its dialect does not work with.
    """

    name: str
    url: str
    install: str
    driver: str
    tested: str
    nearest: str
    below: str = ""


SERVER, COMPILED = "against a server", "compiled only"
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("sqlite", "sqlite:///alerts.db", "", "sqlite3", SERVER, "sqlite"),
        Kind("postgresql", "postgresql://user@host/db", "psycopg[binary]>=3.1", "psycopg", SERVER,
             "postgresql"),
        Kind("mysql", "mysql+pymysql://user@host/db?charset=utf8mb4", "pymysql>=1.1", "pymysql", SERVER, "mysql"),
        Kind("mssql", "mssql+pymssql://user@host/db", "pymssql>=2.3", "pymssql", COMPILED, "mssql"),
        Kind("oracle", "oracle+oracledb://user@host/?service_name=s", "oracledb>=2.0", "oracledb", COMPILED,
             "oracle"),
        Kind("kingbase", "kingbase+ksycopg2://user@host:54321/db", "ksycopg2>=2.9", "ksycopg2",
             "with a stand-in for its driver", "postgresql"),
        Kind("opengauss", "opengauss+psycopg2://user@host/db", "opengauss-sqlalchemy>=2.4 psycopg2-binary",
             "psycopg2", COMPILED, "postgresql"),
        Kind("oceanbase", "oceanbase+pyoceanbase://user@host/db", "pyoceanbase>=1.1", "pyoceanbase", COMPILED,
             "mysql"),
        Kind("oceanbase_oracle", "oceanbase_oracle+pyoceanbase://user@host/db", "pyoceanbase>=1.1", "pyoceanbase",
             COMPILED, "oracle"),
        Kind("dm", "dm+dmPython://user@host:5236/", "dmSQLAlchemy>=2.0.17 'sqlalchemy<2.1'", "dmPython", COMPILED,
             "oracle", below="2.1"),
    )
}  # fmt: skip
NEAREST = {"postgresql": postgresql, "mysql": mysql, "oracle": oracle}


def dialect_named(name: str) -> tuple[Dialect, str]:
    """The dialect of a database, and its name: that of the nearest one where its own package is not installed.

    ConfigError if the database is not known.
    """
    if name not in KINDS:
        raise ConfigError(f"no database {name!r}; known are {', '.join(KINDS)}.")
    try:
        return make_url(f"{name}://").get_dialect()(), name
    except (NoSuchModuleError, ImportError):
        nearest = KINDS[name].nearest
        return NEAREST[nearest].dialect(), nearest


def remedy(kind: Kind) -> str | None:
    """What to install for a database, None if everything is there."""
    if kind.below and _release(sqlalchemy.__version__) >= _release(kind.below):
        return (
            f"its dialect works with SQLAlchemy below {kind.below}, here is {sqlalchemy.__version__}: "
            f"pip install {kind.install}"
        )
    return None if not kind.install or find_spec(kind.driver) else f"pip install {kind.install}"


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
