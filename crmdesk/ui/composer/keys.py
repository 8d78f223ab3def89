"""Keys of an open submission and of its grid. They win over the window's while the focus is there.

Widgets, menus, palette and key list take them from here, so that all of them say the same."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

Keys = Mapping[str, tuple[str, ...]]

COMPOSER_KEYS: Keys = {
    "send": ("Ctrl+Return", "Ctrl+Enter"),
    "save": ("Ctrl+S",),
    "retry": ("Ctrl+Shift+R",),
    "stop": ("Ctrl+.",),
    "report": ("Ctrl+Shift+E",),
    "find": ("Ctrl+F",),
    "next": ("F8",),
    "previous": ("Shift+F8",),
}
GRID_KEYS: Keys = {
    "undo": ("Ctrl+Z",),
    "redo": ("Ctrl+Y",),
    "cut": ("Ctrl+X",),
    "copy": ("Ctrl+C",),
    "put": ("Ctrl+V",),
    "clear": ("Del",),
    "fill_down": ("Ctrl+D",),
}
_STANDARD = {
    "undo": QKeySequence.StandardKey.Undo,
    "redo": QKeySequence.StandardKey.Redo,
    "cut": QKeySequence.StandardKey.Cut,
    "copy": QKeySequence.StandardKey.Copy,
    "put": QKeySequence.StandardKey.Paste,
}


def verb_of(event: QKeyEvent, keys: Keys) -> str:
    """What the pressed key stands for, by the table or as the platform has it (Shift+Insert pastes); '' = nothing."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    pressed = QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key()))).toString()
    for verb, own in keys.items():
        standard = _STANDARD.get(verb)
        if pressed in own or (standard is not None and event.matches(standard)):
            return verb
    return ""


def key_words(verb: str, keys: Keys) -> str:
    """The first key of a verb as the platform writes it."""
    return QKeySequence(keys[verb][0]).toString(QKeySequence.SequenceFormat.NativeText)
