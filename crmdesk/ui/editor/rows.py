"""Fields of several entries: phone lines, and records of parts. Rows are added, removed and moved with the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QVBoxLayout, QWidget

from crmdesk.core.fields import FieldKind, FieldSpec, find
from crmdesk.core.merge import overlay, same
from crmdesk.core.outbox import FieldChange
from crmdesk.ui.contacts.detail_fields import words_in_line
from crmdesk.ui.contacts.detail_values import clean
from crmdesk.ui.editor.controls import Control
from crmdesk.ui.editor.inputs import Combo, FreeCombo, Line, Lines, Veiled, mark_wrong, tab_before
from crmdesk.ui.editor.values import Held, as_json, held, new_row
from crmdesk.ui.kit import Card, FlatButton, IconButton, Muted, column, row, tr

LABELS = ("phone", "mobile", "fax")  # offered where the vendor names none
LONG_NUMBER = "+000 (0)00 0000 0000-000"  # where it would not be read whole beside its label, it stands under it
FRAME_CHARS = 5  # that a field's frame takes on both sides
Row = dict[str, Any]


def _moves(event: QEvent) -> int:
    """-1 and 1 for Alt+Up and Alt+Down, else 0."""
    if not isinstance(event, QKeyEvent) or event.modifiers() != Qt.KeyboardModifier.AltModifier:
        return 0
    return {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)


class RowBase(QWidget):
    """One entry. `move(by)` and `remove` are its buttons and keys; `typed` comes with each change inside."""

    typed = Signal(bool)
    moved = Signal(int)
    dropped = Signal()

    def read(self) -> Row:
        raise NotImplementedError

    def inputs(self) -> dict[str, QWidget]:
        """By part."""
        raise NotImplementedError

    def event(self, event: QEvent) -> bool:
        """Alt+Up and Alt+Down move the row; elsewhere they go to the next contact."""
        if event.type() == QEvent.Type.ShortcutOverride and _moves(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if by := _moves(event):
            self.moved.emit(by)
        else:
            super().keyPressEvent(event)

    def _buttons(self, name: str, what: str) -> tuple[IconButton, IconButton]:
        up = IconButton(f"{name}.up", "up", tr("Move {what} up (Alt+Up)").replace("{what}", what), self)
        up.clicked.connect(lambda _checked=False: self.moved.emit(-1))
        drop = IconButton(f"{name}.remove", "close", tr("Remove {what}").replace("{what}", what), self)
        drop.clicked.connect(lambda _checked=False: self.dropped.emit())
        self.up, self.drop = up, drop
        return up, drop


class PhoneRow(RowBase):
    """Label and number, beside each other where there is room."""

    def __init__(self, name: str, number: int, labels: tuple[str, ...], phone: Row, parent: QWidget) -> None:
        super().__init__(parent)
        self._phone = phone
        what = tr("phone {n}").replace("{n}", str(number + 1))
        self.label = FreeCombo(f"{name}.label", tr("Label of {what}").replace("{what}", what), labels, self)
        self.number = Line(f"{name}.number", tr("Number of {what}").replace("{what}", what), self)
        self.number.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.number.setInputMethodHints(Qt.InputMethodHint.ImhDialableCharactersOnly)
        self.number.setPlaceholderText(tr("+33 6 12 34 56 78"))
        self._buttons(name, what)
        self.label.put(str(phone.get("label") or ""))
        self.number.put(str(phone.get("number") or ""))
        self.label.typed.connect(lambda: self.typed.emit(True))
        self.number.typed.connect(lambda: self._number_typed(labels))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(5)
        self._narrow: bool | None = None
        self._place(narrow=False)

    def _number_typed(self, labels: tuple[str, ...]) -> None:
        """A number without a label would not be taken: the first one stands there until another is chosen."""
        if self.number.text() and not self.label.code().strip():
            self.label.put(labels[0])
        self.typed.emit(True)

    def _place(self, *, narrow: bool) -> None:
        if narrow == self._narrow:
            return
        self._narrow = narrow
        grid = self._grid
        for widget in (self.label, self.number, self.up, self.drop):
            grid.removeWidget(widget)
        grid.addWidget(self.label, 0, 0)
        grid.addWidget(self.number, 1 if narrow else 0, 0 if narrow else 1, 1, 3 if narrow else 1)
        grid.addWidget(self.up, 0, 1 if narrow else 2)
        grid.addWidget(self.drop, 0, 2 if narrow else 3)
        grid.setColumnStretch(0, 1 if narrow else 0)
        grid.setColumnStretch(1, 0 if narrow else 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place(narrow=event.size().width() < self._room_beside())

    def _room_beside(self) -> int:
        """The width in which label, a long number and the buttons stand in one line."""
        letters = self.number.fontMetrics()
        number = letters.horizontalAdvance(LONG_NUMBER) + FRAME_CHARS * letters.averageCharWidth()
        others = sum(one.sizeHint().width() for one in (self.label, self.up, self.drop))
        return number + others + 3 * self._grid.horizontalSpacing()

    def read(self) -> Row:
        return {**self._phone, "label": self.label.code(), "number": self.number.text()}

    def inputs(self) -> dict[str, QWidget]:
        return {"label": self.label, "number": self.number}


class RecordRow(RowBase):
    """The writable parts of one record below each other; what the vendor alone writes stands below them."""

    def __init__(self, name: str, number: int, spec: FieldSpec, record: Row, parent: QWidget) -> None:
        super().__init__(parent)
        self._record, self._inputs = record, dict[str, Any]()
        self._specs = {part.path: part for part in spec.parts if part.writable}
        what = tr("{field}, entry {n}").replace("{field}", tr(spec.label)).replace("{n}", str(number + 1))
        card, head, buttons = Card(), QWidget(), self._buttons(name, what)
        row(head, Muted(self._fixed(spec), wrap=True), *buttons, gap=2, stretch=0)
        lines: list[QWidget] = [head]
        for part in self._specs.values():
            lines += self._part(f"{name}.{part.path}", part, what)
        column(card, *lines, gap=3, margins=(10, 4, 6, 8))
        column(self, card)

    def _fixed(self, spec: FieldSpec) -> str:
        texts = [
            words_in_line(part, find(self._record, part.path), veiled=True) for part in spec.parts if not part.writable
        ]
        return " · ".join(text for text in texts if text)

    def _part(self, name: str, part: FieldSpec, what: str) -> list[QWidget]:
        label = f"{tr(part.label)} ({what})"
        value = held(part, find(self._record, part.path))
        made: Any
        if part.kind is FieldKind.CHOICE:
            made = Combo(name, label)
            made.addItem(tr("(empty)"), "")
            for code, words in part.words:
                made.addItem(tr(words), code)
            made.activated.connect(lambda _index: self.typed.emit(False))
        else:
            made = (
                Veiled(name, label) if part.masked else (Lines if part.kind is FieldKind.LINES else Line)(name, label)
            )
            made.typed.connect(lambda: self.typed.emit(True))
        made.put(value if isinstance(value, str) else clean(str(value)))
        self._inputs[part.path] = made
        caption = Muted(tr(part.label))
        caption.setBuddy(made)
        return [caption, made]

    def read(self) -> Row:
        changes = []
        for path, widget in self._inputs.items():
            spec, before = self._specs[path], find(self._record, path)
            text = _text_of(widget)
            if text != held(spec, before):
                changes.append(FieldChange(path, before, as_json(spec, text, before)))
        return overlay(self._record, changes)

    def inputs(self) -> dict[str, QWidget]:
        return {path: widget.line if isinstance(widget, Veiled) else widget for path, widget in self._inputs.items()}


def _text_of(widget: Any) -> str:
    if isinstance(widget, Combo):
        return widget.code()
    return widget.toPlainText() if isinstance(widget, Lines) else widget.text()


class RowsControl(Control):
    """Entries with *Add*. The rows are made anew only when their number or order changes from outside."""

    wide = True
    begins = ""  # the part of a new entry where typing begins; '' for its first

    def __init__(self, spec: FieldSpec, parent: QWidget, add: str, name: str) -> None:
        super().__init__(parent)
        self.spec, self._name = spec, name
        self._value: list[Row] = []
        self.rows: list[RowBase] = []
        self._list: QVBoxLayout = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(7)
        foot = QWidget(self)
        self.add = FlatButton(f"{name}.add", add, foot)
        self.add.clicked.connect(lambda _checked=False: self._added())
        self.first = self.add
        row(foot, self.add).addStretch(1)
        outer = column(self, foot, gap=4)
        outer.insertLayout(0, self._list)
        self._wrong: frozenset[str] = frozenset()

    def make(self, name: str, number: int, value: Row) -> RowBase:
        raise NotImplementedError

    def put(self, value: Held) -> None:
        if same(value, self._read()) and len(value) == len(self.rows):
            return
        focus = self._place_of_focus()
        self._value = deepcopy(value)
        self._rebuild()
        if focus is not None:
            self._focus_row(*focus)

    def value(self) -> Held:
        return self._read()

    def _read(self) -> list[Row]:
        return [one.read() for one in self.rows]

    def _rebuild(self) -> None:
        for old in self.rows:
            self._list.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.rows = []
        for number, value in enumerate(self._value):
            made = self.make(f"{self._name}.{number}", number, value)
            made.typed.connect(self.edited.emit)
            made.moved.connect(self._mover(number))
            made.dropped.connect(self._dropper(number))
            made.up.setEnabled(number > 0)
            made.up.setVisible(len(self._value) > 1)
            self.rows.append(made)
            self._list.addWidget(made)
            made.show()
        tab_before(self.add, [part for made in self.rows for part in (*made.inputs().values(), made.up, made.drop)])
        self.first = next(iter(self.rows[0].inputs().values())) if self.rows else self.add
        self.set_wrong(self._wrong)

    def _mover(self, number: int) -> Callable[[int], None]:
        return lambda by: self._move(number, by)

    def _dropper(self, number: int) -> Callable[[], None]:
        return lambda: self._drop(number)

    def _added(self) -> None:
        self._change([*self._read(), new_row(self.spec)])
        self._focus_row(len(self.rows) - 1, self.begins)

    def _move(self, number: int, by: int) -> None:
        rows, to = self._read(), number + by
        if 0 <= to < len(rows):
            focus = self._place_of_focus()
            rows[number], rows[to] = rows[to], rows[number]
            self._change(rows)
            self._focus_row(to, focus[1] if focus else "")

    def _drop(self, number: int) -> None:
        rows = self._read()
        del rows[number]
        self._change(rows)
        self._focus_row(min(number, len(rows) - 1), "")

    def _change(self, rows: list[Row]) -> None:
        self._value = rows
        self._rebuild()
        self.edited.emit(False)

    def _place_of_focus(self) -> tuple[int, str] | None:
        """Row and part; '' for a button of the row."""
        at = QApplication.focusWidget()
        for number, one in enumerate(self.rows):
            for part, widget in one.inputs().items():
                if widget.hasFocus():
                    return number, part
            if at is not None and one.isAncestorOf(at):
                return number, ""
        return None

    def _focus_row(self, number: int, part: str) -> None:
        if not self.rows:
            self.add.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        inputs = self.rows[min(number, len(self.rows) - 1)].inputs()
        (inputs.get(part) or next(iter(inputs.values()))).setFocus(Qt.FocusReason.OtherFocusReason)

    def focus(self, path: str) -> None:
        """`phones.0.number`"""
        _head, _dot, rest = path[len(self.spec.path) :].partition(".")
        number, _dot, part = rest.partition(".")
        self._focus_row(int(number) if number.isdecimal() else 0, part)

    def set_wrong(self, paths: frozenset[str]) -> None:
        self._wrong = paths
        for number, one in enumerate(self.rows):
            for part, widget in one.inputs().items():
                mark_wrong(widget, f"{self.spec.path}.{number}.{part}" in paths)


class PhonesControl(RowsControl):
    begins = "number"

    def __init__(self, spec: FieldSpec, parent: QWidget) -> None:
        super().__init__(spec, parent, tr("Add a phone"), f"editor.{spec.path}")

    def make(self, name: str, number: int, value: Row) -> RowBase:
        return PhoneRow(name, number, self.spec.suggests or LABELS, value, self)


class RecordsControl(RowsControl):
    def __init__(self, spec: FieldSpec, parent: QWidget) -> None:
        super().__init__(spec, parent, tr("Add an entry"), f"editor.{spec.path}")

    def make(self, name: str, number: int, value: Row) -> RowBase:
        return RecordRow(name, number, self.spec, value, self)
