"""What every column of the alert store is made of: types that each database has, in sizes that each takes."""

from typing import Any

from sqlalchemy import Column, Integer, MetaData, Numeric, Unicode
from sqlalchemy.types import TypeEngine

SHA_LENGTH = 64
SCORE_DECIMALS = 4
SHARE_DECIMALS = 6
PHRASE_LENGTH = 1000
ACTOR_LENGTH = 64

# MySQL: rows and rollback need InnoDB, four-byte characters and exact comparison these settings.
MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}

METADATA = MetaData()


def text(length: int) -> Unicode:
    """Text of at most `length` characters."""
    # SQL Server counts UTF-16 units, of which a character has up to two.
    return Unicode(2 * length)


def score() -> Numeric[float]:
    """Points, 0 to 100."""
    return Numeric(9, SCORE_DECIMALS, asdecimal=False)


def share() -> Numeric[float]:
    """A part of one."""
    return Numeric(9, SHARE_DECIMALS, asdecimal=False)


def filled(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    """A column that every row has a value in."""
    return Column(name, kind, nullable=False)


def count(name: str) -> Column[Any]:
    """A whole number, 0 until something is counted."""
    return Column(name, Integer(), nullable=False, server_default="0")


def key(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    """A column of the primary key. The program gives its values: not every database can."""
    return Column(name, kind, primary_key=True, autoincrement=False)
