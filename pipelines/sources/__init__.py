"""Where records come from. A profile is a kind of file: a module with `read_releases` and `to_rows`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, cast

from detector.contract import Problem
from detector.errors import ConfigError
from pipelines.sources import ocds


class Profile(Protocol):
    """What a kind of file has to offer."""

    def read_releases(
        self, path: str, on_line: Callable[[], None] | None = None
    ) -> Iterator[ocds.Release | Problem]:
        """What is in a file, one process at a time, with its place; SourceError if it cannot be read."""

    def to_rows(self, release: Mapping[str, Any], place: str) -> tuple[ocds.Process, list[Problem]]:
        """The canonical rows of one process, and what had to be set aside."""


PROFILES: dict[str, Profile] = {"ocds": cast(Profile, ocds)}


def profile_called(name: str) -> Profile:
    """The profile of that name; ConfigError naming the known ones where there is none."""
    try:
        return PROFILES[name]
    except KeyError:
        known = ", ".join(sorted(PROFILES))
        raise ConfigError(f"There is no profile '{name}'. Known profiles: {known}.") from None
