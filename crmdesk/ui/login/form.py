"""The fields of one way to sign in, made of FieldSpecs: label above, what is typed, hint and error below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from crmdesk.core.errors import Problem
from crmdesk.core.fields import FieldKind, FieldSpec, asked_for
from crmdesk.ui.accounts.inputs import ChoiceField, Field, FlagField, LineField
from crmdesk.ui.editor.controls import day_of
from crmdesk.ui.editor.inputs import Lines
from crmdesk.ui.editor.picks import Pick, options_of
from crmdesk.ui.feedback import announce
from crmdesk.ui.kit import IconWord, Muted, PlainLabel, column, tr
from crmdesk.ui.login.guard import Guard

AREA = "login.field"
_HINTS = Qt.InputMethodHint


class GuestLine(LineField):
    """One line; numbers, addresses and names of people are written from left to right where they are Latin."""

    area = AREA

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        if spec.kind is FieldKind.PHONES:
            self.edit.setInputMethodHints(_HINTS.ImhDialableCharactersOnly)
            self.edit.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


class PasswordLine(GuestLine):
    """Dots with an eye. Pasting is allowed, copying is not; Caps Lock is told, as far as the letters show it."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.caps = IconWord("warning", tr("Caps Lock is on."), "warning", self)
        self.caps.setObjectName(f"{AREA}.{spec.path}.caps")
        self.caps.hide()
        layout = self.layout()
        assert layout is not None  # the field's column
        layout.addWidget(self.caps)
        self.guard = Guard(self.edit)
        self.guard.capsLock.connect(self._caps_lock)

    def wipe(self) -> None:
        self.guard.wipe()
        self.caps.hide()
        if self.edit.echoMode() != QLineEdit.EchoMode.Password:
            self._toggle()

    def _caps_lock(self, on: bool) -> None:
        self.caps.setVisible(on)
        if on:
            announce(self, self.caps.word())


class DateLine(GuestLine):
    """A day: as ISO writes it, or as the desk's language writes it; understood when the field is left."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        self.edit.setPlaceholderText(tr("Year-month-day, e.g. 1985-03-01"))
        self.edit.setLayoutDirection(Qt.LayoutDirection.LeftToRight)

    def text(self) -> str:
        return day_of(super().text()) or super().text()


class CountryField(Field):
    """A country that is found by typing; handed on as its code."""

    area = AREA

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        self._pick = Pick(f"{AREA}.{spec.path}", tr(spec.label), lambda: options_of(spec))
        super().__init__(spec, self._pick, parent)
        self._pick.setObjectName(f"{AREA}.{spec.path}.pick")
        self.edit = self._pick.line  # takes focus, frame and words; the box around it has none of them
        self._pick.setAccessibleName("")
        self._describe()
        self._pick.typed.connect(self.edited.emit)
        self._pick.line.editingFinished.connect(self._pick.settle)
        self._pick.line.returnPressed.connect(self.submitted.emit)

    def text(self) -> str:
        return self._pick.code()

    def set_text(self, text: str) -> None:
        self._pick.put(text)
        self.set_error("")


class GuestChoice(ChoiceField):
    """One of the vendor's codes, in words."""

    area = AREA

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(spec, parent)
        if not self.edit.itemData(0):
            self.edit.setItemText(0, tr("No answer"))


class LinesField(Field):
    """Text of several lines; Ctrl+Enter is the main button's."""

    area = AREA

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        self._lines = Lines(f"{AREA}.{spec.path}", tr(spec.label))
        super().__init__(spec, self._lines, parent)
        self._lines.typed.connect(self.edited.emit)

    def text(self) -> str:
        return self._lines.toPlainText().strip()

    def set_text(self, text: str) -> None:
        self._lines.put(text)
        self.set_error("")


class GuestFlag(FlagField):
    """A box to tick. One that is required has to be ticked: it is what somebody agrees to."""

    area = AREA

    def given(self) -> bool:
        return self.edit.isChecked()


def guest_field(spec: FieldSpec, parent: QWidget) -> Field:
    """The field that the kind asks for."""
    if spec.kind.secret:
        return PasswordLine(spec, parent)
    kinds: dict[FieldKind, type[Field]] = {
        FieldKind.CHOICE: GuestChoice,
        FieldKind.FLAG: GuestFlag,
        FieldKind.COUNTRY: CountryField,
        FieldKind.DATE: DateLine,
        FieldKind.LINES: LinesField,
    }
    make = kinds.get(spec.kind, GuestLine)
    return make(spec, parent)


class GuestForm(QWidget):
    """`submitted`: Enter in a line. `fields` by path, in their order."""

    submitted = Signal()
    edited = Signal()

    def __init__(self, specs: Sequence[FieldSpec], parent: QWidget | None = None, *, hint: str = "") -> None:
        super().__init__(parent)
        self.fields: dict[str, Field] = {}
        self._specs = tuple(specs)
        self._boxes: dict[str, QWidget] = {}
        layout = column(self, gap=10)
        if hint:
            layout.addWidget(Muted(hint, self, wrap=True))
        group = ""
        for spec in specs:
            if spec.group and spec.group != group:
                layout.addWidget(PlainLabel(tr(spec.group), self, wrap=True))
            group = spec.group
            self._boxes[spec.path] = box = self._labelled(spec)
            layout.addWidget(box)
        self.edited.connect(self._show_asked)
        self._show_asked()

    def _show_asked(self) -> None:
        """What another choice makes pointless is not in the way."""
        shown = {spec.path for spec in self._asked()}
        for path, box in self._boxes.items():
            box.setVisible(path in shown)

    def _asked(self) -> list[FieldSpec]:
        return asked_for(self._specs, {path: field.text() for path, field in self.fields.items()})

    def asked(self) -> dict[str, Field]:
        """The fields that count with what is chosen now."""
        return {spec.path: self.fields[spec.path] for spec in self._asked()}

    def _labelled(self, spec: FieldSpec) -> QWidget:
        box = QWidget(self)
        made = self.fields[spec.path] = guest_field(spec, box)
        made.edited.connect(self.edited.emit)
        made.submitted.connect(self.submitted.emit)
        if isinstance(made, FlagField):  # its words stand beside it
            column(box, made)
            return box
        sure = spec.required or bool(spec.default)
        words = tr(spec.label) if sure else tr("{field} (optional)").replace("{field}", tr(spec.label))
        label = Muted(words, box, wrap=True)
        label.setBuddy(made.edit)
        column(box, label, made, gap=3)
        return box

    def inputs(self) -> list[QWidget]:
        """What takes the focus, in reading order."""
        return [field.edit for field in self.fields.values()]

    # values

    def values(self) -> dict[str, str]:
        """By path what was given; a box that nobody ticked says nothing."""
        return {path: field.text() for path, field in self.asked().items() if field.given() and field.text()}

    def put(self, values: Mapping[str, str]) -> None:
        """Fill in what is known; what stands there otherwise stays."""
        for path, text in values.items():
            if (field := self.fields.get(path)) is not None and not field.spec.kind.secret:
                field.set_text(text)
        self._show_asked()

    def lacks(self, path: str) -> bool:
        """Whether nothing stands in this field."""
        field = self.fields.get(path)
        return field is not None and not field.given()

    def of_kind(self, kind: FieldKind) -> Field | None:
        """The first field of a kind."""
        return next((field for field in self.fields.values() if field.spec.kind is kind), None)

    def wipe(self) -> None:
        """Secrets do not stay on screen or in memory."""
        for field in self.fields.values():
            if isinstance(field, PasswordLine):
                field.wipe()

    # errors

    def check(self) -> bool:
        """Mark what is missing; True when it may be sent on."""
        missing = []
        for field in self.asked().values():
            wrong = field.spec.required and not field.given()
            words = tr("This has to be ticked.") if isinstance(field, FlagField) else tr("Please fill in.")
            field.set_error(words if wrong else "")
            if wrong:
                missing.append(field)
        if missing:
            missing[0].edit.setFocus(Qt.FocusReason.OtherFocusReason)
            announce(self, f"{tr(missing[0].spec.label)}: {missing[0].error.word()}", assertive=True)
        return not missing

    def show_problems(self, problems: Sequence[Problem]) -> list[Problem]:
        """At their fields; what belongs to none of them comes back."""
        texts: dict[str, list[str]] = {}
        rest, asked = [], self.asked()
        for problem in problems:
            if problem.path in asked:
                texts.setdefault(problem.path, []).append(tr(problem.text))
            else:
                rest.append(problem)
        for path, field in self.fields.items():
            field.set_error("\n".join(texts.get(path, [])))
        return rest

    def focus_first(self) -> None:
        """To what is wrong, else to the first that is required and empty, else to the first."""
        every = list(self.asked().values())
        wrong = [field for field in every if field.error.word()]
        empty = [field for field in every if field.spec.required and not field.given()]
        for field in (*wrong, *empty, *every):
            field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
            if isinstance(field.edit, QLineEdit):
                field.edit.selectAll()
            return
