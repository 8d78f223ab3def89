"""What a field is edited with, by its kind. A control holds a value (`values.held`) and tells when a person changed it.

`edited(join)` comes with each change: with `join` it is one key of several that are undone together."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.ui.contacts.detail_values import date_words
from crmdesk.ui.editor.inputs import Combo, Line, Lines, Veiled, mark_wrong
from crmdesk.ui.editor.picks import Chips, Options, Pick, any_text, options_of
from crmdesk.ui.editor.values import Held, is_date
from crmdesk.ui.kit import column, tr

PREFIX = "editor.field"
SENSIBLE = Qt.InputMethodHint
_HINTS = {
    FieldKind.EMAIL: SENSIBLE.ImhEmailCharactersOnly,
    FieldKind.URL: SENSIBLE.ImhUrlCharactersOnly,
    FieldKind.NUMBER: SENSIBLE.ImhFormattedNumbersOnly,
}
_LEFT_TO_RIGHT = (FieldKind.EMAIL, FieldKind.URL, FieldKind.PHONES, FieldKind.NUMBER, FieldKind.DATE)


class Control(QWidget):
    """`first` takes the focus of the field; the label is its buddy."""

    edited = Signal(bool)  # whether further keys join
    pasted = Signal(str)
    first: QWidget
    wide = False  # takes both columns

    def put(self, value: Held) -> None:
        """Show a value that nobody typed just now."""
        raise NotImplementedError

    def value(self) -> Held:
        raise NotImplementedError

    def leave(self) -> str:
        """The focus goes on: a word about what cannot be taken over, or ''."""
        return ""

    def set_wrong(self, paths: frozenset[str]) -> None:
        """Mark what cannot be sent; `paths` are those of this field's problems."""
        mark_wrong(self.first, bool(paths))

    def focus(self, path: str) -> None:
        """To the part of the field that `path` names."""
        self.first.setFocus(Qt.FocusReason.OtherFocusReason)

    def describe(self, text: str) -> None:
        """For screen readers: what is wrong with the value."""
        self.first.setAccessibleDescription(text)


class TextControl(Control):
    """One line of text."""

    def __init__(self, spec: FieldSpec, parent: QWidget) -> None:
        super().__init__(parent)
        self.spec = spec
        self.first = self.line = Line(f"{PREFIX}.{spec.path}", tr(spec.label), self)
        if spec.kind in _HINTS:
            self.line.setInputMethodHints(_HINTS[spec.kind])
        if spec.kind in _LEFT_TO_RIGHT:
            self.line.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.line.typed.connect(lambda: self.edited.emit(True))
        column(self, self.line)

    def put(self, value: Held) -> None:
        self.line.put(value)

    def value(self) -> Held:
        return self.line.text()


class DateControl(TextControl):
    """A day: as ISO writes it, or as the desk's language writes it; understood when the field is left."""

    def __init__(self, spec: FieldSpec, parent: QWidget) -> None:
        super().__init__(spec, parent)
        self.line.setPlaceholderText(tr("Year-month-day, e.g. 1985-03-01"))

    def put(self, value: Held) -> None:
        super().put(value)
        self.line.setToolTip(date_words(value))

    def leave(self) -> str:
        read = day_of(self.line.text())
        if read and read != self.line.text():
            self.put(read)
            self.edited.emit(True)
        return ""


def day_of(text: str) -> str:
    """What was typed as YYYY-MM-DD, read in the desk's own formats too; '' where it is no day."""
    from PySide6.QtCore import QDate, QLocale

    typed = text.strip()
    if is_date(typed):
        return typed
    desk, length = QLocale(), QLocale.FormatType
    for form in (
        desk.dateFormat(length.ShortFormat).replace("yyyy", "yy").replace("yy", "yyyy"),
        "d.M.yyyy",
        "yyyy/M/d",
    ):
        day = QDate.fromString(typed, form)
        if day.isValid():
            return day.toString("yyyy-MM-dd")
    return ""


class VeiledControl(Control):
    """Text that is hidden until somebody asks for it."""

    def __init__(self, spec: FieldSpec, parent: QWidget) -> None:
        super().__init__(parent)
        self._veiled = Veiled(f"{PREFIX}.{spec.path}", tr(spec.label), self)
        self.first = self._veiled.line
        self._veiled.typed.connect(lambda: self.edited.emit(True))
        column(self, self._veiled)

    def put(self, value: Held) -> None:
        self._veiled.put(value)

    def value(self) -> Held:
        return self._veiled.text()

    @property
    def shown(self) -> bool:
        return self._veiled.shown


class LinesControl(Control):
    wide = True

    def __init__(self, spec: FieldSpec, parent: QWidget) -> None:
        super().__init__(parent)
        self.first = self._lines = Lines(f"{PREFIX}.{spec.path}", tr(spec.label), self)
        self._lines.typed.connect(lambda: self.edited.emit(True))
        self._lines.pasted.connect(self.pasted.emit)
        column(self, self._lines)

    def put(self, value: Held) -> None:
        self._lines.put(value)

    def value(self) -> Held:
        return self._lines.toPlainText()


class ChoiceControl(Control):
    """One of the vendor's codes, in words; nothing is a choice too."""

    def __init__(self, spec: FieldSpec, parent: QWidget) -> None:
        super().__init__(parent)
        self.first = self._combo = Combo(f"{PREFIX}.{spec.path}", tr(spec.label), self)
        self._combo.addItem(tr("Choose…") if spec.required else tr("(empty)"), "")
        for code, words in spec.words:
            if code:
                self._combo.addItem(tr(words), code)
        self._combo.activated.connect(lambda _index: self.edited.emit(False))
        column(self, self._combo)

    def put(self, value: Held) -> None:
        self._combo.put(value)

    def value(self) -> Held:
        return self._combo.code()


class FlagControl(Control):
    """Yes, no, and nothing where that is possible."""

    def __init__(self, spec: FieldSpec, parent: QWidget) -> None:
        super().__init__(parent)
        self._empty = not spec.required
        self.first = self._combo = Combo(f"{PREFIX}.{spec.path}", tr(spec.label), self)
        for word, code in ((tr("(empty)"), ""), (tr("Yes"), "true"), (tr("No"), "false")):
            if code or self._empty:
                self._combo.addItem(word, code)
        self._combo.activated.connect(lambda _index: self.edited.emit(False))
        column(self, self._combo)

    def put(self, value: Held) -> None:
        wanted = "" if value is None else "true" if value else "false"
        self._combo.setCurrentIndex(self._combo.findData(wanted))

    def value(self) -> Held:
        return {"true": True, "false": False}.get(self._combo.code())


class PickControl(Control):
    """One code that is found by typing."""

    def __init__(self, spec: FieldSpec, parent: QWidget, *, in_tuple: bool) -> None:
        super().__init__(parent)
        self._in_tuple = in_tuple
        self._pick = Pick(f"{PREFIX}.{spec.path}", tr(spec.label), partial(_options, spec), self)
        self.first = self._pick.line
        self._pick.typed.connect(lambda: self.edited.emit(True))
        column(self, self._pick)

    def put(self, value: Held) -> None:
        code = (value[0] if value else "") if self._in_tuple else value
        if code != self._pick.code() or not self._pick.line.hasFocus():
            self._pick.put(code)

    def leave(self) -> str:
        self._pick.settle()
        return ""

    def value(self) -> Held:
        code = self._pick.code()
        return ((code,) if code else ()) if self._in_tuple else code


class ChipsControl(Control):
    """Several codes."""

    wide = True

    def __init__(self, spec: FieldSpec, parent: QWidget) -> None:
        super().__init__(parent)
        asked = tr("Type a code") if any_text(spec) else ""
        self._chips = Chips(f"{PREFIX}.{spec.path}", tr(spec.label), partial(_options, spec), self, asked)
        self.first = self._chips.line
        self._chips.typed.connect(lambda: self.edited.emit(False))
        column(self, self._chips)

    def put(self, value: Held) -> None:
        self._chips.put(value)

    def value(self) -> Held:
        return self._chips.codes()

    def leave(self) -> str:
        self._chips.settle()
        left = self._chips.left_over()
        return tr("“{text}” is not in the list; choose one of the proposals.").replace("{text}", left) if left else ""


def _options(spec: FieldSpec) -> Options:
    return options_of(spec)


def control_of(spec: FieldSpec, seen: Any, single: bool, parent: QWidget) -> Control:
    """The control for a field; `seen` is the JSON that it will hold first. Widgets are made inside `parent` at once:
    the style sheet is applied anew whenever one gets another parent, which is half of the time an editor takes."""
    kind = spec.kind
    if kind is FieldKind.RECORDS or (kind is FieldKind.PHONES and not single):
        from crmdesk.ui.editor.rows import PhonesControl, RecordsControl  # with the first vendor that has them

        return PhonesControl(spec, parent) if kind is FieldKind.PHONES else RecordsControl(spec, parent)
    if kind in (FieldKind.CHOICES, FieldKind.LANGUAGES):
        return PickControl(spec, parent, in_tuple=True) if single else ChipsControl(spec, parent)
    if kind is FieldKind.COUNTRY:
        return PickControl(spec, parent, in_tuple=False)
    if spec.masked:
        return VeiledControl(spec, parent)
    if kind is FieldKind.LINES or (isinstance(seen, str) and "\n" in seen):
        return LinesControl(spec, parent)
    plain: dict[FieldKind, type[ChoiceControl | FlagControl | DateControl]] = {
        FieldKind.CHOICE: ChoiceControl,
        FieldKind.FLAG: FlagControl,
        FieldKind.DATE: DateControl,
    }
    return plain.get(kind, TextControl)(spec, parent)
