"""The documents tell the truth: what they name exists, and what exists is named."""

from __future__ import annotations

import argparse
import ast
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from crmdesk.cli import arguments
from crmdesk.cli.exits import Exit
from crmdesk.settings import Settings
from crmdesk.ui.settings_page import OPTIONS, Option
from crmdesk.vendors import VENDORS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def readme_commands() -> list[str]:
    """The one-line commands of the README that set everything up."""
    return [line for line in README.splitlines() if line.startswith("python3 -m venv")]


def test_two_commands_do_all_the_set_up() -> None:
    start, tests = readme_commands()
    assert start.endswith("crmdesk --demo")
    assert tests.endswith("-m pytest")


def test_ci_runs_exactly_the_readmes_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert [line for line in script if line.startswith("python3 ")] == [readme_commands()[1]]


@pytest.mark.parametrize("code", list(Exit))
def test_every_exit_code_is_documented(code: Exit) -> None:
    assert re.search(rf"^\| {code.value} \| \S", README, re.M)


def words_of(parser: argparse.ArgumentParser) -> set[str]:
    """Every command, verb and option."""
    found: set[str] = set()
    for action in parser._actions:
        found.update(option for option in action.option_strings if option.startswith("--"))
        if isinstance(action, argparse._SubParsersAction):
            found.update(action.choices)
            for inner in action.choices.values():
                found |= words_of(inner)
    return found


@pytest.mark.parametrize("command", ["sync", "contacts", "events", "accounts", "pins", "self-test", "sandbox"])
def test_every_command_is_documented(command: str) -> None:
    assert command in words_of(arguments.build())
    assert f"`crmdesk {command}" in README


def test_the_readme_names_no_option_that_does_not_exist() -> None:
    scripts = (ROOT / "tests" / "perf" / "__main__.py", ROOT / "build_installer.py")
    others = "".join(script.read_text("utf-8") for script in scripts)
    known = words_of(arguments.build()) | set(re.findall(r'"(--[a-z-]+)"', others))
    known |= {"--help", "--basetemp", "--no-deps", "--no-emit-project", "--extra", "--no-header"}
    named = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", README)) - {"--no-annotate"}
    assert named <= known


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_setting_is_documented_with_its_default(option: Option) -> None:
    found = re.search(rf"^\| {re.escape(option.page)} \| {re.escape(option.label)} \| .+ \| (.+) \|$", README, re.M)
    assert found is not None
    value = getattr(Settings(), option.name)
    shown = dict(option.choices).get(value) if option.choices else f"{value}{option.span[3]}" if option.span else None
    assert found[1] == (shown or ("on" if value else "off"))


def kinds_of_errors() -> set[str]:
    """What a person may meet: every error of ours below the two that are only bases."""
    bases: dict[str, set[str]] = {}
    for file in (ROOT / "crmdesk").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {ast.unparse(base).split(".")[-1] for base in node.bases}
    found, more = {"CrmDeskError"}, True
    while more:
        fresh = {name for name, above in bases.items() if above & found} - found
        found, more = found | fresh, bool(fresh)
    return {name for name in found - {"CrmDeskError", "KnownError"} if not name.startswith("_")}


def test_every_kind_of_error_says_what_it_means_and_what_to_do() -> None:
    rows = re.findall(r"^\| (`\w+Error`[^|]*) \| ([^|]{10,}) \| ([^|]{8,}) \|$", README, re.M)
    told = {name for kinds, *_ in rows for name in re.findall(r"`(\w+)`", kinds)}
    assert told == kinds_of_errors()


def test_the_pictures_are_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures and all((ROOT / path).is_file() for path in pictures)


def test_every_long_suite_that_the_readme_names_exists() -> None:
    chosen = re.findall(r"^\| [^|]+ \| `(\w+)` \| [^|]*\d", README, re.M)
    assert len(chosen) > 8
    tests = "".join(f"{file.stem} {file.read_text('utf-8')}" for file in (ROOT / "tests").rglob("test_*.py"))
    assert [word for word in chosen if word not in tests] == []


def test_every_environment_variable_is_documented_and_used() -> None:
    source = "".join(file.read_text("utf-8") for file in (ROOT / "crmdesk").rglob("*.py"))
    used = set(re.findall(r"CRMDESK_[A-Z]+(?:_[A-Z]+)*", source))
    documented = {name.removesuffix("_3") for name in re.findall(r"`(CRMDESK_[A-Z_0-9]+)", README)}
    assert used == documented


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.key)
def test_every_vendor_has_its_readme_and_sources(vendor) -> None:  # type: ignore[no-untyped-def]
    assert (ROOT / "crmdesk" / "vendors" / vendor.key / "README.md").is_file()
    assert vendor.title in README
    assert all(spec.source for spec in vendor.fields)


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.key)
def test_what_a_vendors_readme_names_is_there(vendor) -> None:  # type: ignore[no-untyped-def]
    """Its table has every file and no other; a constant that it names (`codec.SERVER_ONLY`) exists, and so does a
    vendor's own file of tests."""
    folder = ROOT / "crmdesk" / "vendors" / vendor.key
    text = (folder / "README.md").read_text("utf-8")
    assert re.search(r"^## Doubts", text, re.M)
    named = set(re.findall(r"`([\w*]+\.py)`", "".join(re.findall(r"^\| (`[^|]+)\|", text, re.M))))
    there = {file.name for file in folder.glob("*.py")}
    assert {name for name in there if not any(fnmatch(name, one) for one in named)} == set()
    assert {one for one in named if not any(fnmatch(name, one) for name in there)} == set()
    for module, constant in re.findall(r"`(\w+)\.([A-Z][A-Z_]{2,})`", text):
        assert re.search(rf"^{constant}\b", (folder / f"{module}.py").read_text("utf-8"), re.M), f"{module}.{constant}"
    for path in re.findall(r"`(tests/[\w/.]+)`", text):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "DECISIONS.md"])
def test_the_papers_are_there(name: str) -> None:
    assert len((ROOT / "crmdesk" / name).read_text("utf-8").split()) > 300


def test_the_architecture_names_every_module_that_exists_and_no_other() -> None:
    text = (ROOT / "crmdesk" / "ARCHITECTURE.md").read_text("utf-8")
    packages = {path.parent.relative_to(ROOT / "crmdesk").as_posix() for path in (ROOT / "crmdesk").rglob("*.py")}
    folders = {name for name in packages if name != "." and "versions" not in name}
    assert [name for name in sorted(folders) if f"`{name}/`" not in text] == []


def test_no_machine_paths_or_registry_hosts() -> None:
    files = [ROOT / "README.md", ROOT / "pyproject.toml", ROOT / "requirements.lock", ROOT / ".ci" / "run"]
    files += [path for path in (ROOT / "crmdesk").rglob("*") if path.suffix in (".py", ".md", ".toml")]
    text = "".join(path.read_text("utf-8") for path in files)
    assert not re.search(r"/work/|pypi\.org|files\.pythonhosted|debian\.org/debian", text)
