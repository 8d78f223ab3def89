"""Short work shows nothing, longer work a bar, long work words and Cancel."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui import patience
from crmdesk.ui.busy import Busy
from crmdesk.ui.kit import column
from crmdesk.ui.patience import Patience


@pytest.fixture
def busy(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Busy]:
    monkeypatch.setattr(patience, "QUIET_MS", 60)
    monkeypatch.setattr(patience, "SHORT_MS", 250)
    host, made = QWidget(), Busy("work", lambda: None)
    column(host, made)
    qtbot.addWidget(host)
    host.resize(400, 100)
    host.show()
    yield made


def test_it_comes_step_by_step(busy: Busy, qtbot: QtBot) -> None:
    patient = Patience(busy)
    assert not busy.isVisible()
    busy.set("Reading…", 3, 10)
    patient.begin()
    assert not busy.isVisible()
    qtbot.waitUntil(busy.bar.isVisible, timeout=5000)
    assert not busy.cancel.isVisible() and not busy.label.isVisible()
    place = busy.bar.geometry()
    patient.begin()  # another step of the same work
    qtbot.waitUntil(busy.cancel.isVisible, timeout=5000)
    assert busy.label.isVisible() and busy.bar.geometry() == place, "nothing jumps"
    patient.end()
    assert not busy.isVisible()


def test_short_work_is_not_seen_and_the_next_one_begins_anew(busy: Busy, qtbot: QtBot) -> None:
    patient = Patience(busy)
    for _ in range(2):
        patient.begin()
        qtbot.wait(20)
        patient.end()
    qtbot.wait(300)
    assert not busy.isVisible()
    patient.begin()
    qtbot.waitUntil(busy.isVisible, timeout=5000)
    assert not busy.cancel.isVisible()
