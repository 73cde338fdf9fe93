"""The README is run, not believed: its commands exist, its blocks parse, its example is a real account."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from pipelines.cli import app

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
LINES = [line.split("#")[0].strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
COMMANDS = typer.main.get_command(app).commands


def parts(command):
    """The commands of a group; none of a single one."""
    return getattr(command, "commands", {})


def marked(name):
    """The one-line command in the block after a marker."""
    return re.search(rf"<!-- {name} -->\n```sh\n(.*)\n```", README).group(1)


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("detector ")])
def test_every_command_of_the_readme_exists_with_its_options(line):
    name, *arguments = shlex.split(line)[1:]
    command = COMMANDS[name]
    if hasattr(command, "commands"):
        command, arguments = command.commands[arguments[0]], arguments[1:]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in arguments if word.startswith("--")} <= options


def test_the_main_job_and_the_tests_are_each_one_line_that_sets_up_first():
    for name, ending in (("main job", "detector demo"), ("tests", "python -m pytest -n 2 --dist worksteal")):
        command = marked(name)
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")
        assert command.endswith(ending)


def test_ci_runs_the_commands_of_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "<!-- tests -->" in script


def test_files_that_the_readme_links_to_exist():
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_no_command_or_feature_is_undocumented():
    inner = [
        (f"{name} {one}", made) for name, group in COMMANDS.items() for one, made in parts(group).items()
    ]
    for name, command in inner:
        assert command.help, name
        assert all(parameter.help for parameter in command.params if parameter.name != "help"), name
    for name, command in COMMANDS.items():
        assert command.help, name
        assert all(parameter.help for parameter in command.params if parameter.name != "help"), name
        assert f"detector {name}" in README, name
