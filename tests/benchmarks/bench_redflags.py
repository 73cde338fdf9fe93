"""How fast is `detector redflags` beside Open Contracting's Cardinal, on the same file and the same machine?

    python tests/benchmarks/bench_redflags.py [--runs 7] [--cardinal PATH]

Whole processes, from start to the last byte of output, in turns: the file as it is stored (xz; Cardinal reads it
through `xz -dc`) and unpacked. Prints median and range of the seconds, processor time, and the largest peak memory
of a process. All eleven indicators, with maps. Cardinal is looked for on PATH as `ocdscardinal`; where it is not
installed its lines are left out, and that is said. Then the parts of the work, measured one by one in one process.
"""

import argparse
import lzma
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "real"
ROOT = Path(__file__).resolve().parents[2]
CODES = ("R003", "R018", "R024", "R025", "R028", "R030", "R035", "R036", "R038", "R048", "R058")
OURS = (
    "import sys; from pathlib import Path; from pipelines.redflags import run_redflags;"
    "run_redflags(sys.argv[1], None, True)"
)
# The child's own children are waited for by it; their memory is its as far as the system tells.
MEASURED = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
use = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([time.perf_counter() - start, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024]))
"""


def measured(command):
    """Seconds, processor seconds and peak megabytes of one run of a command."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, command)], check=True, capture_output=True, cwd=ROOT
    )
    return [float(part) for part in done.stdout.decode().strip("[]\n").split(",")]


def contestants(packed, plain, settings, cardinal):
    """Commands by name."""
    commands = {
        "detector, unpacked": [sys.executable, "-c", OURS, plain],
        "detector, xz": [sys.executable, "-c", OURS, packed],
    }
    if cardinal:
        piped = f'xz -dc "$1" | "{cardinal}" indicators --map --settings "$2" -'
        commands["Cardinal, unpacked"] = [cardinal, "indicators", "--map", "--settings", settings, plain]
        commands["Cardinal, xz -dc |"] = ["sh", "-c", piped, "sh", packed, settings]
    else:
        print("Cardinal is not installed (ocdscardinal on PATH, or --cardinal): its lines are left out.\n")
    return commands


def race(commands, runs):
    """Every command in turn, `runs` times."""
    results = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            results[name].append(measured(command))
    print(f"{'':<20} {'median s':>9} {'range':>13} {'processor s':>12} {'peak MB':>8}")
    for name, rows in results.items():
        seconds, processor, memory = zip(*rows, strict=True)
        print(
            f"{name:<20} {statistics.median(seconds):>9.2f} {min(seconds):>6.2f}-{max(seconds):<6.2f}"
            f" {statistics.median(processor):>12.2f} {max(memory):>8.0f}"
        )


def parts(packed, plain):
    """The parts of the work, alone, in one process."""
    sys.path.insert(0, str(ROOT))
    import msgspec

    from detector.redflags import Computation, default_settings
    from pipelines.line_blocks import line_blocks
    from pipelines.release_lines import DECODE, take_block

    def clock(name, work):
        start = time.process_time()
        outcome = work()
        print(f"{name:<42} {time.process_time() - start:>6.2f} s")
        return outcome

    print("\nPart by part, processor seconds in one process:")
    clock("read and unpack xz", lambda: sum(map(len, line_blocks(str(packed)))))
    blocks = clock("read unpacked", lambda: list(line_blocks(str(plain))))
    clock(
        "parse JSON",
        lambda: [DECODE(line) and None for block in blocks for line in block.split(b"\n") if line],
    )
    computation = Computation(default_settings(), with_maps=True)
    clock("parse JSON and compute", lambda: [take_block(computation, block) for block in blocks])
    document = clock("fences, document", computation.document)
    clock("write JSON", lambda: msgspec.json.encode(document))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--runs", type=int, default=7)
    arguments.add_argument("--cardinal", default=shutil.which("ocdscardinal"))
    chosen = arguments.parse_args()
    packed = REAL / "assam.ocds.jsonl.xz"
    if not packed.exists():
        sys.exit(f"{packed} is not there; this benchmark needs it.")
    with tempfile.TemporaryDirectory() as directory:
        plain, settings = Path(directory, "assam.jsonl"), Path(directory, "settings.ini")
        settings.write_text("".join(f"[{code}]\n" for code in CODES), encoding="utf-8")
        with lzma.open(packed) as source, plain.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        race(contestants(packed, plain, settings, chosen.cardinal), chosen.runs)
        parts(packed, plain)


if __name__ == "__main__":
    main()
