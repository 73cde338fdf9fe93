"""The one place that opens databases: which driver, which messages, and no secret in any of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from detector.errors import DetectorError, SourceError
from pipelines import kingbase

kingbase.register()

EXAMPLES = "sqlite:///records.db or postgresql://user:password@host:5432/database"
MASK = "***"
SECRET_OPTION = re.compile(r"pass|pwd|secret|token|key|odbc_connect", re.IGNORECASE)
SHOWN_LENGTH = 300

# A statement that PostgreSQL prepared while a table was empty keeps scanning the whole table when it is full:
# in a first load, lookups then take most of the time. Connection poolers do not keep prepared statements either.
DRIVER_SETTINGS: dict[str, dict[str, object]] = {"postgresql+psycopg": {"prepare_threshold": None}}

REMEDIES = (
    (r"no password supplied", "Put the password into the URL: postgresql://user:password@host/database"),
    (r"password authentication|access denied|login failed|ORA-01017", "Check user name and password."),
    (
        r"permission denied|not authorized|privilege|read.?only",
        "Ask for the right this needs on the database.",
    ),
    (r"database is locked|deadlock|lock wait|could not serialize", "Another program is writing; try again."),
    (r"unable to open database file", "Check that the folder exists and may be written to."),
    (r"not a database|malformed", "The file is not an SQLite database, or is damaged; name another."),
    (r"database .* does not exist|unknown database", "Create the database first, or correct its name."),
    (r"unique|duplicate|already exists", "Another program wrote the same rows meanwhile; try again."),
    (r"no such (table|column)|undefined|does not exist", "The tables have another shape than expected."),
    (r"refused|could not translate|name or service|timed? ?out|unreachable|resolve", "Check host and port."),
)


def masked(url: str | URL) -> str:
    """The address of a database without its secrets, fit for messages."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return "the given database URL"
    hidden = {name: MASK for name in parsed.query if SECRET_OPTION.search(name)}
    shown = parsed.update_query_dict(hidden).render_as_string(hide_password=True)
    return shown.replace(quote_plus(MASK), MASK)


def engine_for(url: str, error: type[DetectorError] = SourceError) -> Engine:
    """An engine for `url`; it connects when first used.

    ``postgresql://`` means the PostgreSQL driver that is installed. Statements never show their values in
    messages. Raises `error` where the URL cannot be read, or the dialect or its driver is not installed.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise error(f"The database URL cannot be read. Expected something like {EXAMPLES}.") from None
    if parsed.drivername in ("postgresql", "postgres"):
        driver = "psycopg2" if find_spec("psycopg") is None and find_spec("psycopg2") else "psycopg"
        parsed = parsed.set(drivername=f"postgresql+{driver}")
    try:
        return create_engine(
            parsed, hide_parameters=True, connect_args=DRIVER_SETTINGS.get(parsed.drivername, {})
        )
    except NoSuchModuleError:
        raise error(
            f"{masked(parsed)}: '{parsed.drivername}' is no database known here. "
            f"Expected something like {EXAMPLES}; other databases need their SQLAlchemy dialect installed."
        ) from None
    except ImportError as missing:
        raise error(
            f"{masked(parsed)}: the driver '{missing.name or parsed.drivername}' is not installed. "
            f"Install it (PostgreSQL: pip install 'detector[postgresql]')."
        ) from None
    except (ArgumentError, TypeError, ValueError):
        raise error(f"{masked(parsed)}: the URL has parts that {parsed.drivername} does not know.") from None


@contextmanager
def connecting(
    url: str, error: type[DetectorError] = SourceError, *, must_exist: bool = False
) -> Iterator[Engine]:
    """An engine for the length of the block; what the database refuses becomes `error`, secrets masked.

    With `must_exist`, an SQLite file that is not there is an error, and is not created.
    """
    engine = engine_for(url, error)
    if must_exist:
        _refuse_missing_file(engine.url, error)
    try:
        yield engine
    except DBAPIError as refusal:
        raise error(refusal_message(engine.url, refusal)) from None
    finally:
        engine.dispose()


def refusal_message(url: URL, refusal: DBAPIError) -> str:
    """What the database answered, without secrets and without the values of any row, and what to do."""
    text = " ".join(str(refusal.orig).split("DETAIL:")[0].split())
    for secret in _secrets(url):
        text = text.replace(secret, MASK)
    text = text[:SHOWN_LENGTH].rstrip(". ")
    remedy = next((advice for pattern, advice in REMEDIES if re.search(pattern, text, re.IGNORECASE)), None)
    return f"{masked(url)}: the database refuses: {text}. {remedy or 'Check the address and the rights.'}"


def _secrets(url: URL) -> list[str]:
    values = [str(url.password)] if url.password else []
    for name, value in url.query.items():
        if SECRET_OPTION.search(name):
            values += [value] if isinstance(value, str) else list(value)
    spellings = {spelling for value in values for spelling in (value, quote(value), quote_plus(value))}
    return sorted((spelling for spelling in spellings if spelling), key=len, reverse=True)


def _refuse_missing_file(url: URL, error: type[DetectorError]) -> None:
    if (
        url.get_backend_name() != "sqlite"
        or not url.database
        or url.database.startswith(("file:", ":memory:"))
    ):
        return
    path = Path(url.database)
    if path.is_dir():
        raise error(f"{masked(url)}: {path} is a directory. Name the SQLite file in it.")
    if not path.exists():
        raise error(
            f"{masked(url)}: there is no file {path}. "
            "Correct the path, or load records first with 'detector load'."
        )
