"""The palette finds commands, contacts, views and settings by a few letters and gives the focus back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QMainWindow
from pytestqt.qtbot import QtBot

from crmdesk.core.tasks import TaskScope
from crmdesk.ui.commands import Command, Commands
from crmdesk.ui.palette import Entry, Palette, matching, score
from crmdesk.ui.theme import Theme


@pytest.mark.parametrize(
    ("typed", "text", "fits"),
    [
        ("find", "Find contacts", True),
        ("con fi", "Find contacts", True),
        ("fc", "Find contacts", True),
        ("ntac", "Find contacts", True),
        ("fdcts", "Find contacts", True),
        ("ÄND", "andere Ansicht", True),
        ("", "Anything", True),
        ("xyz", "Find contacts", False),
        ("stcatnoc", "Find contacts", False),
    ],
)
def test_words_and_subsequences_fit(typed: str, text: str, fits: bool) -> None:
    assert (score(typed, text) is not None) is fits


def test_word_starts_come_before_letters_in_between() -> None:
    entries = [(Entry(text, print), text) for text in ("Show offline", "Add account", "Accounts", "Go back")]
    assert [entry.text for entry in matching("acc", entries)] == ["Accounts", "Add account"]


class Desk:
    """A window with a palette and a text field."""

    def __init__(self, look: Theme, scope: TaskScope) -> None:
        self.window = QMainWindow()
        self.window.resize(1000, 700)
        self.text = QLineEdit()
        self.window.setCentralWidget(self.text)
        self.commands, self.done = Commands(self.window), []
        self.reason = "This vendor cannot delete."
        for number, words in enumerate(("Find contacts", "Add filter…", "Settings…")):
            self.commands.add(Command(f"c{number}", words, lambda words=words: self.done.append(words)))
        self.commands.add(Command("off", "Delete", print, enabled=lambda: self.reason))
        self.palette = Palette(
            self.commands,
            look,
            scope,
            self.window,
            contacts=self.contacts,
            views=lambda: [Entry("Restricted", lambda: self.done.append("view"))],
            settings=lambda: [Entry("Colours", lambda: self.done.append("setting"), under="Look")],
        )

    async def contacts(self, text: str) -> Sequence[Entry]:
        await asyncio.sleep(0.01 if text == "slow" else 0)
        return [Entry(f"found {text}", lambda: self.done.append(text))]

    def texts(self) -> list[str]:
        return [entry.text for entry in self.palette.entries()]


@pytest.fixture
def desk(look: Theme, scope: TaskScope, qtbot: QtBot) -> Desk:
    made = Desk(look, scope)
    qtbot.addWidget(made.window)
    made.window.show()
    made.window.activateWindow()
    made.text.setFocus()
    return made


def test_enter_runs_what_fits_best_and_focus_goes_back(desk: Desk, qtbot: QtBot) -> None:
    desk.palette.open_palette()
    assert desk.palette.input.hasFocus()
    qtbot.keyClicks(desk.palette.input, "filt")
    qtbot.keyClick(desk.palette.input, Qt.Key.Key_Return)
    assert desk.done == ["Add filter…"]
    assert desk.palette.isHidden()
    assert desk.text.hasFocus()


def test_escape_closes_and_gives_the_focus_back(desk: Desk, qtbot: QtBot) -> None:
    desk.palette.open_palette()
    qtbot.keyClick(desk.palette.input, Qt.Key.Key_Escape)
    assert desk.palette.isHidden()
    assert desk.text.hasFocus()


def test_what_was_used_last_comes_first(desk: Desk) -> None:
    desk.commands.run("c2")
    desk.palette.open_palette()
    assert desk.texts()[0] == "Settings"


def test_what_cannot_be_done_says_why_and_stays(desk: Desk, qtbot: QtBot) -> None:
    desk.palette.open_palette("delete")
    assert desk.palette.entries()[0].under == "This vendor cannot delete."
    qtbot.keyClick(desk.palette.input, Qt.Key.Key_Return)
    assert desk.palette.isVisible()


def test_a_reason_is_readable_whole(desk: Desk, qtbot: QtBot) -> None:
    desk.palette.open_palette("filter")
    assert desk.palette.reason.isHidden()
    low = desk.palette.height()
    desk.reason = "This vendor cannot delete. " * 12
    desk.palette.input.setText("delete")
    assert desk.palette.reason.text() == desk.reason
    assert desk.palette.reason.isVisible()
    assert desk.palette.height() > low + 2 * desk.palette.fontMetrics().height()
    whole = desk.palette.reason
    qtbot.waitUntil(lambda: whole.height() >= whole.heightForWidth(whole.width()))
    desk.palette.input.setText("")
    while desk.palette.entries()[desk.palette.list.currentIndex().row()].text != "Delete":
        assert desk.palette.reason.isHidden()
        qtbot.keyClick(desk.palette.input, Qt.Key.Key_Down)
    assert desk.palette.reason.isVisible()


def test_arrows_choose(desk: Desk, qtbot: QtBot) -> None:
    desk.palette.open_palette()
    qtbot.keyClick(desk.palette.input, Qt.Key.Key_Down)
    qtbot.keyClick(desk.palette.input, Qt.Key.Key_Down)
    qtbot.keyClick(desk.palette.input, Qt.Key.Key_Up)
    qtbot.keyClick(desk.palette.input, Qt.Key.Key_Return)
    assert desk.done == ["Add filter…"]


@pytest.mark.parametrize(("typed", "text"), [("#restr", "Restricted"), (">col", "Colours"), (">look", "Colours")])
def test_prefixes_lead_to_views_and_settings(desk: Desk, typed: str, text: str) -> None:
    desk.palette.open_palette(typed)
    assert desk.texts() == [text]


async def test_at_finds_contacts_and_an_older_search_never_wins(desk: Desk, scope: TaskScope) -> None:
    desk.palette.open_palette("@slow")
    desk.palette.input.setText("@anna")
    await asyncio.sleep(0.03)
    assert desk.texts() == ["found anna"]
    await scope.aclose()


def test_the_prefixes_are_told(desk: Desk) -> None:
    assert all(mark in desk.palette.input.placeholderText() for mark in "@#>")


def test_keys_and_scope_are_shown(desk: Desk) -> None:
    desk.commands.add(Command("copy", "Copy rows", print, ("Ctrl+C",), "list"))
    desk.palette.open_palette("copy")
    entry = desk.palette.entries()[0]
    assert (entry.side, entry.under) == ("Ctrl+C", "list")
