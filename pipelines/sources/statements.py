"""SELECT statements over a source, built from its mapping: explicit columns, explicit order, bound values."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Numeric,
    Select,
    String,
    and_,
    case,
    cast,
    column,
    func,
    inspect,
    literal,
    not_,
    null,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.exc import NoSuchTableError

from detector.schema import TABLES, Table
from pipelines.snapshot.shapes import anchor_of
from pipelines.sources.mapping import SourceMapping, TableMapping, Unit

NUMERIC = ("money", "number")


class TableStatements:
    """Statements over the source of one canonical table. `found` are the columns that the source has, with
    types.
    """

    def __init__(
        self, declared: Table, mapping: TableMapping, source: FromClause, found: dict[str, Any]
    ) -> None:
        self.declared = declared
        self._mapping, self._source, self._found = mapping, source, found
        self.columns = [
            canonical.name
            for canonical in declared.columns
            if mapping.columns.get(canonical.name) in found or canonical.name in mapping.defaults
        ]
        anchor = mapping.columns.get(anchor_of(declared))
        self.anchor: Any = source.c[anchor] if anchor in found else None

    def rows(self, where: ColumnElement[bool] | None = None) -> Select[Any]:
        """All canonical columns of the rows that `where` holds for, by anchor and key."""
        statement = select(*(self.canonical(name).label(name) for name in self.columns))
        order = [self.anchor] if self.anchor is not None else []
        order += [self._raw(name) for name in self.declared.key if self._raw(name) is not None]
        return self._kept(statement, where).order_by(*dict.fromkeys(order))

    def listing(self, names: Sequence[str], where: ColumnElement[bool] | None = None) -> Select[Any]:
        """The anchor as the source spells it, and some canonical columns."""
        statement = select(self.anchor.label("anchor"), *(self.canonical(name).label(name) for name in names))
        return self._kept(statement, where)

    def sizes(self) -> Select[Any]:
        """The number of rows of each anchor."""
        statement = select(self.anchor.label("anchor"), func.count().label("rows"))
        return self._kept(statement, None).group_by(self.anchor)

    def changed_since(self, moment: Any) -> ColumnElement[bool]:
        """Rows that changed at `moment` or later, or nobody knows when."""
        recorded = self._raw("recorded_at")
        return or_(recorded >= moment, recorded.is_(None))

    def canonical(self, name: str) -> ColumnElement[Any]:
        """A canonical column as an expression over the source."""
        mapping, raw = self._mapping, self._raw(name)
        default = mapping.defaults.get(name)
        if raw is None:
            return literal(default)
        told: ColumnElement[Any] = raw
        if name in mapping.codes:
            codes = mapping.codes[name]
            told = case(*((raw.in_(values), literal(code)) for code, values in codes.items()), else_=raw)
        if name in mapping.units:
            told = _in_unit(told, self._source, mapping.units[name])
        if name in mapping.redact:
            told = case((raw.in_(mapping.redact[name]), null()), else_=told)
        kind = self._found[mapping.columns[name]]
        if self.declared[name].type in NUMERIC and isinstance(kind, Numeric) and not isinstance(kind, Double):
            # float64 is what computation uses; the database turns decimals into it without a loss of its own.
            told = cast(told, Double())
        return told if default is None else func.coalesce(told, literal(default))

    def _raw(self, name: str) -> Any:
        source = self._mapping.columns.get(name)
        return self._source.c[source] if source in self._found else None

    def _kept(self, statement: Select[Any], where: ColumnElement[bool] | None) -> Select[Any]:
        statement = statement.select_from(self._source)
        excluded = [
            or_(not_(self._source.c[name].in_(values)), self._source.c[name].is_(None))
            for name, values in self._mapping.exclude.items()
        ]
        conditions = [*excluded, *([] if where is None else [where])]
        return statement.where(and_(*conditions)) if conditions else statement


def _in_unit(amount: ColumnElement[Any], source: FromClause, unit: Unit) -> ColumnElement[Any]:
    if unit.by is None:
        return amount if unit.factor == 1 else amount * literal(Decimal(unit.factor), Numeric())
    by = cast(source.c[unit.by], String(64))
    known = [
        (by == name, amount * literal(Decimal(factor), Numeric())) for name, factor in unit.factors.items()
    ]
    return case(*known, else_=null())


def statements_of(connection: Connection, mapping: SourceMapping) -> dict[str, TableStatements]:
    """Statements for every canonical table that the source holds, in canonical order."""
    built = {}
    for name, declared in TABLES.items():
        one = own_table(declared) if mapping.tables is None else mapping.tables.get(name)
        found = None if one is None else columns_of(connection, one)
        if one is not None and found is not None:
            built[name] = TableStatements(declared, one, _source(one, list(found)), found)
    return built


def own_table(declared: Table) -> TableMapping:
    """The mapping of a canonical table onto itself."""
    return TableMapping(table=declared.name, columns={name: name for name in declared.names})


def columns_of(connection: Connection, mapping: TableMapping) -> dict[str, Any] | None:
    """The source's columns with their types (None where a SELECT does not tell); None if there is no such
    table.
    """
    if mapping.sql:
        probe = select(text("*")).select_from(text(f"({mapping.sql}) probe")).where(text("1 = 0"))
        with connection.execute(probe) as result:
            return dict.fromkeys(result.keys())
    try:
        told = inspect(connection).get_columns(mapping.table or "", schema=mapping.schema)
    except NoSuchTableError:
        return None
    return {found["name"]: found["type"] for found in told} or None


def _source(mapping: TableMapping, names: list[str]) -> FromClause:
    columns: list[ColumnClause[Any]] = [column(name) for name in names]
    if mapping.sql:
        return text(mapping.sql).columns(*columns).subquery(f"source_of_{mapping.table or 'records'}")
    return table(mapping.table or "", *columns, schema=mapping.schema)
