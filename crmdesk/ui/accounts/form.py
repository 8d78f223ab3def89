"""One account's form: title, address and what the vendor needs to sign in, with errors at the fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QToolButton, QWidget

from crmdesk.core.errors import SettingsError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.text import one_line
from crmdesk.core.types import Account
from crmdesk.core.vendor import CheckStep, Vendor
from crmdesk.ui.feedback import announce
from crmdesk.ui.kit import Card, Heading, IconWord, Muted, PlainLabel, column, icon, restyle
from crmdesk.ui.theme import theme
from crmdesk.ui.words import tr

LONGEST = {"title": 80, "base_url": 500}
STEP_SIGNS = {True: ("ok", "yes", "ok"), False: ("cross", "no", "error"), None: ("dash", "not tried", "")}


class Field(QWidget):
    """A line to type in, a hint under it, and the error under that when there is one."""

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.edit = QLineEdit(self)
        self.edit.setObjectName(f"accounts.field.{spec.path}")
        self.edit.setAccessibleName(spec.label)
        self.edit.setMaxLength(spec.max_length or LONGEST.get(spec.path, 8000))
        self.hint = Muted(spec.hint, self, wrap=True)
        self.hint.setVisible(bool(spec.hint))
        self.error = IconWord("cross", "", "error", self)
        self.error.hide()
        self._eye: QAction | None = None
        if spec.kind is FieldKind.SECRET:
            self._make_secret()
        column(self, self.edit, self.hint, self.error, gap=3)
        self.edit.textEdited.connect(lambda _text: self.set_error(""))
        self.edit.editingFinished.connect(self._trim)

    def _make_secret(self) -> None:
        self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        hints = Qt.InputMethodHint
        self.edit.setInputMethodHints(hints.ImhSensitiveData | hints.ImhNoPredictiveText | hints.ImhNoAutoUppercase)
        self._eye = self.edit.addAction(icon("eye"), QLineEdit.ActionPosition.TrailingPosition)
        self._eye.setObjectName(f"accounts.field.{self.spec.path}.show")
        self._eye.triggered.connect(self._toggle)
        for inside in self.edit.findChildren(QToolButton):  # Qt made it for the action; tests and screen readers see it
            inside.setObjectName(f"{self._eye.objectName()}.button")
        theme().changed.connect(self._draw_eye)
        self._draw_eye()

    def text(self) -> str:
        """Without the spaces and line ends that copying brings along."""
        return self.edit.text().strip()

    def set_text(self, text: str) -> None:
        self.edit.setText(text)
        self.edit.setCursorPosition(0)
        self.set_error("")

    def explain(self, hint: str) -> None:
        """Another hint under the line, e.g. the vendor's own."""
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.edit.setAccessibleDescription(hint)

    def set_error(self, text: str) -> None:
        self.error.set("cross", text, "error")
        self.error.setVisible(bool(text))
        self.edit.setAccessibleDescription(text or self.hint.text())
        if bool(self.edit.property("wrong")) != bool(text):
            self.edit.setProperty("wrong", bool(text))
            restyle(self.edit)

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


class Steps(Card):
    """The three lines of *Test connection*."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("accounts.steps")
        self._lines = QFormLayout(self)
        self._lines.setContentsMargins(12, 9, 12, 9)
        self._shown: list[str] = []
        self.hide()

    def show_steps(self, steps: Sequence[CheckStep]) -> None:
        self.clear()
        for step in steps:
            name, word, tone = STEP_SIGNS[step.ok]
            text = PlainLabel(one_line(step.text), self, wrap=True)
            box = QWidget(self)
            column(box, IconWord(name, f"{tr(step.name)}: {tr(word)}", tone), text, gap=1)
            self._lines.addRow(box)
            self._shown.append(f"{tr(step.name)}: {tr(word)}. {step.text}")
        self.setVisible(bool(steps))
        announce(self, " ".join(self._shown), assertive=any(step.ok is False for step in steps))

    def clear(self) -> None:
        self._shown = []
        while self._lines.rowCount():
            self._lines.removeRow(0)
        self.hide()

    def texts(self) -> list[str]:
        return list(self._shown)


TITLE = FieldSpec("title", "Name", required=True, hint="How this account is called here, for example the property.")
ADDRESS = FieldSpec("base_url", "Address", FieldKind.URL, required=True)


class AccountForm(QWidget):
    """`edited`: something was typed. Secrets are never shown: an empty field means "keep the stored one"."""

    edited = Signal()
    submitted = Signal()

    def __init__(self, vendors: Mapping[str, Vendor], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._vendors = vendors
        self._account: Account | None = None
        self._shown: tuple[str, str, str] = ("", "", "")
        self.heading = Heading("", self)
        self.vendor = QComboBox(self)
        self.vendor.setObjectName("accounts.vendor")
        self.vendor.setAccessibleName(tr("Vendor"))
        for key, vendor in vendors.items():
            self.vendor.addItem(vendor.title, key)
        self.title, self.base_url = Field(TITLE, self), Field(ADDRESS, self)
        self.secrets: dict[str, Field] = {}
        self._form = QFormLayout()
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setVerticalSpacing(12)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, widget in (("Vendor", self.vendor), ("Name", self.title), ("Address", self.base_url)):
            self._add(tr(words), widget)
        column(self, self.heading, gap=14).addLayout(self._form)
        self.vendor.currentIndexChanged.connect(lambda _index: self._vendor_chosen())
        for field in (self.title, self.base_url):
            self._watch(field)

    def _add(self, words: str, widget: QWidget) -> None:
        label = PlainLabel(words, self)
        label.setBuddy(widget.edit if isinstance(widget, Field) else widget)
        self._form.addRow(label, widget)

    def _watch(self, field: Field) -> None:
        field.edit.textEdited.connect(lambda _text: self.edited.emit())
        field.edit.returnPressed.connect(self.submitted.emit)

    @property
    def account(self) -> Account | None:
        """The account that is edited; None for a new one."""
        return self._account

    def vendor_key(self) -> str:
        return str(self.vendor.currentData())

    def show_new(self) -> None:
        """An empty form with the vendor's usual address."""
        self._account = None
        self.heading.setText(tr("New account"))
        self.vendor.setEnabled(len(self._vendors) > 1)
        self._fill("", self._vendors[self.vendor_key()].default_base_url)
        self.title.edit.setFocus()

    def show_account(self, account: Account) -> None:
        self._account = account
        self.heading.setText(account.title)
        self.vendor.setCurrentIndex(max(0, self.vendor.findData(account.vendor)))
        self.vendor.setEnabled(False)
        self._fill(account.title, account.base_url)

    def values(self) -> tuple[str, str, dict[str, str]]:
        """Title, address and the secrets that were typed."""
        typed = {path: field.text() for path, field in self.secrets.items() if field.text()}
        return self.title.text(), self.base_url.text(), typed

    def dirty(self) -> bool:
        title, base_url, typed = self.values()
        return bool(typed) or (title, base_url) != self._shown[:2]

    def check(self) -> bool:
        """Mark what is missing or cannot work; True when it may be sent on."""
        self.clear_errors()
        wrong = [field for field in self._fields() if field.spec.required and not self._given(field)]
        for field in wrong:
            field.set_error(tr("Please fill in."))
        if not wrong:
            wrong = self._check_address()
        if wrong:
            wrong[0].edit.setFocus()
            announce(self, wrong[0].error.word(), assertive=True)
        return not wrong

    def _check_address(self) -> list[Field]:
        try:
            self._vendors[self.vendor_key()].check_base_url(self.base_url.text())
        except SettingsError as error:
            self.base_url.set_error(str(error))
            return [self.base_url]
        return []

    def show_error(self, error: SettingsError) -> bool:
        """At its field; False where no field has that name."""
        field = {field.spec.path: field for field in self._fields()}.get(error.field)
        if field is None:
            return False
        field.set_error(str(error))
        field.edit.setFocus()
        announce(self, str(error), assertive=True)
        return True

    def clear_errors(self) -> None:
        for field in self._fields():
            field.set_error("")

    def _given(self, field: Field) -> bool:
        stored = self._account is not None and field.spec.path in self.secrets
        return bool(field.text()) or stored

    def _fields(self) -> list[Field]:
        return [self.title, self.base_url, *self.secrets.values()]

    def _fill(self, title: str, base_url: str) -> None:
        self.title.set_text(title)
        self.base_url.set_text(base_url)
        self._shown = (title, base_url, "")
        self._make_secrets(self._vendors[self.vendor_key()])

    def _make_secrets(self, vendor: Vendor) -> None:
        for field in self.secrets.values():
            self._form.removeRow(field)
        for spec in vendor.credentials:
            if spec.path == ADDRESS.path:
                self.base_url.explain(spec.hint)
        self.secrets = {spec.path: Field(spec, self) for spec in vendor.credentials if spec.path != ADDRESS.path}
        before = self.base_url
        for field in self.secrets.values():
            self._add(field.spec.label, field)
            self._watch(field)
            QWidget.setTabOrder(before.edit, field.edit)  # else one that was made later comes after the buttons
            before = field
            if self._account is not None:
                field.edit.setPlaceholderText(tr("Stored. Type here only to replace it."))

    def _vendor_chosen(self) -> None:
        if self._account is None:
            self._fill(self.title.text(), self._vendors[self.vendor_key()].default_base_url)
