"""Needs of facts that are more than one filled column; features' needs may be named as well."""

from collections.abc import Callable

from detector.arrays import BoolArray
from detector.records import Records

FACT_NEEDS: dict[str, Callable[[Records], BoolArray]] = {}
