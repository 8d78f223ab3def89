"""A second start on the same data folder brings the first window forward, on its search if it has one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PySide6.QtNetwork import QLocalSocket
from pytestqt.qtbot import QtBot

from crmdesk.ui.instance import MAX_BYTES, Doorbell, raise_first, socket_name

VISITOR = """
import pathlib, sys
from crmdesk.ui.instance import raise_first
sys.exit(not raise_first(pathlib.Path(sys.argv[1]), sys.argv[2]))
"""


def test_a_second_start_hands_over_its_search(qtbot: QtBot, tmp_path: Path) -> None:
    rung: list[str] = []
    doorbell = Doorbell(tmp_path, rung.append)
    assert doorbell.listening()
    second = subprocess.Popen([sys.executable, "-c", VISITOR, str(tmp_path), "müller 0612"])
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=20_000)
    assert second.returncode == 0
    assert rung == ["müller 0612"]
    doorbell.close()


def test_nobody_there(tmp_path: Path) -> None:
    assert raise_first(tmp_path) is False


def test_a_socket_left_by_a_crash_is_taken_over(tmp_path: Path) -> None:
    first = Doorbell(tmp_path, lambda _search: None)
    first._server.setParent(None)  # as if the process had been killed: the name stays taken
    second = Doorbell(tmp_path, lambda _search: None)
    assert second.listening()
    second.close()


def test_a_flood_of_bytes_is_cut_off(qtbot: QtBot, tmp_path: Path) -> None:
    rung: list[str] = []
    doorbell = Doorbell(tmp_path, rung.append)
    visitor = QLocalSocket()
    visitor.connectToServer(socket_name(tmp_path))
    visitor.write(b"x" * (MAX_BYTES * 20))
    with qtbot.waitSignal(visitor.disconnected, timeout=5000):
        visitor.flush()
    assert rung == []
    doorbell.close()


def test_every_spelling_of_a_folder_is_one_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert socket_name(tmp_path / "a" / "..") == socket_name(tmp_path)
