"""Where each key of a TOML text stands, so that a mistake can be told with its line."""

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]

_ARRAY = re.compile(r"\s*\[\[\s*([^\]]+?)\s*\]\]")
_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""\s*("[^"]+"|[\w-]+)\s*=""")
_QUOTES = re.compile(r"\"\"\"|'''")


class Lines:
    """Line numbers (from 1) of tables and keys; a path is ("rule", 3, "level"), list positions from 0."""

    def __init__(self, text: str) -> None:
        self._at: dict[Path, int] = {}
        counts: dict[Path, int] = {}
        here: Path = ()
        for number, line in _outside_of_long_texts(text):
            if array := _ARRAY.match(line):
                named = self._resolved(array[1], counts)
                counts[named] = counts.get(named, -1) + 1
                here = (*named, counts[named])
            elif table := _TABLE.match(line):
                here = self._resolved(table[1], counts)
            elif key := _KEY.match(line):
                self._at.setdefault((*here, key[1].strip('"')), number)
                continue
            else:
                continue
            self._at.setdefault(here, number)

    def of(self, path: Path) -> int:
        """The line of `path`, or of what surrounds it; 1 where nothing does."""
        while path and path not in self._at:
            path = path[:-1]
        return self._at.get(path, 1)

    @staticmethod
    def _resolved(dotted: str, counts: dict[Path, int]) -> Path:
        """``rule.citation`` below the third [[rule]] is ("rule", 2, "citation")."""
        path: Path = ()
        parts = [part.strip().strip('"') for part in dotted.split(".")]
        for position, part in enumerate(parts):
            path = (*path, part)
            if position < len(parts) - 1 and path in counts:
                path = (*path, counts[path])
        return path


def _outside_of_long_texts(text: str) -> Iterator[tuple[int, str]]:
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        marks = len(_QUOTES.findall(line))
        if not inside:
            yield number, line
        if marks % 2:
            inside = not inside
