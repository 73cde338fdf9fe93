"""What Alembic has to know of databases that it does not know."""

from alembic.ddl.impl import DefaultImpl, _impls
from alembic.ddl.mysql import MySQLImpl
from alembic.ddl.oracle import OracleImpl
from alembic.ddl.postgresql import PostgresqlImpl
from sqlalchemy import Dialect


class KingbaseImpl(PostgresqlImpl):
    """KingbaseES speaks PostgreSQL."""

    __dialect__ = "kingbase"


class DamengImpl(DefaultImpl):
    """DM; it commits what it is told to make at once."""

    __dialect__ = "dm"
    transactional_ddl = False


class OceanBaseImpl(MySQLImpl):
    """OceanBase in MySQL mode."""

    __dialect__ = "oceanbase"


class OceanBaseOracleImpl(OracleImpl):
    """OceanBase in Oracle mode."""

    __dialect__ = "oceanbase_oracle"


def known(dialect: Dialect) -> Dialect:
    """`dialect`, for which Alembic has an implementation now."""
    if dialect.name not in _impls:
        raise KeyError(dialect.name)
    return dialect
