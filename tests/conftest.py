"""What holds for every test: unexpected warnings in our log fail it; data folders are throw-away."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Generator, Iterator
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from crmdesk.sandbox import people

os.environ |= {"LC_ALL": "C.UTF-8", "LANGUAGE": ""}  # tests read English, whatever this computer speaks

# Some images forbid Python to keep what it compiled. Then each of the many processes that tests start would compile the
# whole program anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A slow or busy computer is no fault of the program.
settings.register_profile("crmdesk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("crmdesk")

FEW = 3000  # people of one emulator that are kept for the next one


class _Collector(logging.Handler):
    """Keeps the records that nobody announced."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors: many tests wait for threads, sockets and painted frames."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def people_are_drawn_once() -> Iterator[None]:
    """Emulators are made anew for each test, and their few hundred people are the same each time."""
    drawn = people._drawn
    kept = cache(lambda count, seed, start: tuple(drawn(count, seed, start)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(people, "_drawn", lambda *row: iter(kept(*row)) if row[0] <= FEW else drawn(*row))
        yield


# Stories make and drop objects by the million, hardly any of them in cycles: Python's own pace of collecting takes a
# sixth of their time.
gc.set_threshold(100_000, 50, 100)

_QT_FOLDERS = ("tests/ui/", "tests/walks/", "tests/app/")
_COLLECT_EVERY = 25  # tests with widgets; a whole collection takes some 50 ms
_with_widgets = 0
_module = ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Widgets in cycles are garbage of this thread alone: another one that happened to collect them would crash Qt (see
    crmdesk/ui/garbage.py). So Python's own collections pause while tests with widgets run."""
    global _with_widgets, _module
    if _module != (_module := item.nodeid.partition("::")[0]):
        _sweep_widgets()
    if item.nodeid.startswith(_QT_FOLDERS):
        gc.disable()
        _with_widgets += 1
        if _with_widgets % _COLLECT_EVERY == 0:
            gc.collect()
    elif not gc.isenabled():
        gc.collect()
        gc.enable()


def _sweep_widgets() -> None:
    """What the tests of another file left behind. Qt goes through all widgets of the process with each style sheet and
    each font: a few thousand forgotten ones made later tests ten times as slow."""
    if "PySide6.QtWidgets" not in sys.modules:
        return
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    if not isinstance(QApplication.instance(), QApplication):
        return
    for widget in QApplication.topLevelWidgets():
        if widget.parent() is None:
            widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Timers of a test's widgets end with it: pytest-qt lets Qt work once more when the test's loop is gone, and what a
    timer starts then has no loop to run on."""
    try:
        return (yield)
    finally:
        if "PySide6.QtWidgets" in sys.modules:
            _stop_timers()


def _stop_timers() -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    for widget in QApplication.allWidgets():
        for timer in widget.findChildren(QTimer):
            timer.stop()


@pytest.fixture(autouse=True)
def no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """A warning or error of crmdesk's own loggers fails the test, unless it is marked `expect_log`."""
    collector = _Collector()
    logger = logging.getLogger("crmdesk")
    logger.addHandler(collector)
    yield
    logger.removeHandler(collector)
    if collector.records and request.node.get_closest_marker("expect_log") is None:
        pytest.fail("unexpected log: " + "; ".join(record.getMessage() for record in collector.records))


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A new name each time. pytest's own numbering reads all names that are there for each: 3 ms with thousands."""
    place = tmp_path_factory.mktemp("homes")
    return (place / str(number) for number in count())


@pytest.fixture(autouse=True)
def own_folders(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own folders or keyring."""
    home = next(homes)
    home.mkdir()
    monkeypatch.setenv("CRMDESK_DATA", str(home / "data"))
    monkeypatch.setenv("CRMDESK_COUNTERS", str(home / "counters"))
    monkeypatch.setenv("CRMDESK_NO_KEYRING", "1")
    for name in ("CRMDESK_PASSPHRASE", "CRMDESK_KEY_FILE", "CRMDESK_TOKEN", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
