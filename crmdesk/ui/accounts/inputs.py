"""What an account's form is made of: one field per setting or secret, by its kind, with hint and error under it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QLineEdit, QToolButton, QWidget

from crmdesk.core import foreign
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.ui.kit import IconWord, Muted, PlainLabel, column, icon, restyle, row
from crmdesk.ui.still import StillChoice
from crmdesk.ui.theme import theme
from crmdesk.ui.turning import TickBox
from crmdesk.ui.words import tr

LONGEST = {"title": 80, "base_url": 500}
LONGEST_TEXT = 8000
CHOICE_CHARS, MOST_CHARS = 14, 24  # of a choice that are seen at least; for which the form gets wider
LABEL_CHARS = 19  # of a label's line
WHOLE = 16_777_215  # pixels: as wide as there is room
LEAST_FIELD = 30  # average letters of a field and the gap before it, where its label stands beside it
PLAIN_LINES = "border: none; background: transparent; padding: 0px;"  # the combo box around it has the frame


class Trouble(IconWord):
    """An error in as many lines as it needs."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("cross", "", "error", parent, wrap=True)


class Field(QWidget):
    """Something to fill in, a hint under it, and the error under that when there is one.

    `edit` is the widget that takes the focus. `edited` comes after a person changed it, `submitted` after Enter. `area`
    begins its object name."""

    edited = Signal()
    submitted = Signal()
    edit: QWidget
    area = "accounts.field"

    def __init__(self, spec: FieldSpec, edit: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec, self.edit = spec, edit
        edit.setParent(self)
        edit.setObjectName(f"{self.area}.{spec.path}")
        edit.setAccessibleName(tr(spec.label))
        self.hint = Muted("", self, wrap=True)
        self.error = Trouble(self)
        self.error.hide()
        column(self, edit, self.hint, self.error, gap=3)
        self.explain(tr(spec.hint))
        self.edited.connect(lambda: self.set_error(""))

    def text(self) -> str:
        """As it is handed on."""
        raise NotImplementedError

    def set_text(self, text: str) -> None:
        """What is stored; clears the error."""
        raise NotImplementedError

    def given(self) -> bool:
        return bool(self.text().strip())

    def is_as(self, stored: str) -> bool:
        """Whether the field says what is stored."""
        return self.text() == stored

    def explain(self, hint: str) -> None:
        """The words under the field, e.g. the vendor's own."""
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self._describe()

    def set_error(self, text: str) -> None:
        self.error.set("cross", text, "error")
        self.error.setVisible(bool(text))
        self._describe()
        if bool(self.edit.property("wrong")) != bool(text):
            self.edit.setProperty("wrong", bool(text))
            restyle(self.edit)

    def _describe(self) -> None:
        self.edit.setAccessibleDescription(self.error.word() or self.hint.text())


class LineField(Field):
    """One line. A secret is dots with an eye; a password is left exactly as it was typed, everything else loses the
    blanks and line ends that copying brings along."""

    edit: QLineEdit

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        edit = QLineEdit()
        super().__init__(spec, edit, parent)
        edit.setMaxLength(spec.max_length or LONGEST.get(spec.path, LONGEST_TEXT))
        self._eye: QAction | None = None
        hints = Qt.InputMethodHint
        if spec.kind.secret:
            self._make_secret()
        elif spec.kind in (FieldKind.URL, FieldKind.EMAIL):
            url = spec.kind is FieldKind.URL
            edit.setInputMethodHints(hints.ImhUrlCharactersOnly if url else hints.ImhEmailCharactersOnly)
            edit.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        edit.textEdited.connect(lambda _text: self.edited.emit())
        edit.returnPressed.connect(self.submitted.emit)
        edit.editingFinished.connect(self._trim)

    def _make_secret(self) -> None:
        self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        hints = Qt.InputMethodHint
        self.edit.setInputMethodHints(hints.ImhSensitiveData | hints.ImhNoPredictiveText | hints.ImhNoAutoUppercase)
        self._eye = self.edit.addAction(icon("eye"), QLineEdit.ActionPosition.TrailingPosition)
        self._eye.setObjectName(f"{self.area}.{self.spec.path}.show")
        self._eye.triggered.connect(self._toggle)
        for inside in self.edit.findChildren(QToolButton):  # Qt made it for the action; tests and screen readers see it
            inside.setObjectName(f"{self._eye.objectName()}.button")
        theme().changed.connect(self._draw_eye)
        self._draw_eye()

    def text(self) -> str:
        typed = self.edit.text()
        return typed if self.spec.kind is FieldKind.PASSWORD else typed.strip()

    def set_text(self, text: str) -> None:
        self.edit.setText(text)
        self.edit.setCursorPosition(0)
        self.set_error("")

    def _trim(self) -> None:
        if self.edit.text() != self.text():
            self.edit.setText(self.text())

    def _toggle(self) -> None:
        mode = QLineEdit.EchoMode
        hidden = self.edit.echoMode() == mode.Password
        self.edit.setEchoMode(mode.Normal if hidden else mode.Password)
        self._draw_eye()

    def _draw_eye(self) -> None:
        if self._eye is not None:
            hidden = self.edit.echoMode() == QLineEdit.EchoMode.Password
            self._eye.setIcon(icon("eye" if hidden else "eye-off"))
            self._eye.setText(tr("Show what is typed") if hidden else tr("Hide what is typed"))
            self._eye.setToolTip(self._eye.text())


class Choice(StillChoice):
    """A combo box that grows with its row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)  # it grows with its row; a large font leaves little room


class ChoiceField(Field):
    """One of the vendor's codes, in words. Where nothing has to be chosen, nothing is the first choice; where nothing
    means one of the codes, that one is chosen."""

    edit: QComboBox

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        edit = Choice()
        super().__init__(spec, edit, parent)
        if not (spec.required or spec.default or "" in dict(spec.words)):
            edit.addItem(tr("Default"), "")
        for code, words in spec.words:
            edit.addItem(tr(words), code)
        edit.setMinimumContentsLength(_letters(edit))
        edit.setPlaceholderText(tr("Choose…"))
        edit.activated.connect(lambda _index: self.edited.emit())
        self.set_text("")

    def text(self) -> str:
        return str(self.edit.currentData() or "")

    def set_text(self, text: str) -> None:
        """A code that this version does not know is kept, and shown as it is."""
        text = text or self.spec.default
        if text and self.edit.findData(text) < 0:
            self.edit.addItem(text, text)
        self.edit.setCurrentIndex(self.edit.findData(text))
        self.set_error("")

    def is_as(self, stored: str) -> bool:
        return self.text() == (stored or self.spec.default)


class FlagField(Field):
    """Yes or no; handed on as the texts "true" and "false"."""

    edit: TickBox

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        edit = TickBox(tr(spec.label).replace("&", "&&"))
        super().__init__(spec, edit, parent)
        edit.on_turn(lambda _on: self.edited.emit())

    def text(self) -> str:
        return "true" if self.edit.isChecked() else "false"

    def set_text(self, text: str) -> None:
        self.edit.setChecked(bool(foreign.flag(text)))
        self.set_error("")

    def given(self) -> bool:
        return True

    def is_as(self, stored: str) -> bool:
        """Nothing stored is no."""
        return self.edit.isChecked() == bool(foreign.flag(stored))


class AddressField(Field):
    """The vendor's known addresses to choose from, with their words; any other can be typed."""

    edit: QComboBox

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        edit, self._line = Choice(), QLineEdit()
        edit.setLineEdit(self._line)  # with it the box can be typed into
        super().__init__(spec, edit, parent)
        edit.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        edit.setCompleter(None)  # type: ignore[arg-type]  # Qt takes None; it would finish addresses by itself
        for address, words in spec.words:
            edit.addItem(f"{tr(words)} — {address}", address)
        line = self._line
        line.setObjectName(f"{self.area}.{spec.path}.line")
        line.setMaxLength(LONGEST["base_url"])
        line.setStyleSheet(PLAIN_LINES)
        line.setAccessibleName(tr(spec.label))
        edit.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        edit.activated.connect(self._chosen)
        edit.editTextChanged.connect(lambda _text: self._name_it())
        line.textEdited.connect(lambda _text: self.edited.emit())
        line.returnPressed.connect(self.submitted.emit)

    def text(self) -> str:
        return self.edit.currentText().strip()

    def set_text(self, text: str) -> None:
        self.edit.setCurrentIndex(self.edit.findData(text))
        self.edit.setEditText(text)
        self._line.setCursorPosition(0)
        self.set_error("")

    def _chosen(self, index: int) -> None:
        """The list says what an address is for; the line has the address alone."""
        self.set_text(str(self.edit.itemData(index)))
        self.edited.emit()

    def _name_it(self) -> None:
        """What the address is for stands in front of the hint."""
        words = dict(self.spec.words).get(self.text(), "")
        self.explain(" ".join(part for part in (f"{tr(words)}." if words else "", tr(self.spec.hint)) if part))


class FormRow(QWidget):
    """A label and what it is for beside it, in a `form`. Not a row of a QFormLayout: that squeezes what breaks into
    lines."""

    def __init__(self, words: str, widget: QWidget, form: QWidget) -> None:
        super().__init__(form)
        self.field, self._form, self._wide = widget, form, 0
        self._arranged: tuple[bool, int] | None = None
        self.label = PlainLabel(words, self, wrap=True)
        self.label.setBuddy(widget.edit if isinstance(widget, Field) else widget)
        self.label.setContentsMargins(0, 6, 0, 0)  # on the line of what is typed
        self.label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self._line = row(self, self.label, widget, gap=14, stretch=1)

    def minimumSizeHint(self) -> QSize:
        """With the label above: see `resizeEvent`."""
        wide = max(self.label.minimumSizeHint().width(), self.field.minimumSizeHint().width())
        return QSize(wide, super().minimumSizeHint().height())

    def align(self, width: int) -> None:
        """Of the label, where it stands beside the field: the same in all rows of a form."""
        self._wide = width
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Where a field would be too narrow beside it, the label stands above: by the width of the form, so in all its
        rows alike, also in those that are set in."""
        beside = self._form.width() >= self._wide + LEAST_FIELD * self.fontMetrics().averageCharWidth()
        if (beside, self._wide) == self._arranged:
            return
        self._arranged = (beside, self._wide)
        way = QBoxLayout.Direction
        self._line.setDirection(way.LeftToRight if beside else way.TopToBottom)
        self._line.setSpacing(14 if beside else 3)
        self.label.setMinimumWidth(self._wide if beside else 0)
        self.label.setMaximumWidth(self._wide if beside else WHOLE)
        self.label.setVisible(beside or bool(self.label.text()))
        self.updateGeometry()

    def wanted(self) -> int:
        """Width of the label on one line, if that is not too long."""
        metrics = self.label.fontMetrics()
        return min(metrics.horizontalAdvance(self.label.text()), LABEL_CHARS * metrics.averageCharWidth()) + 2


def _letters(choice: QComboBox) -> int:
    """As many as its longest words need, counted as Qt does: in widths of an X."""
    metrics = choice.fontMetrics()
    longest = max((metrics.horizontalAdvance(choice.itemText(at)) for at in range(choice.count())), default=0)
    return min(MOST_CHARS, max(CHOICE_CHARS, -(-longest // metrics.horizontalAdvance("X"))))


def field_of(spec: FieldSpec, parent: QWidget) -> Field:
    """The field that a credential's kind asks for."""
    if spec.path == "base_url" and spec.words:
        return AddressField(spec, parent)
    kinds: dict[FieldKind, type[ChoiceField | FlagField]] = {
        FieldKind.CHOICE: ChoiceField,
        FieldKind.FLAG: FlagField,
    }
    return kinds.get(spec.kind, LineField)(spec, parent)
