"""crmdesk as processes of their own: signals, several starts on one folder, rights of files, nothing on stderr."""

from __future__ import annotations

import json
import signal
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.early import Early
from crmdesk.folder import CACHE, WINDOW, claim, headless_key, make_folder
from crmdesk.store.database import Database
from crmdesk.ui.instance import socket_name
from tests.app.children import PASSPHRASE, Child, without_privileges
from tests.helpers.house import House, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and rights of files as POSIX has them")

TELLING = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from crmdesk.cli import arguments
from crmdesk.app import run

told = set()

def look():
    for page in QApplication.allWidgets():
        if page.objectName() == "unlock" and page.isVisible():
            words = " ".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())
            if words not in told:
                told.add(words)
                print("page:", words.replace(chr(10), " "), flush=True)
            if "PRESS" in sys.argv[0]:
                button = page.findChild(QPushButton, "unlock.session")
                if button is not None and button.isVisible() and button.isEnabled():
                    button.click()

def watch(step):
    global timer
    print(step, flush=True)
    if step == "painted":
        timer = QTimer(interval=50)
        timer.timeout.connect(look)
        timer.start()

sys.exit(run(arguments.parse(sys.argv[1:]), watch=watch))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_practice_as_a_process_leaves_no_folder_and_says_nothing(folder: Path) -> None:
    with Child(folder, "--demo", TMPDIR=str(folder.parent)) as child:
        child.until("ready")
        assert list(folder.parent.glob("crmdesk-practice-*"))
        assert child.stop() == 0
    assert child.errors == ""
    assert not list(folder.parent.glob("crmdesk-practice-*"))
    assert not folder.exists(), "practice does not touch the real data folder"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.slow
def test_a_polite_signal_ends_it_orderly_with_its_window_state(number: signal.Signals, folder: Path) -> None:
    with Child(folder) as child:
        child.until("ready")
        assert child.stop(number) == 0
    assert child.errors == ""
    kept = json.loads((folder / "settings.json").read_text())
    assert kept["window"]["geometry"]
    assert not (folder / f"{CACHE}-wal").exists(), "the data file was closed"


@pytest.mark.slow
def test_a_session_that_is_killed_can_be_read_by_nobody_and_is_swept(folder: Path) -> None:
    program = "import sys; sys.argv[0] = 'PRESS'\n" + TELLING
    with Child(folder, program=program, CRMDESK_PASSPHRASE="") as child:
        child.until("ready")
        child.stop(signal.SIGKILL)
    left = list(folder.glob("session-*/*.db"))
    assert left
    assert not left[0].read_bytes().startswith(b"SQLite format 3")
    assert not (folder / "key.json").exists(), "its key was in memory only"
    with Child(folder, CRMDESK_PASSPHRASE=PASSPHRASE) as child:
        child.until("ready")
        assert not list(folder.glob("session-*"))
        assert child.stop() == 0


@pytest.mark.qt_log_ignore("does not support raise")
async def test_a_second_start_brings_the_first_window_forward_with_its_search(folder: Path) -> None:
    found = Early(folder, {"CRMDESK_PASSPHRASE": PASSPHRASE}).wait()
    async with House(folder, found) as house:
        await house.ready()
        house.window.showMinimized()
        with Child(folder, "--search", "anna müller") as child:
            await until(lambda: child.process.poll() is not None, "the end of the second start")
            assert child.ended() == 0
        assert child.errors == ""
        assert "brought forward" in " ".join(child.said)
        assert "painted" not in child.said, "it makes no window of its own"
        await until(lambda: house.find("search.box").text() == "anna müller", "the search")
        assert not house.window.isMinimized()


@pytest.mark.slow
def test_a_start_beside_a_command_says_that_the_folder_is_in_use(folder: Path) -> None:
    """A command has no window to bring forward."""
    make_folder(folder)
    with claim(folder) as lock, Child(folder, program=TELLING) as child:
        assert "crmdesk is already open for this data." in child.until_line("page:")
        lock.release()
        assert child.stop() == 0


@pytest.mark.qt_log_ignore("does not support raise")
async def test_a_second_start_finds_the_first_one_while_its_passphrase_is_asked_for(folder: Path) -> None:
    found = Early(folder, {}).wait()
    async with House(folder, found) as house:
        await until(lambda: house.there("unlock.new"), "the page that asks for a passphrase")
        with Child(folder) as child:
            await until(lambda: child.process.poll() is not None, "the end of the second start")
            assert child.ended() == 0


@pytest.mark.slow
def test_a_second_start_waits_for_a_window_that_is_slow_to_come_up(folder: Path) -> None:
    """Found on a busy computer: the first window took longer to answer than the second start cared to wait."""
    make_folder(folder)
    with claim(folder, WINDOW) as lock, Child(folder) as child:
        with pytest.raises(AssertionError, match="did not come"):
            child.until_said("ready", seconds=5)  # 15 knocks are 3 s
        assert child.process.poll() is None
        bell = socket.socket(socket.AF_UNIX)
        with bell:
            bell.bind(f"{tempfile.gettempdir()}/{socket_name(folder)}")
            bell.listen()
            visitor, _ = bell.accept()
            with visitor:
                assert visitor.recv(100) == b"\n"
                visitor.sendall(b"ok")
                assert child.ended() == 0
        lock.release()
    assert "brought forward" in " ".join(child.said)
    Path(tempfile.gettempdir(), socket_name(folder)).unlink()


def test_ten_starts_at_once_have_one_owner(folder: Path) -> None:
    children = [Child(folder) for _ in range(10)]
    try:
        for child in children:
            child.__enter__()
        losers, owner = [], None
        for child in children:
            child.until_said("ready", "crmdesk is already open for this data. The other window was brought forward.")
            if "ready" in child.said:
                assert owner is None, "two windows on one folder"
                owner = child
            else:
                losers.append(child)
        assert owner is not None
        assert [child.ended() for child in losers] == [0] * 9
        assert owner.stop() == 0
        assert {child.errors for child in children} == {""}
    finally:
        for child in children:
            child.__exit__(None, None, None)


# rights of files


@pytest.fixture
def made(folder: Path) -> Path:
    """A data folder with an empty cache."""
    folder.mkdir()
    key = headless_key(folder, {"CRMDESK_PASSPHRASE": PASSPHRASE})
    Database.open(folder / CACHE, key.value, ChangeFeed(), SystemClock()).close()
    return folder


def test_a_file_that_may_not_be_written_is_named(made: Path) -> None:
    if (before := without_privileges()) is None:
        pytest.skip("needs a process without privileges")
    file = made / CACHE
    content = file.read_bytes()
    file.chmod(0o444)
    with Child(made, program=TELLING, before=before) as child:
        words = child.until_line("page:")
        assert "contacts.db may not be written" in words or "contacts.db cannot be opened" in words
        assert child.stop() == 0
    assert file.read_bytes() == content


def test_a_folder_that_may_not_be_written_is_named(made: Path) -> None:
    if (before := without_privileges()) is None:
        pytest.skip("needs a process without privileges")
    content = (made / CACHE).read_bytes()
    made.chmod(0o555)
    try:
        with Child(made, program=TELLING, before=before) as child:
            words = child.until_line("page:")
            assert "cannot be written" in words
            assert child.stop() == 0
        assert "Traceback" not in child.errors
        assert (made / CACHE).read_bytes() == content
    finally:
        made.chmod(0o755)
