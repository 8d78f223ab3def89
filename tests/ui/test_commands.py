"""One list of actions: keys do not collide, and every place that shows an action says the same."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLineEdit, QMainWindow, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui.commands import Command, Commands, key_text
from crmdesk.ui.help import KeyHelp, key_rows
from crmdesk.ui.palette import command_entries


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    made = QMainWindow()
    inner = QWidget()
    layout = QVBoxLayout(inner)
    layout.addWidget(QLineEdit(objectName="text"))
    layout.addWidget(QPushButton("list", objectName="list"))
    made.setCentralWidget(inner)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def test_keys_start_commands(window: QMainWindow, qtbot: QtBot) -> None:
    commands, done = Commands(window), []
    commands.add(Command("a", "A", lambda: done.append("a"), ("Ctrl+K",)))
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert done == ["a"]


def test_a_sleeping_registry_makes_its_keys_when_it_wakes(window: QMainWindow, qtbot: QtBot) -> None:
    commands, done = Commands(window, asleep=True), []
    commands.add(Command("a", "A", lambda: done.append("a"), ("Ctrl+K",)))
    assert commands.run("a") and window.actions() == []
    commands.wake()
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert done == ["a", "a"]


def test_keys_of_a_scope_work_only_there(window: QMainWindow, qtbot: QtBot) -> None:
    commands, done = Commands(window), []
    spot, text = window.findChild(QPushButton, "list"), window.findChild(QLineEdit, "text")
    commands.add(Command("a", "A", lambda: done.append("a"), ("F5",), "list"), spot)
    text.setFocus()
    qtbot.keyClick(text, Qt.Key.Key_F5)
    assert done == []
    spot.setFocus()
    qtbot.keyClick(spot, Qt.Key.Key_F5)
    assert done == ["a"]


@pytest.mark.parametrize(("one", "other"), [("list", "list"), ("anywhere", "detail"), ("contacts", "list")])
def test_a_key_is_taken_once_where_scopes_meet(window: QMainWindow, one: str, other: str) -> None:
    commands = Commands(window)
    commands.add(Command("a", "A", print, ("Ctrl+C",), one))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="share"):
        commands.add(Command("b", "B", print, ("ctrl+c",), other))  # type: ignore[arg-type]


def test_one_key_may_do_two_things_in_two_places(window: QMainWindow) -> None:
    commands = Commands(window)
    commands.add(Command("a", "A", print, ("Ctrl+C",), "list"))
    commands.add(Command("b", "B", print, ("Ctrl+C",), "detail"))
    assert len(list(commands)) == 2


def test_an_id_is_taken_once(window: QMainWindow) -> None:
    commands = Commands(window)
    commands.add(Command("a", "A", print))
    with pytest.raises(ValueError, match="exists"):
        commands.add(Command("a", "Again", print))


def test_the_reason_is_told_everywhere(window: QMainWindow) -> None:
    reason = "PrioTicket has no way to delete a contact."
    state: list[str | None] = [reason]
    commands, done = Commands(window), []
    commands.add(Command("delete", "Delete", lambda: done.append(1), ("Del",), enabled=lambda: state[0]))
    pressed = QPushButton("Delete", window)
    commands.bind(pressed, "delete")
    action = commands.action("delete")
    assert (action.isEnabled(), action.toolTip(), action.statusTip()) == (False, reason, reason)
    assert (pressed.isEnabled(), pressed.toolTip(), pressed.accessibleDescription()) == (False, reason, reason)
    assert command_entries(commands)[0][0].reason == reason
    assert commands.run("delete") is False
    assert done == []
    state[0] = None
    commands.refresh()
    assert action.isEnabled() and pressed.isEnabled() and commands.run("delete")
    assert done == [1]


def test_a_long_reason_is_broken_into_lines_where_it_is_a_tooltip(window: QMainWindow) -> None:
    reason = "These 1,200 contacts cannot be deleted: " + "PrioTicket has no way to delete a contact. " * 5
    commands = Commands(window)
    commands.add(Command("delete", "Delete", print, enabled=lambda: reason.strip()))
    pressed = QPushButton("Delete", window)
    commands.bind(pressed, "delete")
    for tip in (commands.action("delete").toolTip(), pressed.toolTip()):
        assert tip.replace("\n", " ") == reason.strip()
        assert max(map(len, tip.splitlines())) <= 90
    assert commands.action("delete").statusTip() == pressed.accessibleDescription() == reason.strip()


def test_a_switch_shows_its_state(window: QMainWindow) -> None:
    commands, on = Commands(window), [False]
    commands.add(Command("s", "S", lambda: on.__setitem__(0, not on[0]), checked=lambda: on[0]))
    commands.run("s")
    assert commands.action("s").isChecked()


def test_key_list_and_palette_come_from_the_same_list(window: QMainWindow, qtbot: QtBot) -> None:
    commands = Commands(window)
    commands.add(Command("a", "Find contacts", print, ("Ctrl+F",)))
    commands.add(Command("b", "&Copy rows…", print, ("Ctrl+C",), "list"))
    commands.add(Command("c", "Open", print, ("Return",), "list", listed_only=True))
    commands.add(Command("d", "Without a key", print))
    assert key_rows(commands) == {
        "anywhere": [(key_text(commands.get("a")), "Find contacts")],
        "list": [(key_text(commands.get("b")), "Copy rows"), (key_text(commands.get("c")), "Open")],
    }
    assert [entry.text for entry, _ in command_entries(commands)] == ["Find contacts", "Copy rows", "Without a key"]
    shown = KeyHelp(commands, window)
    shown.search.setText("copy")
    group = shown.tree.topLevelItem(1)
    assert group is not None
    assert [group.child(n).isHidden() for n in range(2)] == [False, True]
    assert shown.tree.topLevelItem(0).isHidden()
    shown.close()


def test_long_words_of_the_key_list_are_seen_whole(window: QMainWindow, qtbot: QtBot) -> None:
    commands = Commands(window)
    commands.add(
        Command("a", "Suchen und ersetzen in allen Zeilen, die gezeigt werden", print, ("Ctrl+Alt+Shift+F12",))
    )
    shown = KeyHelp(commands, window)
    shown.show()
    qtbot.waitUntil(shown.isVisible)
    assert shown.tree.columnWidth(0) >= shown.tree.sizeHintForColumn(0)
    shown.close()


def test_an_override_keeps_the_key(window: QMainWindow, qtbot: QtBot) -> None:
    commands, done = Commands(window), []
    commands.add(Command("find", "Find", lambda: done.append("page"), ("Ctrl+F",)))
    commands.override("find", lambda: done.append("window"))
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert done == ["window"]
    assert commands.action("find").shortcut() == QKeySequence("Ctrl+F")


def test_a_key_that_its_widget_answers_wins_over_the_windows(window: QMainWindow, qtbot: QtBot) -> None:
    commands, done = Commands(window), []
    commands.add(Command("search", "Search", lambda: done.append("search"), ("Ctrl+F",)))
    commands.add(Command("find", "Find", lambda: done.append("find"), ("Ctrl+F",), "grid", answered=True))
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert done == ["search"], "it is no second shortcut: Qt would take both for ambiguous"
    assert commands.action("find").text() == f"Find\t{key_text(commands.get('find'))}"
    assert commands.run("find") and done == ["search", "find"]
    with pytest.raises(ValueError, match="share"):
        commands.add(Command("other", "Other", print, ("Ctrl+F",), "composer", answered=True))


def test_the_key_list_begins_with_the_screen_it_is_asked_from(window: QMainWindow) -> None:
    commands = Commands(window)
    commands.add(Command("search", "Search", print, ("Ctrl+F",)))
    commands.add(Command("down", "Fill down", print, ("Ctrl+D",), "grid", answered=True))
    assert list(key_rows(commands)) == ["anywhere", "grid"]
    assert list(key_rows(commands, ("grid", "composer"))) == ["grid", "anywhere"]
    shown = KeyHelp(commands, window, ("grid",))
    first = shown.tree.topLevelItem(0)
    assert first is not None and first.child(0).text(0) == "Fill down"
    shown.close()
