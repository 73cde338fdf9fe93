"""`detector redflags`: Open Contracting's red flags of a file of compiled releases, as Cardinal prints them.

Left light on purpose: no table library is imported, so that a small file is answered in a tenth of a second.
"""

import sys
from pathlib import Path

import msgspec

from detector.errors import ConfigError
from detector.redflags import Computation, Settings, default_settings, parse_settings
from pipelines.line_blocks import called
from pipelines.release_lines import take_file


def run_redflags(
    path: str, settings: Path | None, with_maps: bool, *, with_meta: bool = True, with_counts: bool = False
) -> None:
    """Write the red flags of an OCDS file to stdout as one line of JSON.

    `path`: compiled releases, one a line; plain, .gz, .xz, or - for standard input. `settings`: an INI file of
    Cardinal's; without one, all indicators run with its defaults. Lines that hold no release are named on stderr
    and left out. Raises SourceError and ConfigError; then nothing has been written.
    """
    chosen = default_settings() if settings is None else read_settings(settings)
    if chosen.price_methods and chosen.no_price_methods:
        _say(
            "no_price_comparison_procurement_methods has no effect beside price_comparison_procurement_methods"
        )
    computation = Computation(chosen, with_maps)
    for bad in take_file(computation, path):
        _say(f"{called(path)}:{bad.number}: {bad.reason}; the line was left out")
    document = computation.document(with_meta)
    _say_currencies(computation, chosen)
    sys.stdout.flush()
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
    if with_counts:
        for group, results in computation.findings.groups.items():
            if results:
                sys.stderr.write(f"{group}: {len(results)}\n")


def read_settings(path: Path) -> Settings:
    """Settings of an INI file. ConfigError with all its problems."""
    try:
        return parse_settings(path.read_text(encoding="utf-8-sig"))
    except OSError as refusal:
        raise ConfigError(f"The settings file {path} cannot be read: {refusal.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"The settings file {path} is not UTF-8 text.") from None
    except ConfigError as problems:
        raise ConfigError(f"{path}: {problems}") from None


def _say_currencies(computation: Computation, settings: Settings) -> None:
    currency = computation.currency
    if currency.others and not settings.quiet_about_currencies:
        _say(
            f"{currency.others} comparisons of prices in a currency other than {currency.name} were left out; "
            "`currency` in the settings chooses another"
        )


def _say(message: str) -> None:
    sys.stderr.write(f"detector: {message}\n")
