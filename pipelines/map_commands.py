"""`detector init` and `detector map check`."""

from pathlib import Path

from detector.errors import ConfigError, SourceError
from pipelines.commands import emit, write
from pipelines.map_check import TableCheck, check_mapping
from pipelines.mappings import mapping_called, profile_text


def run_init(profile: str, file: Path) -> None:
    """Write the text of a profile into a new file."""
    text = profile_text(profile)
    try:
        with file.open("x", encoding="utf-8") as handle:
            handle.write(text)
    except FileExistsError:
        raise ConfigError(f"{file} exists already; name a new file with --file.") from None
    except OSError as refusal:
        raise SourceError(f"{file} cannot be written: {refusal.strerror}. Name another file.") from None
    write([f"{file} written. Correct it, then: detector map check URL --mapping {file}"])


def run_check(source: str, mapping: str, sample: int, as_json: bool) -> None:
    """Show what a mapping finds in a live database."""
    checks = check_mapping(source, mapping_called(mapping), sample)
    if as_json:
        emit({"tables": [check.document() for check in checks]})
    else:
        for check in checks:
            write(_lines(check))


def _lines(check: TableCheck) -> list[str]:
    if not check.found:
        return [f"{check.table}: not found ({check.source})"]
    told = [f"{check.table}: from {check.source}, {check.rows:,} rows looked at"]
    told += [f"    missing in the source: {', '.join(check.missing)}"] if check.missing else []
    told += [f"    not mapped: {', '.join(check.unmapped)}"] if check.unmapped else []
    for name, filled in check.filled.items():
        told.append(f"    {name:<28} {filled:>6.1%}  e.g. {', '.join(check.samples.get(name, ())) or '-'}")
    told += [f"    CHECK THE UNIT  {suspicion}" for suspicion in check.suspicions]
    return told
