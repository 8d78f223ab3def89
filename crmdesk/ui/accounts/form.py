"""One account's form: title, address and what its vendor needs to sign in, with errors at the fields.

It is made from `Vendor.credentials`, in their order; what nobody has to fill in is folded away at the end, and what is
asked for with another choice only is not shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from crmdesk.core.errors import SettingsError
from crmdesk.core.fields import FieldKind, FieldSpec, asked_for
from crmdesk.core.types import Account
from crmdesk.core.vendor import Vendor
from crmdesk.sync.accounts import by_browser, changed_settings, identifying, same_origin
from crmdesk.sync.capabilities import UNKNOWN
from crmdesk.ui.accounts.fold import Fold
from crmdesk.ui.accounts.inputs import CHOICE_CHARS, Choice, Field, FlagField, FormRow, LineField, field_of
from crmdesk.ui.feedback import announce, error_words
from crmdesk.ui.kit import Banner, Heading, Muted, column
from crmdesk.ui.words import tr

TITLE = FieldSpec("title", "Name", required=True, hint="How this account is called here, for example the property.")
MEMORY_ONLY = (
    "Sign-ins are not stored on this computer: what you enter here is kept in memory only, until crmdesk closes."
)
NEW = 0  # in place of the id of an account that is not there yet
STORED = "Stored. Type here only to replace it."
ADDRESS = FieldSpec("base_url", "Address", FieldKind.URL, required=True)


def parted(credentials: Iterable[FieldSpec]) -> tuple[list[FieldSpec], list[FieldSpec]]:
    """What is always in sight, and what is folded away: the optional settings after the last thing that matters.

    An optional setting between required ones belongs to them (sign in by key or by name), a secret is never hidden."""
    shown = [spec for spec in credentials if spec.path != ADDRESS.path]
    folded: list[FieldSpec] = []
    while shown and not shown[-1].required and not shown[-1].kind.secret:
        folded.insert(0, shown.pop())
    return shown, folded


@dataclasses.dataclass(frozen=True, slots=True)
class _Left:
    """A form that was left unsaved: texts by path, secrets too, and those typed for other vendors."""

    vendor: str
    texts: Mapping[str, str] = dataclasses.field(repr=False)
    elsewhere: Mapping[str, dict[str, str]] = dataclasses.field(repr=False)


class AccountForm(QWidget):
    """`edited`: something was changed. Secrets are never shown: an empty field means "keep the stored one"."""

    edited = Signal()
    submitted = Signal()
    pointed = Signal(str)  # object name of the field that a person should look at

    def __init__(self, vendors: Mapping[str, Vendor], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._vendors = vendors
        self._account: Account | None = None
        self._shown = ("", "")
        self._filled = False  # whether what differs from it was typed by somebody
        self._left: dict[int, _Left] = {}  # forms that were left unsaved, by account
        self._typed: dict[str, dict[str, str]] = {}  # of a new account, by vendor: choosing another loses nothing
        self._key = next(iter(vendors), "")
        self._memory_only = False
        self.heading = Heading("", self)
        self.vendor = Choice(self)
        self.vendor.setMinimumContentsLength(CHOICE_CHARS)
        self.vendor.setObjectName("accounts.vendor")
        self.vendor.setAccessibleName(tr("Vendor"))
        for key, vendor in vendors.items():
            self.vendor.addItem(vendor.title, key)
        self.gives = Muted("", self, wrap=True)
        self.gives.setObjectName("accounts.gives")
        self.title: Field = LineField(TITLE, self)
        self.base_url: Field
        self.fold = Fold("accounts.advanced", tr("Advanced"), self)
        self.memory = Banner("warning", tr(MEMORY_ONLY), parent=self)
        self.memory.setObjectName("accounts.memory")
        self.memory.hide()
        self.secrets: dict[str, Field] = {}
        self.settings: dict[str, Field] = {}
        self._lay_out()
        self.vendor.currentIndexChanged.connect(lambda _index: self._vendor_chosen())
        self._watch(self.title)
        self._make_fields()

    def _lay_out(self) -> None:
        self._rows: list[FormRow] = []
        upper, self._upper, self._lower = QWidget(self), QWidget(self), self.fold.body
        column(upper, FormRow(tr("Vendor"), self.vendor, self), self.gives, FormRow(tr(TITLE.label), self.title, self),
               gap=12)  # fmt: skip
        self._columns = {part: column(part, gap=12) for part in (self._upper, self._lower)}
        column(self, self.heading, upper, self._upper, self.memory, self.fold, gap=12)
        self._fixed = upper.findChildren(FormRow)

    def _add(self, part: QWidget, field: Field) -> None:
        words = "" if isinstance(field, FlagField) else tr(field.spec.label)  # a check box has its words beside it
        made = FormRow(words, field, self)
        self._columns[part].addWidget(made)
        made.show()  # a layout would do it later, and till then no key reaches the field
        self._rows.append(made)

    def _align(self) -> None:
        """All fields begin on one line."""
        rows = [*self._fixed, *self._rows]
        widest = max(made.wanted() for made in rows)
        for made in rows:
            made.align(widest)

    def _watch(self, field: Field) -> None:
        field.edited.connect(self._edited)
        field.submitted.connect(self.submitted.emit)

    def _edited(self) -> None:
        self._show_asked()
        self.edited.emit()

    # -- what is shown -----------------------------------------------------------------------------------------------

    @property
    def account(self) -> Account | None:
        """The account that is edited; None for a new one."""
        return self._account

    def vendor_key(self) -> str:
        return self._account.vendor if self._account is not None else str(self.vendor.currentData())

    @property
    def known(self) -> bool:
        """False for an account of a vendor that this version does not know: it can only be removed."""
        return self.vendor_key() in self._vendors

    def show_new(self) -> None:
        """An empty form with the vendor's usual address, or what was typed into it before and not saved."""
        self._put_away()
        self._account = None
        self.heading.setText(tr("New account"))
        self.vendor.setEnabled(len(self._vendors) > 1)
        if (left := self._left.get(NEW)) is not None:
            self._choose(left.vendor)
        elif self.vendor.currentIndex() < 0:
            self._choose(next(iter(self._vendors)))
        self._make_fields()
        self._fill("", self._vendors[self.vendor_key()].default_base_url, {})
        self._take_up(NEW)
        self.title.edit.setFocus()

    def show_account(self, account: Account) -> None:
        """As it is stored, with what was typed over it before and not saved."""
        self._put_away()
        self._account = account
        self.heading.setText(account.title)
        self._choose(account.vendor)
        self.vendor.setEnabled(False)
        self._make_fields()
        self._fill(account.title, account.base_url, account.config)
        self._take_up(account.id)

    def _put_away(self) -> None:
        """What is typed and not saved waits till its form is shown again, while the program runs."""
        number = self._account.id if self._account is not None else NEW
        self.forget_typing(number)
        if self._filled and self.dirty():
            texts = {path: field.text() for path, field in self._by_path().items()}
            self._left[number] = _Left(self._key, texts, dict(self._typed))
        self._typed.clear()

    def _take_up(self, number: int) -> None:
        left = self._left.pop(number, None)
        if left is not None:
            self._typed.update(left.elsewhere)
            for path, field in self._by_path().items():
                field.set_text(left.texts.get(path, ""))
            self._show_asked()
            self.fold.set_open(any(not field.is_as("") for field in self._folded()))

    def forget_typing(self, number: int = NEW) -> None:
        """It was saved, or the account is gone."""
        self._left.pop(number, None)

    def follow(self, account: Account) -> None:
        """The account as it is stored now. A check that notes something in it takes nobody's focus away."""
        as_stored = all(field.is_as(account.config.get(path, "")) for path, field in self.settings.items())
        if as_stored and (account.title, account.base_url) == self._shown:
            self._account = account
        else:
            self.show_account(account)

    def _choose(self, key: str) -> None:
        self.vendor.blockSignals(True)
        self.vendor.setCurrentIndex(self.vendor.findData(key))
        self.vendor.blockSignals(False)

    def _vendor_chosen(self) -> None:
        """A new account for another vendor: another form. What was typed for the one before waits there."""
        if self._account is None:
            self._typed[self._key] = {path: field.text() for path, field in self._by_path().items()}
            title = self.title.text()
            self._make_fields()
            before = self._typed.get(self._key, {})
            self._fill(title, before.get(ADDRESS.path, self._vendors[self._key].default_base_url), before)
            for path, field in self.secrets.items():
                field.set_text(before.get(path, ""))
            self.edited.emit()

    def _fill(self, title: str, base_url: str, config: Mapping[str, str]) -> None:
        self.title.set_text(title)
        self.base_url.set_text(base_url)
        for path, field in self.settings.items():
            field.set_text(config.get(path, ""))
        self._shown, self._filled = (title, self.base_url.text()), True
        self._show_asked()
        self.fold.set_open(any(not field.is_as("") for field in self._folded()))

    # -- the vendor's fields -----------------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        for old in self._rows:
            old.hide()
            old.setParent(None)  # gone at once, also for `findChild`
            old.deleteLater()
        self._rows.clear()
        self._key = self.vendor_key()
        vendor = self._vendors.get(self._key)
        specs = vendor.credentials if vendor is not None else ()
        address = next((spec for spec in specs if spec.path == ADDRESS.path), ADDRESS)
        shown, folded = parted(specs)
        self.base_url = self._make_field(address, self._upper)
        made = {spec.path: self._make_field(spec, self._upper) for spec in shown}
        made |= {spec.path: self._make_field(spec, self._lower) for spec in folded}
        self.secrets = {path: field for path, field in made.items() if field.spec.kind.secret}
        self.settings = {path: field for path, field in made.items() if not field.spec.kind.secret}
        self.fold.setVisible(bool(folded))
        self.gives.setText(_gives(vendor))
        self._align()
        self._order_tabs([made[spec.path] for spec in shown], [made[spec.path] for spec in folded])

    def _make_field(self, spec: FieldSpec, part: QWidget) -> Field:
        field = field_of(spec, self)
        self._add(part, field)
        self._watch(field)
        self._hold_place(field)
        return field

    def show_memory(self, memory_only: bool) -> None:
        """Whether secrets end with the program, and the form says so."""
        self._memory_only = memory_only
        self.memory.setVisible(memory_only)
        for field in self.secrets.values():
            self._hold_place(field)

    def _hold_place(self, field: Field) -> None:
        """What an empty secret means."""
        if isinstance(field, LineField):
            told = tr("In memory only. Type here to replace it.") if self._memory_only else tr(STORED)
            field.edit.setPlaceholderText(told if self._is_stored(field) else "")

    def _is_stored(self, field: Field) -> bool:
        """Whether the account has this secret: it is asked for with what is stored."""
        if self._account is None or not field.spec.kind.secret:
            return False
        vendor = self._vendors[self._account.vendor]
        return field.spec in asked_for(vendor.credentials, self._account.config)

    def _show_asked(self) -> None:
        """Only the fields that are asked for with what is chosen now."""
        asked = self._asked()
        for made in self._rows:
            if isinstance(made.field, Field) and made.field is not self.base_url:
                made.setVisible(made.field.spec.path in asked)

    def _asked(self) -> set[str]:
        vendor = self._vendors.get(self._key)
        return {spec.path for spec in asked_for(vendor.credentials, self._chosen())} if vendor is not None else set()

    def _chosen(self) -> dict[str, str]:
        return {path: field.text() for path, field in self.settings.items()}

    @property
    def by_browser(self) -> bool:
        """Whether an account like this is signed in with the browser."""
        vendor = self._vendors.get(self._key)
        return vendor is not None and by_browser(vendor, self._chosen())

    @property
    def needs_browser(self) -> bool:
        """Whether there is nothing to save before somebody has signed in."""
        if not self.by_browser or self._account is None:
            return self.by_browser
        vendor, asked = self._vendors[self._key], self._asked()
        now = {path: text if path in asked else "" for path, text in self._chosen().items()}
        other = changed_settings(vendor, self._account, now) & identifying(vendor)
        return bool(other) or not same_origin(self.base_url.text(), self._account.base_url)

    def _order_tabs(self, shown: list[Field], folded: list[Field]) -> None:
        """Reading order; else what was made later would come after the buttons."""
        before = [self.vendor, *(field.edit for field in (self.title, self.base_url, *shown))]
        way = [*before, self.fold.button, *(field.edit for field in folded)]
        for first, second in pairwise(way):
            QWidget.setTabOrder(first, second)

    def _folded(self) -> list[Field]:
        return [field for field in self.settings.values() if self.fold.isAncestorOf(field)]

    def _by_path(self) -> dict[str, Field]:
        return {TITLE.path: self.title, ADDRESS.path: self.base_url, **self.secrets, **self.settings}

    # -- what was typed ----------------------------------------------------------------------------------------------

    def values(self) -> tuple[str, str, dict[str, str]]:
        """Title, address, and by path every setting and secret that is asked for and was typed."""
        asked = self._asked()
        settings = {path: field.text() for path, field in self.settings.items() if path in asked}
        credentials = settings | self._typed_secrets()
        return self.title.text(), self.base_url.text(), credentials

    def changed(self) -> dict[str, str]:
        """By path what is not as it is stored: settings (also those that are empty now) and typed secrets."""
        config: Mapping[str, str] = self._account.config if self._account is not None else {}
        asked = self._asked()
        settings = {
            path: field
            for path, field in self.settings.items()
            if path in asked and not field.is_as(config.get(path, ""))
        }
        return {path: field.text() for path, field in settings.items()} | self._typed_secrets()

    def _typed_secrets(self) -> dict[str, str]:
        asked = self._asked()
        return {path: field.text() for path, field in self.secrets.items() if path in asked and field.given()}

    def settle(self) -> None:
        """Everything is stored now: nothing of it is unsaved, and no secret stays on screen or in memory."""
        self._filled = False
        self._typed.clear()
        for field in self.secrets.values():
            field.set_text("")

    def dirty(self) -> bool:
        return bool(self.changed()) or (self.title.text(), self.base_url.text()) != self._shown

    # -- errors ------------------------------------------------------------------------------------------------------

    def check(self) -> bool:
        """Mark what is missing or cannot work; True when it may be sent on."""
        self.clear_errors()
        shown = self._asked() | {TITLE.path, ADDRESS.path}
        fields = [field for path, field in self._by_path().items() if path in shown]
        wrong = [field for field in fields if field.spec.required and not self._given(field)]
        for field in wrong:
            field.set_error(tr("Please fill in."))
        if not wrong:
            wrong = self._check_address()
        if wrong:
            self._go_to(wrong[0])
        return not wrong

    def _check_address(self) -> list[Field]:
        try:
            self._vendors[self.vendor_key()].check_base_url(self.base_url.text())
        except SettingsError as error:
            self.base_url.set_error(" ".join(error_words(error)).strip())
            return [self.base_url]
        return []

    def show_error(self, error: SettingsError) -> bool:
        """At its field; False where no field has that name."""
        field = self._by_path().get(error.field)
        if field is None or not (field.isVisibleTo(self) or field in self._folded()):
            return False
        field.set_error(" ".join(error_words(error)).strip())
        self._go_to(field)
        return True

    def _go_to(self, field: Field) -> None:
        if field in self._folded():
            self.fold.set_open(True)
        field.edit.setFocus()
        self.pointed.emit(field.edit.objectName())
        announce(self, field.error.word(), assertive=True)

    def focus_secret(self) -> None:
        """To what has to be typed anew."""
        asked = self._asked()
        for path, field in self.secrets.items():
            if path in asked:
                field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
                self.pointed.emit(field.edit.objectName())
                return

    def clear_errors(self) -> None:
        for field in self._by_path().values():
            field.set_error("")

    def _given(self, field: Field) -> bool:
        return field.given() or self._is_stored(field)


def _gives(vendor: Vendor | None) -> str:
    """What an account of this vendor is good for."""
    if vendor is None:
        return tr(UNKNOWN)
    lacks = vendor.lacks.get("pull") or vendor.lacks.get("refresh")  # nothing to fetch; nothing to read back
    return tr(lacks or "Contacts are fetched and can be found here.")
