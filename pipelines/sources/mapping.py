"""How a source's own tables become the canonical ones, as data: tables, columns, units, codes, what is
left out.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """What an amount has to be multiplied by: always by `factor`, or by what column `by` holds in its row.

    A row whose `by` holds none of `factors` loses the amount: a unit that is not known is never guessed.
    """

    factor: Decimal = Decimal(1)
    by: str | None = None
    factors: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableMapping:
    """One canonical table: a table (or view) of the source, or a SELECT, and the source's column of each
    canonical one.

    `codes` translate source values to canonical ones, `redact` names values that stand for nothing,
    `defaults` fill
    what is empty, `exclude` names values of source columns whose rows are left out, `hashed` columns arrive
    as keyed
    hashes.
    """

    table: str | None = None
    schema: str | None = None
    sql: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, Values]] = field(default_factory=dict)
    redact: Mapping[str, Values] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    exclude: Mapping[str, Values] = field(default_factory=dict)
    hashed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """A whole mapping. Without `tables` the source holds the canonical tables themselves.

    `timezone`: of instants that name no offset, e.g. Asia/Shanghai; None: they are UTC.
    """

    name: str = "canonical"
    timezone: str | None = None
    tables: Mapping[str, TableMapping] | None = None

    @property
    def fingerprint(self) -> str:
        """Stands for everything that decides what rows become."""
        told = json.dumps(_plain(self), ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(told.encode()).hexdigest()


def _plain(mapping: SourceMapping) -> dict[str, Any]:
    tables = {
        name: {part: getattr(table, part) for part in TableMapping.__dataclass_fields__}
        for name, table in (mapping.tables or {}).items()
    }
    for table in tables.values():
        table["units"] = {name: asdict(unit) for name, unit in table["units"].items()}
        table.update(
            {part: dict(table[part]) for part in ("columns", "codes", "redact", "defaults", "exclude")}
        )
    return {"name": mapping.name, "timezone": mapping.timezone, "tables": tables}


CANONICAL = SourceMapping()
