import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from detector.errors import SinkError, SourceError
from pipelines.database import connecting, engine_for, masked, refusal_message


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("not a url", "cannot be read"),
        ("", "cannot be read"),
        ("postgresql://u:hidden@host:port/db", "cannot be read"),
        ("nosuchbase://u:hidden@host/db", "no database known here"),
        ("mysql+nosuchdriver://u:hidden@host/db", "no database known here"),
        ("mssql+pymssql://u:hidden@host/db", "driver 'pymssql' is not installed"),
    ],
)
@pytest.mark.parametrize("error", [SourceError, SinkError])
def test_urls_that_cannot_be_used(url, message, error):
    with pytest.raises(error, match=message) as raised:
        engine_for(url, error)
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_postgresql_means_the_installed_driver(scheme):
    pytest.importorskip("psycopg")
    assert engine_for(f"{scheme}://u@host/db").url.drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hidden@host/db",
        "postgresql://u@host/db?password=hidden",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BPWD%3Dhidden",
        "postgresql://u@host/db?sslpassword=hidden&sslmode=require",
    ],
)
def test_secrets_are_masked(url):
    assert "hidden" not in masked(url)
    assert "***" in masked(url)


def test_secrets_are_masked_in_what_the_driver_says():
    url = make_url("postgresql://u:p%40ss@host/db")
    refusal = OperationalError(
        "SELECT 1", {}, Exception("bad p@ss and p%40ss in\n DSN DETAIL: (key)=(row value)")
    )
    message = refusal_message(url, refusal)
    assert "p@ss" not in message
    assert "p%40ss" not in message
    assert "row value" not in message


def test_a_host_that_is_not_there_is_told():
    with (
        pytest.raises(SinkError, match="Check host and port"),
        connecting("postgresql://u:hidden@127.0.0.1:1/db", SinkError) as engine,
    ):
        engine.connect()


def test_defects_keep_their_traceback():
    with pytest.raises(ZeroDivisionError), connecting("sqlite://"):
        raise ZeroDivisionError
