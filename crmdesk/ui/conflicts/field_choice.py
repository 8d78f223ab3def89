"""One clashing field: base, mine, theirs beside each other (below each other where it is narrow), one to be chosen, or
a text of one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QWidget,
)

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.merge import same
from crmdesk.core.outbox import Clash
from crmdesk.ui.conflicts.differences import Piece, combined, pieces
from crmdesk.ui.conflicts.marked import MarkedText
from crmdesk.ui.conflicts.subject import FREE, LONG_TEXT
from crmdesk.ui.contacts.detail_values import clean, plain, value_words
from crmdesk.ui.kit import Card, Heading, Muted, PlainLabel, button, column, restyle, row, tr
from crmdesk.ui.outbox.speech import SPEECH

INDENT = 26  # pixels, as wide as the round mark
LINES = 4  # of the box for a longer text


@dataclass(frozen=True, slots=True)
class Chosen:
    """What stands chosen: "", "mine", "theirs" or "own" with its text."""

    side: str = ""
    text: str = ""


class FieldChoice(Card):
    """`changed`: another choice or another text."""

    changed = Signal()

    def __init__(self, clash: Clash, spec: FieldSpec, columns: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self.clash, self.spec = clash, spec
        self.name = f"conflict.row.{clash.path}"
        self.setObjectName(self.name)
        label = tr(spec.label)
        self.setAccessibleName(label)
        self._group = QButtonGroup(self)
        self._cells: list[QWidget] = []
        self.radios: dict[str, QRadioButton] = {}
        self.edit: QLineEdit | QPlainTextEdit | None = None
        texts = [self._text(value) for value in (clash.base, clash.mine, clash.theirs)]
        for key, text, (title, under) in zip(("base", "mine", "theirs"), texts, columns, strict=True):
            self._cells.append(self._cell(key, text, title, under, texts))
        self._grid_box = QWidget(self)
        self._grid = QGridLayout(self._grid_box)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(10)
        self.error = PlainLabel("", wrap=True)
        self.error.set_tone("error")
        self.error.hide()
        parts: list[QWidget] = [Heading(label, factor=1.0), self._grid_box]
        if spec.kind in FREE and not spec.masked:
            parts.append(self._own(texts))
        column(self, *parts, self.error, gap=8, margins=(16, 12, 16, 14))
        self._group.buttonToggled.connect(lambda *_: self._toggled())
        self.set_stacked(False)
        if same(clash.mine, clash.theirs):  # nothing to decide
            self.choose("mine")

    # building

    def _text(self, value: Any) -> str:
        """The whole value: lines stay lines, lists one entry a line."""
        if self.spec.masked:
            return SPEECH.value(self.spec, value)
        if self.spec.kind is FieldKind.LINES:
            return clean(plain(value), lines=True) if value not in (None, "") else ""
        if isinstance(value, list) and self.spec.kind in (FieldKind.PHONES, FieldKind.RECORDS):
            return "\n".join(SPEECH.value(self.spec, [item]) for item in value)
        return value_words(self.spec, value)[0] or SPEECH.value(self.spec, value)

    def _cell(self, key: str, text: str, title: str, under: str, texts: list[str]) -> QWidget:
        cell = QWidget(self)
        base, _, _ = texts
        head: QWidget
        shown = MarkedText(self._marked(text, base if key != "base" else text), muted=key == "base", parent=cell)
        if key == "base":
            head = Muted(title, cell)
            head.setContentsMargins(0, 4, 0, 4)
        else:
            head = self._radio(key, title, text)
            shown.clicked.connect(self._chooser(key))
        told, below, texts_below = Muted(under, cell, wrap=True), QWidget(cell), QWidget(cell)
        told.setVisible(bool(under))
        column(texts_below, told, shown, gap=3)
        line = row(below, texts_below, gap=0, stretch=0)
        if key != "base":
            line.insertSpacing(0, INDENT)  # at the leading side
        column(cell, head, below, gap=3).addStretch(1)
        return cell

    def _marked(self, text: str, base: str) -> tuple[Piece, ...]:
        """Differing words are marked in texts: of a city the whole differs."""
        if not text:
            return (Piece(tr("empty"), False),)
        long = self.spec.kind is FieldKind.LINES or max(len(text), len(base)) >= LONG_TEXT
        return pieces(text, base) if long and base else (Piece(text, False),)

    def _radio(self, key: str, title: str, text: str) -> QRadioButton:
        made = QRadioButton(title)
        made.setObjectName(f"{self.name}.{key}")
        spoken = f"{tr(self.spec.label)}, {title}: {text or tr('empty')}"
        made.setAccessibleName(spoken)
        self._group.addButton(made)
        self.radios[key] = made
        return made

    def _chooser(self, key: str) -> Callable[[], None]:
        return lambda: self.choose(key)

    def _own(self, texts: list[str]) -> QWidget:
        """A text of one's own: a line, or for long texts a box that begins with both sides' changes."""
        base, mine, theirs = texts
        box = QWidget(self)
        radio = self._radio("own", tr("Another text"), "")
        head = QWidget(box)
        if self.spec.kind is FieldKind.LINES:
            area = QPlainTextEdit(box)
            area.setTabChangesFocus(True)
            area.setFixedHeight(area.fontMetrics().lineSpacing() * LINES + 22)
            area.textChanged.connect(self._typed)
            self.edit = area
            both = button(
                f"{self.name}.combine", tr("Edit combined"), lambda: self._combine(combined(base, mine, theirs))
            )
            row(head, radio, both).addStretch(1)
            area.hide()
        else:
            line = QLineEdit(box)
            line.setMaxLength(self.spec.max_length or 2000)
            line.textChanged.connect(lambda _text: self._typed())
            self.edit = line
            row(head, radio, line, stretch=1)
        self.edit.setObjectName(f"{self.name}.edit")
        self.edit.setAccessibleName(f"{tr(self.spec.label)}, {tr('Another text')}")
        parts = [head, self.edit] if isinstance(self.edit, QPlainTextEdit) else [head]
        column(box, *parts, gap=6)
        return box

    def set_stacked(self, stacked: bool) -> None:
        """The three versions below each other."""
        for place, cell in enumerate(self._cells):
            self._grid.addWidget(cell, place if stacked else 0, 0 if stacked else place, Qt.AlignmentFlag.AlignTop)
        for place in range(3):
            self._grid.setColumnStretch(place, 0 if stacked and place else 1)

    # choosing

    @property
    def chosen(self) -> Chosen:
        side = next((key for key, made in self.radios.items() if made.isChecked()), "")
        return Chosen(side, self._own_text())

    @property
    def decided(self) -> bool:
        return bool(self.chosen.side)

    @property
    def value(self) -> Any:
        """The chosen value, as JSON."""
        side = self.chosen.side
        if side == "own":
            return self._own_text() if self.spec.kind is FieldKind.LINES else self._own_text().strip()
        return {"mine": self.clash.mine, "theirs": self.clash.theirs}.get(side)

    def words(self) -> str:
        """What comes of it, for the preview."""
        return SPEECH.value(self.spec, self.value) or tr("empty")

    def choose(self, side: str) -> None:
        if side in self.radios:
            self.radios[side].setChecked(True)

    def bring_back(self, chosen: Chosen) -> None:
        """What was chosen when this conflict was left."""
        if chosen.text:
            self._set_own(chosen.text)
        self.choose(chosen.side)

    def show_error(self, text: str) -> None:
        """In the server's or our own words, '' for none."""
        self.error.setText(text)
        self.error.setVisible(bool(text))
        if self.edit is not None:
            self.edit.setProperty("wrong", bool(text))
            restyle(self.edit)

    def _own_text(self) -> str:
        if isinstance(self.edit, QPlainTextEdit):
            return self.edit.toPlainText()
        return self.edit.text() if self.edit is not None else ""

    def _set_own(self, text: str) -> None:
        if isinstance(self.edit, QPlainTextEdit):
            self.edit.setPlainText(text)
        elif self.edit is not None:
            self.edit.setText(text)

    def _combine(self, text: str) -> None:
        self._set_own(text)
        self.choose("own")
        if self.edit is not None:
            self.edit.show()
            self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def _typed(self) -> None:
        """Typing a text of one's own chooses it."""
        if self._own_text() and not self.radios["own"].isChecked():
            self.choose("own")
        else:
            self._toggled()

    def _toggled(self) -> None:
        self.show_error("")
        if isinstance(self.edit, QPlainTextEdit):
            self.edit.setVisible(self.radios["own"].isChecked() or bool(self._own_text()))
        self.changed.emit()
