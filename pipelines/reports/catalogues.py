"""Keeps the catalogues of texts complete: ``python -m pipelines.reports.catalogues`` adds what the rooms say now.

New texts come in empty, for a person to translate; texts that nobody says any more go.
"""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from pipelines.reports.languages import ROOMS

# Language.text(words) and Language.plural(one, many, n), in code and (as bare names) in templates.
KEYWORDS = {"text": None, "plural": (1, 2)}
METHODS = {".py": "python", ".html": "jinja2"}


def rooms() -> tuple[str, ...]:
    """Names of the packages here that say anything to a person."""
    return tuple(sorted(one.name for one in ROOMS.iterdir() if (one / "__init__.py").exists()))


def said_in(room: str) -> Iterator[tuple[Path, int, str | tuple[str, ...]]]:
    """File, line and words (one and many, where it counts) of every text that `room` says."""
    for path in sorted((ROOMS / room).rglob("*")):
        method = METHODS.get(path.suffix)
        if method is None:
            continue
        with path.open("rb") as file:
            for line, words, _, _ in extract(method, file, keywords=KEYWORDS):
                yield path, line, words


def template(room: str) -> Catalog:
    """What `room` says, untranslated."""
    catalogue = Catalog(charset="utf-8")
    for path, _, words in said_in(room):
        catalogue.add(words, locations=[(path.relative_to(ROOMS).as_posix(), 0)])
    return catalogue


def held(room: str) -> Catalog:
    """The Chinese catalogue of `room` as it stands; an empty one where there is none."""
    path = ROOMS / room / "zh.po"
    if not path.exists():
        return Catalog(locale="zh_Hans_CN", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN")


def update(room: str) -> None:
    """Bring the Chinese catalogue of `room` up to what the room says."""
    catalogue, said = held(room), template(room)
    if not said:
        return
    catalogue.update(said, no_fuzzy_matching=True)
    with (ROOMS / room / "zh.po").open("wb") as file:
        write_po(file, catalogue, width=110, omit_header=True, ignore_obsolete=True, include_lineno=False)


if __name__ == "__main__":
    for name in rooms():
        update(name)
