"""Every action of the program in one list: menus, palette, buttons and the key list are made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QWidget

from crmdesk.core.said import mark
from crmdesk.ui.words import tr

Scope = Literal[
    "anywhere",
    "contacts",
    "list",
    "detail",
    "search",
    "runs",
    "composer",
    "grid",
    "outbox",
    "conflicts",
    "trash",
    "dialog",
]
SCOPE_WORDS: dict[str, str] = {
    "anywhere": mark("anywhere"),
    "contacts": "list, detail",
    "list": mark("list"),
    "detail": mark("detail"),
    "search": "search box",
    "runs": "list of bulk events",
    "composer": "open bulk events",
    "grid": "grid of bulk events",
    "outbox": "Outbox",
    "conflicts": "Conflicts",
    "trash": "Trash",
    "dialog": mark("dialogs"),
}
WIDE = 90  # letters in a line of a tooltip
# scopes whose keys may be pressed with the focus in the same place
OVERLAPS: dict[str, frozenset[str]] = {
    "anywhere": frozenset(SCOPE_WORDS) - {"dialog"},
    "contacts": frozenset({"anywhere", "contacts", "list", "detail"}),
    "list": frozenset({"anywhere", "contacts", "list"}),
    "detail": frozenset({"anywhere", "contacts", "detail"}),
    "search": frozenset({"anywhere", "search"}),
    "runs": frozenset({"anywhere", "runs"}),
    "composer": frozenset({"anywhere", "composer", "grid"}),
    "grid": frozenset({"anywhere", "composer", "grid"}),
    "outbox": frozenset({"anywhere", "outbox"}),
    "conflicts": frozenset({"anywhere", "conflicts"}),
    "trash": frozenset({"anywhere", "trash"}),
    "dialog": frozenset({"dialog"}),
}


def _always() -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Command:
    """One action. `enabled` gives None when it can be done now, else the sentence that says why not.

    `menu` is the menu it stands in ('' = only in palette and key list). `listed_only` is a key that a widget answers by
    itself (arrows, Enter): shown in the key list, never a shortcut and not in the palette. `answered`: so is its key,
    which may be one that the window uses elsewhere, but the command stands in menus and palette. `checked` makes a
    switch."""

    id: str
    text: str
    run: Callable[[], object]
    keys: tuple[str, ...] = ()
    scope: Scope = "anywhere"
    enabled: Callable[[], str | None] = _always
    menu: str = ""
    icon: str = ""
    checked: Callable[[], bool] | None = None
    listed_only: bool = False
    answered: bool = False
    words: str = ""  # more words the palette finds it by


class Commands(QObject):
    """The registry. `ran(id)` comes after a command was started by key, menu, palette or `run`.

    While it is `asleep` actions, and with them keys, are made only where somebody asks for one: they cost more than a
    tenth of a start and nobody can press a key before the first paint. `wake` makes them all."""

    ran = Signal(str)
    refreshed = Signal()

    def __init__(self, owner: QWidget, *, asleep: bool = False) -> None:
        super().__init__(owner)
        self._owner = owner
        self._asleep = asleep
        self._commands: dict[str, Command] = {}
        self._places: dict[str, QWidget] = {}  # where a command's keys work, by its id; the owner where not named
        self._holders: dict[str, list[Command]] = {}  # by key
        self._actions: dict[str, QAction] = {}
        self._buttons: list[tuple[QAbstractButton, str]] = []
        self.recent: list[str] = []  # ids, newest first
        self._shut: str | None = None  # why none of them can be done now

    def add(self, command: Command, widget: QWidget | None = None) -> None:
        """Register it. With `widget` its keys work while the focus is inside that widget, else in the whole window.

        ValueError where the id or, in an overlapping scope, a key is taken."""
        if command.id in self._commands:
            raise ValueError(f"the command {command.id} exists already")
        self._take_keys(command)
        self._commands[command.id] = command
        if widget is not None:
            self._places[command.id] = widget
        if not self._asleep:
            self.action(command.id)

    def _take_keys(self, command: Command) -> None:
        for key in map(_canonical, command.keys):
            holders = self._holders.setdefault(key, [])
            for other in holders:
                if other.scope in OVERLAPS[command.scope] and not _wins(command, other):
                    raise ValueError(f"{command.id} and {other.id} share {key}")
            holders.append(command)

    def wake(self) -> None:
        """From now on every key works."""
        self._asleep = False
        for command_id in self._commands:
            self.action(command_id)

    def _make_action(self, command: Command) -> QAction:
        action = QAction(_menu_text(command), self._owner)
        action.setObjectName(f"command.{command.id}")
        action.triggered.connect(lambda _checked=False: self.run(command.id))
        action.setCheckable(command.checked is not None)
        if not command.listed_only and not command.answered:
            widget, context = self._places.get(command.id), Qt.ShortcutContext
            action.setShortcuts([QKeySequence(key) for key in command.keys])
            action.setShortcutContext(context.WidgetWithChildrenShortcut if widget else context.WindowShortcut)
            (widget or self._owner).addAction(action)
        return action

    def override(
        self, command_id: str, run: Callable[[], object], enabled: Callable[[], str | None] | None = None
    ) -> None:
        """Let the window take over what a page registered, e.g. to show the page first."""
        command = self._commands[command_id]
        self._commands[command_id] = replace(command, run=run, enabled=enabled or command.enabled)

    def rename(self, command_id: str, text: str) -> None:
        """Let it say what it would do now, e.g. *Undo delete of Ana Ruiz*."""
        named = self._commands[command_id] = replace(self._commands[command_id], text=text)
        if command_id in self._actions:
            self._actions[command_id].setText(_menu_text(replace(named, text=text.replace("&", "&&"))))

    def action(self, command_id: str) -> QAction:
        if command_id not in self._actions:
            command = self._commands[command_id]
            self._actions[command_id] = self._make_action(command)
            self._refresh_action(command)
        return self._actions[command_id]

    def get(self, command_id: str) -> Command:
        return self._commands[command_id]

    def __contains__(self, command_id: object) -> bool:
        return command_id in self._commands

    def __iter__(self) -> Iterator[Command]:
        return iter(tuple(self._commands.values()))

    def shut(self, reason: str | None) -> None:
        """From now on none of them can be done, and no key works; None: as usual."""
        self._shut = reason
        self.refresh()

    def why_not(self, command_id: str) -> str | None:
        """None = can be done now."""
        return self._reason(self._commands[command_id])

    def _reason(self, command: Command) -> str | None:
        return self._shut or command.enabled()

    def run(self, command_id: str) -> bool:
        """Do it if it can be done now; False says that it could not."""
        command = self._commands[command_id]
        if self._reason(command) is not None:
            self.refresh()
            return False
        if command_id in self.recent:
            self.recent.remove(command_id)
        self.recent.insert(0, command_id)
        command.run()
        self.ran.emit(command_id)
        self.refresh()
        return True

    def press(self, event: QKeyEvent) -> bool:
        """A key that nothing took where the focus is: what a menu offers under it is done where its place is seen.
        Keys without Ctrl or Alt are left out (Del): they belong to what has the focus."""
        modifiers, key = event.modifiers(), Qt.Key(event.key())
        chord = bool(modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier))
        if not chord and not Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35:
            return False
        pressed = QKeySequence(event.keyCombination()).toString(QKeySequence.SequenceFormat.PortableText)
        return any(self.run(command.id) for command in self._holders.get(pressed, ()) if self._within_reach(command))

    def _within_reach(self, command: Command) -> bool:
        place = self._places.get(command.id)
        shortcut = bool(command.menu) and not command.listed_only and not command.answered
        return shortcut and place is not None and place.isVisible()

    def bind(self, button: QAbstractButton, command_id: str) -> None:
        """Let a button start the command and carry its reason and key."""
        button.clicked.connect(lambda _checked=False: self.run(command_id))
        self._buttons.append((button, command_id))
        button.destroyed.connect(lambda: self._forget(button))
        self._refresh_button(button, self._commands[command_id])

    def refresh(self) -> None:
        """Ask every command again whether it can be done."""
        for command_id in self._actions:
            self._refresh_action(self._commands[command_id])
        for button, command_id in self._buttons:
            self._refresh_button(button, self._commands[command_id])
        self.refreshed.emit()

    def _forget(self, button: QAbstractButton) -> None:
        self._buttons = [(kept, command_id) for kept, command_id in self._buttons if kept is not button]

    def _refresh_action(self, command: Command) -> None:
        action, reason = self._actions[command.id], self._reason(command)
        action.setEnabled(reason is None)
        action.setToolTip(_wrapped(reason) if reason else command.text)
        action.setStatusTip(reason or "")
        action.setWhatsThis(reason or "")
        if command.checked is not None:
            action.setChecked(command.checked())

    def _refresh_button(self, button: QAbstractButton, command: Command) -> None:
        reason, keys = self._reason(command), key_text(command)
        button.setEnabled(reason is None)
        usual = f"{command.text} ({keys})" if keys else command.text
        button.setToolTip(_wrapped(reason) if reason else usual)
        button.setAccessibleDescription(reason or keys)
        if not button.text() and not button.accessibleName():
            button.setAccessibleName(command.text)


def _wins(command: Command, other: Command) -> bool:
    """A key that a widget answers by itself never reaches the window, which may use it elsewhere."""
    return (command.answered or other.answered) and "anywhere" in {command.scope, other.scope}


def _menu_text(command: Command) -> str:
    """A key that is no shortcut is shown where the menu has shortcuts: of several the first, as of those."""
    first = key_text(replace(command, keys=command.keys[:1]))
    return f"{command.text}\t{first}" if command.answered and first else command.text


def _wrapped(reason: str) -> str:
    """Qt breaks the lines of a tooltip only where it takes the text for markup, which a reason is not."""
    if len(reason) <= WIDE:
        return reason
    from textwrap import fill  # with the first long reason

    return fill(reason, WIDE, break_long_words=False, break_on_hyphens=False)


def _canonical(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def key_text(command: Command) -> str:
    """Its keys as the platform writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(key).toString(native) or key for key in command.keys)


def scope_text(command: Command) -> str:
    return tr(SCOPE_WORDS[command.scope])
