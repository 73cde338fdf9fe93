"""A rulebook: the rules of several packs, what an authority changed in them, and the calendars they count by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from detector.errors import ConfigError
from detector.levels import CEILING, Level
from detector.rules.declare import EMPTY, Missing, Override, Pack, Rule
from detector.workdays import Calendar, Year


@dataclass(frozen=True, eq=False)
class Rulebook:
    """The rules of a scan, in order of their ids. `missing` names what the packs cannot answer."""

    packs: tuple[Pack, ...] = ()
    rules: tuple[Rule, ...] = ()
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    years: Mapping[str, tuple[Year, ...]] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Rules of law that the canonical tables cannot answer."""
        return tuple(one for pack in self.packs for one in pack.missing)

    @property
    def names(self) -> tuple[str, ...]:
        """Each pack with its version."""
        return tuple(f"{pack.id} {pack.version}" for pack in self.packs)

    @property
    def checksum(self) -> str:
        """The same for the same rules and calendars, another for any change in them."""
        return sha256(repr((self.rules, sorted(self.years.items()))).encode()).hexdigest()[:16]

    def __getitem__(self, name: str) -> Rule:
        """The rule with the id `name`; KeyError where there is none."""
        for rule in self.rules:
            if rule.id == name:
                return rule
        raise KeyError(name)


def rulebook(packs: Iterable[Pack], years: Mapping[str, tuple[Year, ...]]) -> Rulebook:
    """Join `packs`, the later ones overriding the earlier; `years` are the calendars that are shipped, by id.

    ConfigError where two packs hold one rule, an override names none, or a calendar is not known.
    """
    held = tuple(packs)
    rules: dict[str, Rule] = {}
    mistakes: list[str] = []
    arranged = {name: tuple(known) for name, known in years.items()}
    for pack in held:
        for rule in pack.rules:
            if rule.id in rules:
                mistakes.append(f"rule {rule.id} is in {rules[rule.id].pack} and in {pack.id}")
            rules[rule.id] = rule
        for override in pack.overrides:
            if override.rule in rules:
                rule = rules[override.rule] = overridden(rules[override.rule], override)
                mistakes += _too_high(rule)
            else:
                mistakes.append(f"{pack.id} overrides rule {override.rule}, which no pack holds")
        if pack.years:
            arranged[pack.calendar] = arranged.get(pack.calendar, ()) + pack.years
    named = {rule.calendar for rule in rules.values() if rule.calendar}
    mistakes += [
        f"no calendar {name!r}; known are {', '.join(arranged)}" for name in sorted(named - set(arranged))
    ]
    if mistakes:
        raise ConfigError(f"the rule packs do not fit together: {'; '.join(mistakes)}.")
    calendars = {name: Calendar.of(name, arranged[name]) for name in sorted(named)}
    ordered = tuple(rules[name] for name in sorted(rules))
    return Rulebook(held, ordered, calendars, {name: arranged[name] for name in sorted(named)})


def _too_high(rule: Rule) -> list[str]:
    """Why an overridden rule may not have its level."""
    most = min(CEILING[rule.basis], Level.ORANGE) if rule.provisional else CEILING[rule.basis]
    if rule.level <= most:
        return []
    return [f"{rule.id} at level {rule.level.name.lower()} is above what basis {rule.basis!r} can claim"]


def overridden(rule: Rule, override: Override) -> Rule:
    """`rule` with an authority's own limits before its own, its level, or switched off."""
    return replace(
        rule,
        thresholds=override.thresholds + rule.thresholds,
        level=rule.level if override.level is None else override.level,
        disabled=rule.disabled if override.disabled == EMPTY else override.disabled,
    )
