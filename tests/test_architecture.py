"""House rules a machine can check: who imports whom, sizes, names, and what the core must not touch."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("detector", "pipelines")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TEST_MODULES = sorted((ROOT / "tests").rglob("*.py"))

MODULE_LINES, TEST_LINES, FUNCTION_LINES, PARAMETERS = 350, 500, 50, 6
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "misc", "common", "manager"}
# A third-party library may be imported only below these folders.
FENCES = {
    "numba": "detector/kernels",
    "llvmlite": "detector/kernels",
    "sklearn": "detector/model",
    "sqlalchemy": "pipelines",
    "rich": "pipelines",
    "typer": "pipelines",
}
# What would let files, the clock, the environment or logging into the core.
OUTSIDE = {
    "os", "io", "pathlib", "logging", "time", "tempfile", "shutil", "socket", "subprocess", "random", "secrets",
    "pickle", "sqlite3", "urllib", "http", "requests",
}  # fmt: skip
CLOCKS = {"now", "today", "utcnow"}


def imports(path):
    """Names of the modules that a file imports, in full."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def label(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_third_party_libraries_stay_behind_their_fences(path):
    for name in imports(path):
        fence = FENCES.get(name.split(".")[0])
        assert fence is None or label(path).startswith(fence + "/"), f"{label(path)} imports {name}"


@pytest.mark.parametrize("path", [p for p in MODULES if label(p).startswith("detector/")], ids=label)
def test_the_core_touches_nothing_outside(path):
    names = {name.split(".")[0] for name in imports(path)}
    assert not names & OUTSIDE
    assert "pipelines" not in names
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert not called & (CLOCKS | {"open", "print", "getenv"})


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_no_module_is_a_grab_bag(path):
    assert path.stem not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_modules_fit_in_a_head(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MODULE_LINES, f"{label(path)} has {lines} lines: it wants to be two rooms"


@pytest.mark.parametrize("path", TEST_MODULES, ids=label)
def test_test_modules_fit_in_a_head(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= TEST_LINES


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_functions_fit_on_a_screen_and_take_few_arguments(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef):
            continue
        where = f"{label(path)}:{node.lineno} {node.name}"
        assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES, where
        # Keyword-only arguments carry their names at every call: they are a form to fill in, not a list.
        command = label(path) == "pipelines/cli.py"
        given = [argument.arg for argument in node.args.posonlyargs + node.args.args]
        assert command or len([name for name in given if name not in ("self", "cls")]) <= PARAMETERS, where


def test_no_module_imports_in_a_circle():
    names = {module_name(path): path for path in MODULES}
    edges = {name: set(project_imports(path, names)) - {name} for name, path in names.items()}
    done = set()

    def visit(name, trail):
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for target in edges[name]:
                visit(target, [*trail, name])
            done.add(name)

    for name in names:
        visit(name, [])


def project_imports(path, names):
    """Modules of the project that a file imports: the module itself rather than the package around it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield from (
                    target for target in [inner if inner in names else node.module] if target in names
                )


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_the_fence_test_would_notice(tmp_path):
    planted = tmp_path / "planted.py"
    planted.write_text("import sqlalchemy\nfrom numba import njit\n", encoding="utf-8")
    assert {"sqlalchemy", "numba.njit"} <= set(imports(planted))
