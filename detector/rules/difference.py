"""What differs between two packs, rule by rule and field by field."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from detector.rules.declare import Override, Pack, Rule

# What says where a rule is kept, not what it says.
LEFT_OUT = ("pack",)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: a field, or (`field` is "rule") a rule that came or went, the other side None."""

    rule: str
    field: str
    before: object
    after: object


def difference(old: Pack, new: Pack) -> tuple[Change, ...]:
    """All changes from `old` to `new` by the ids of rules: the rules themselves, then what is overridden."""
    changes: list[Change] = []
    before, after = ({rule.id: rule for rule in pack.rules} for pack in (old, new))
    for name in sorted(before.keys() | after.keys()):
        if name in before and name in after:
            changes += _changed(before[name], after[name])
        else:
            changes.append(Change(name, "rule", before.get(name), after.get(name)))
    was, now = ({one.rule: one for one in pack.overrides} for pack in (old, new))
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            changes += _overridden(name, was.get(name, Override(name)), now.get(name, Override(name)))
    return tuple(changes)


def _changed(old: Rule, new: Rule) -> Iterator[Change]:
    for field in fields(Rule):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name not in LEFT_OUT and before != after:
            yield Change(old.id, field.name, before, after)


def _overridden(name: str, old: Override, new: Override) -> Iterator[Change]:
    for field in ("thresholds", "level", "disabled"):
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield Change(name, f"own {field}", before, after)
