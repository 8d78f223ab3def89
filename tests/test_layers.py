"""The rules of the house that import statements and syntax can show."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tests.helpers.logging_state import kept_logging

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "crmdesk").rglob("*.py"))


def test_import_contracts_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    with kept_logging():  # it switches all loggers off that are there
        assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


def in_file(*names: str) -> Callable[[str], bool]:
    """True for the files (or folders, with a slash at the end) that may do it."""
    return lambda path: any(path == name or (name.endswith("/") and path.startswith(name)) for name in names)


# pattern of the called name → (who may call it, why nobody else may)
BANNED: dict[str, tuple[Callable[[str], bool], str]] = {
    r"(^|\.)exec_?$": (in_file(), "exec() of a dialog inside a coroutine loses other tasks for good"),
    r"(^|\.)(create_task|ensure_future)$": (in_file("core/tasks.py"), "a task without an owner"),
    r"(^|\.)asyncSlot$|(^|\.)asyncClose$": (in_file(), "its tasks belong to nobody"),
    r"^QLabel$|\.QLabel$": (in_file("ui/kit.py"), "a bare QLabel renders vendor text as markup"),
    r"(^|\.)datetime\.(now|utcnow|today)$|(^|\.)date\.today$": (in_file("core/seams.py"), "clock outside the seams"),
    r"^time\.(time|monotonic|perf_counter|time_ns)$": (in_file("core/seams.py"), "clock outside the seams"),
    r"^random\.(?!Random$)": (in_file(), "randomness outside the seams"),
    r"^random\.Random$": (in_file("sandbox/"), "seeded randomness belongs to the emulator"),
    r"^uuid\.|^secrets\.(token_|choice|rand|SystemRandom)": (in_file("core/seams.py"), "randomness outside the seams"),
    r"^os\.urandom$": (in_file("core/seams.py"), "randomness outside the seams"),
}
LITERAL_COLOUR = re.compile(r"^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})$")


def calls(source: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every call."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def offences(path: str, source: str) -> list[str]:
    """Every banned call of one file, `path` relative to the package."""
    return [
        f"{path}:{line} {name}: {why}"
        for line, name in calls(source)
        for pattern, (allowed, why) in BANNED.items()
        if re.search(pattern, name) and not allowed(path)
    ]


def test_no_banned_calls() -> None:
    found = [
        offence
        for file in SOURCES
        for offence in offences(file.relative_to(ROOT / "crmdesk").as_posix(), file.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "dialog.exec()",
        "asyncio.create_task(x())",
        "loop.create_task(x())",
        "QLabel('x')",
        "QtWidgets.QLabel('x')",
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "time.time()",
        "random.random()",
        "uuid.uuid4()",
        "secrets.token_hex()",
        "qasync.asyncSlot()",
    ],
)
def test_the_scan_finds_what_it_bans(source: str) -> None:
    assert offences("ui/anything.py", source)


def test_literal_colours_only_in_the_theme() -> None:
    found = [
        f"{file.name}:{node.lineno} {node.value}"
        for file in SOURCES
        if "ui" in file.parts and file.name != "theme_colors.py"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and LITERAL_COLOUR.match(node.value)
    ]
    assert found == []


def test_files_can_be_read_in_one_sitting() -> None:
    long_files = [
        f"{file.name} ({count})" for file in SOURCES if (count := len(file.read_text("utf-8").splitlines())) > 500
    ]
    assert long_files == []


EMULATORS = sorted((ROOT / "crmdesk" / "vendors").glob("*/sandbox*.py"))


@pytest.mark.parametrize("file", EMULATORS, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_emulators_are_written_from_the_documents_alone(file: Path) -> None:
    """Not from our own reading of them: a mistake in that would then stand on both sides."""
    own = f"crmdesk.vendors.{file.parent.name}.sandbox"
    allowed = ("crmdesk.sandbox", "crmdesk.core.seams", own)
    named = [
        name
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        for name in imported(node)
        if name.startswith("crmdesk") and not name.startswith(allowed)
    ]
    assert named == []


def imported(node: ast.AST) -> list[str]:
    """Dotted names that an import statement brings in."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []
