"""The guest's addresses at the vendor: seen, added, changed; a removed one can be added again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from PySide6.QtWidgets import QWidget

from crmdesk.core import foreign
from crmdesk.core.errors import InDoubtError, RejectedError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.guest import Address
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.contacts.detail_parts import ValueLabel
from crmdesk.ui.feedback import announce
from crmdesk.ui.guest import wording
from crmdesk.ui.guest.door import Door
from crmdesk.ui.guest.form import CardForm
from crmdesk.ui.guest.work import Part, offer
from crmdesk.ui.kit import Badge, Banner, Card, FlatButton, Heading, IconButton, Muted, button, column, row, tr
from crmdesk.ui.words import breakable, isolated

NAME = "guest.addresses"
_PLACE = "Place"
SPECS = (
    FieldSpec("type", "Type", FieldKind.CHOICE, required=True, words=wording.ADDRESS_TYPES, default="HOME"),
    FieldSpec("name", "Name", hint="Needed where there is a second address of the same type."),
    FieldSpec("care_of", "Care of"),
    FieldSpec("address_line_1", "Address, first line", required=True),
    FieldSpec("address_line_2", "Address, second line"),
    FieldSpec("postal_code", "Postal code"),
    FieldSpec("town_city", "Town or city"),
    FieldSpec("state_province_county", "State, province or county"),
    FieldSpec("country_code", "Country", FieldKind.COUNTRY, three_letters=True),
    FieldSpec("is_primary", "Primary address", FieldKind.FLAG),
    FieldSpec("is_billing_address", "Billing address", FieldKind.FLAG),
    FieldSpec("lat", "Latitude", group=_PLACE, hint="Degrees north, e.g. 34.6786"),
    FieldSpec("lon", "Longitude", group=_PLACE, hint="Degrees east, e.g. 33.0413"),
    FieldSpec("google_place_id", "Google place (id)", group=_PLACE),
)
_FLAGS = ("is_primary", "is_billing_address")
_DEGREES = {"lat": 90, "lon": 180}


def values_of(address: Address) -> dict[str, str]:
    """An address as the form has it."""
    found: dict[str, str] = {}
    for spec in SPECS:
        value = getattr(address, spec.path)
        found[spec.path] = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return found


def address_of(values: Mapping[str, str], before: Address) -> tuple[Address, dict[str, str]]:
    """What the form says, over `before`; and by path what is wrong. A box that nobody ticked stays unknown where it
    was unknown."""
    wrong: dict[str, str] = {}
    texts = {spec.path: values.get(spec.path, "") for spec in SPECS if spec.path not in (*_FLAGS, *_DEGREES)}
    flags = {
        path: None if getattr(before, path) is None and values.get(path) != "true" else values.get(path) == "true"
        for path in _FLAGS
    }
    degrees: dict[str, Decimal | None] = {}
    for path, most in _DEGREES.items():
        text = values.get(path, "").replace(",", ".")
        degrees[path] = amount = foreign.decimal(text) if text else None
        if text and (amount is None or abs(amount) > most):
            wrong[path] = tr("A number from {low} to {most}.").replace("{low}", f"-{most}").replace("{most}", str(most))
    return replace(before, **texts, **flags, **degrees), wrong  # type: ignore[arg-type]


class Addresses(Part):
    """A card for each, and the form in their place while one is written."""

    stopped_words = "Stopped. It may have been done all the same: look at the list again."

    def __init__(self, door: Door, scope: TaskScope, parent: QWidget | None = None) -> None:
        super().__init__(NAME, door, scope, parent)
        self.addresses: list[Address] = []
        self._read = False
        self._edited: Address | None = None
        self._removed: Address | None = None
        self._make()
        column(self, self.trouble, self.result, self.strip, self.busy, self.empty, self._cards_host, self._foot,
               self._form_host, gap=8)  # fmt: skip

    def _make(self) -> None:
        self.empty = Muted("", self, wrap=True)
        self.empty.setObjectName(f"{NAME}.empty")
        self._cards_host = QWidget(self)
        self._cards = column(self._cards_host, gap=8)
        self.add = button(f"{NAME}.add", tr("Add address"), lambda: self.edit(None))
        self._foot = QWidget(self)
        row(self._foot, self.add).addStretch(1)
        self.save = button(f"{NAME}.save", tr("Save"), self._save, main=True)
        self.save.setParent(self)
        self.save.hide()
        self._title = Heading("", self, factor=0.95)
        self._title.hide()
        self.undo = FlatButton(f"{NAME}.undo", tr("Undo"), self)
        self.undo.clicked.connect(lambda _checked=False: self._undo())
        self.strip = Banner("info", "", (self.undo,), self)
        self.strip.setObjectName(f"{NAME}.strip")
        self.strip.hide()
        self._form_host = Card(self)
        self._form_host.hide()

    _form: CardForm | None = None

    @property
    def form(self) -> CardForm:
        """Made with the first address that is written."""
        if self._form is None:
            self._form = self._make_form()
        return self._form

    def _make_form(self) -> CardForm:
        cancel = button(f"{NAME}.cancel", tr("Cancel"), self._close_form)
        made = CardForm(f"{NAME}.field", SPECS, (self.save, cancel), self._form_host)
        made.submitted.connect(self._save)
        made.typed.connect(self.door.touch)
        column(self._form_host, self._title, made, gap=8, margins=(12, 10, 12, 12))
        return made

    @property
    def dirty(self) -> bool:
        return not self._form_host.isHidden() and self.form.dirty

    # -- the list ----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        if not self._read and not self.scope.running(self.key("list")):
            self._load()

    def _load(self) -> None:
        if self.door.lacks("addresses"):
            self.empty.setText(self.door.lacks("addresses"))
            return
        self.run(self._fetch, "Read addresses", key="list", busy=tr("Asking for the addresses…"), if_busy="replace")

    async def _fetch(self) -> None:
        found: Sequence[Address] = await self.door.ask("addresses")
        self.addresses = list(found)
        await asyncio.to_thread(_learn_countries, [one.country_code for one in self.addresses])
        self._read = True
        self._show()

    def _show(self) -> None:
        while (item := self._cards.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.setParent(None)
                old.deleteLater()
        for number, address in enumerate(self.addresses):
            self._cards.addWidget(self._card(number, address))
        self.empty.setText(tr("No address is known.") if self._read and not self.addresses else "")
        self.empty.setVisible(bool(self.empty.text()) and self._form_host.isHidden())
        self._offer()

    def _card(self, number: int, address: Address) -> Card:
        made, head, words = Card(self), QWidget(), wording.address_title(address)
        title = Heading(breakable(words), factor=0.95)
        title.setWordWrap(True)
        change = IconButton(f"{NAME}.{number}.change", "pencil", tr("Change {what}").replace("{what}", words))
        change.clicked.connect(lambda _checked=False: self.edit(address))
        remove = IconButton(f"{NAME}.{number}.remove", "trash", tr("Remove {what}").replace("{what}", words))
        remove.clicked.connect(lambda _checked=False: self.remove(address))
        for press, verb in ((change, "change_address"), (remove, "remove_address")):
            why = self.door.lacks(verb) or ("" if address.id else tr("The vendor gave this address no number."))
            press.setEnabled(not why and self.door.signed_in is not None)
            press.setToolTip(why or press.toolTip())
        badges = [Badge(tr("Primary"))] if address.is_primary else []
        badges += [Badge(tr("Billing"))] if address.is_billing_address else []
        row(head, title, *badges, change, remove, gap=6, stretch=0)
        lines = ValueLabel(breakable(wording.address_lines(address)), selectable=True, wrap=True)
        column(made, head, lines, gap=2, margins=(12, 6, 8, 8))
        made.setObjectName(f"{NAME}.{number}")
        made.setAccessibleName(f"{words}: {wording.address_lines(address)}".replace("\n", ", "))
        return made

    def _offer(self) -> None:
        away = "" if self.door.signed_in is not None else tr("The guest is not signed in.")
        offer(self.add, away or self.door.lacks("add_address"))
        verb = "add_address" if self._edited is None or not self._edited.id else "change_address"
        offer(self.save, away or self.door.lacks(verb))

    # -- the form ----------------------------------------------------------------------------------------------------

    def edit(self, address: Address | None) -> None:
        """None for a new one."""
        self.door.touch()
        self.hush()
        self._edited = address or Address()
        words = wording.address_title(address) if address else ""
        self._title.setText(tr("Change {what}").replace("{what}", words) if address else tr("New address"))
        self.form.fill(values_of(self._edited))
        self._cards_host.hide()
        self._foot.hide()
        self.empty.hide()
        for widget in (self._title, self.save, self._form_host):
            widget.show()
        self._offer()
        self.form.form.focus_first()

    def _close_form(self) -> None:
        self.door.touch()
        held = self.form.isAncestorOf(self.focusWidget() or self)
        self._edited = None
        self._form_host.hide()
        self.form.clear()
        self._cards_host.show()
        self._foot.show()
        self._show()
        if held and self.isVisible():
            self.add.setFocus()

    def _save(self) -> None:
        if self._edited is None or not self.save.isEnabled() or not self.form.form.check():
            return
        wanted, wrong = address_of(self.form.values(), self._edited)
        if not wanted.id and not wanted.name and any(one.type == wanted.type for one in self.addresses):
            wrong["name"] = tr("There is an address of this type already. Give this one a name.")
        for path, words in wrong.items():
            self.form.fields[path].set_error(words)
        if wrong:
            self.form.form.focus_first()
            announce(self, next(iter(wrong.values())), assertive=True)
            return
        self.run(lambda: self._store(wanted), "Save address", key="save", busy=tr("Saving…"))

    async def _store(self, wanted: Address) -> None:
        self.save.setEnabled(False)
        try:
            if wanted.id:
                await self.door.ask("change_address", wanted)
            else:
                wanted = replace(wanted, id=await self.door.ask("add_address", wanted))
        except RejectedError as error:
            rest = self.form.form.show_problems(error.problems)
            self.form.form.focus_first()
            if rest or not error.problems:
                raise
            return
        except InDoubtError:
            self._read = False
            raise
        finally:
            self._offer()
        known = [one.id for one in self.addresses]
        if wanted.id in known:
            self.addresses[known.index(wanted.id)] = wanted
        else:
            self.addresses.append(wanted)
        self._close_form()
        self.say("ok", tr("Saved: {what}").replace("{what}", isolated(wording.address_title(wanted))))
        self._load()  # the vendor may have made another one the primary address

    # -- removing ----------------------------------------------------------------------------------------------------

    def remove(self, address: Address) -> None:
        self.hush()
        self.run(lambda: self._remove(address), "Remove address", key="save", busy=tr("Removing…"))

    async def _remove(self, address: Address) -> None:
        await self.door.ask("remove_address", address.id)
        self.addresses = [one for one in self.addresses if one.id != address.id]
        self._removed = address
        text = tr("Removed: {what}").replace("{what}", isolated(wording.address_title(address)))
        self.strip.set("info", text)
        self.undo.setAccessibleName(f"{tr('Undo')}: {text}")
        self.strip.show()
        self._show()
        self.undo.setFocus()
        announce(self, text)

    def _undo(self) -> None:
        if self._removed is not None:
            self.run(self._add_again, "Add address again", key="save", busy=tr("Adding it again…"))

    async def _add_again(self) -> None:
        address = self._removed
        if address is None:
            return
        made = await self.door.ask("add_address", replace(address, id=""))
        self._removed = None
        self.strip.hide()
        self.addresses.append(replace(address, id=made))
        self.say("ok", tr("Added again: {what}").replace("{what}", isolated(wording.address_title(address))))
        self._show()
        self._load()

    # -- the session -------------------------------------------------------------------------------------------------

    def session_changed(self) -> None:
        self._show()
        if not self._form_host.isHidden():
            self.empty.hide()

    def forget(self) -> None:
        self.addresses, self._read, self._removed = [], False, None
        self.strip.hide()
        self.hush()
        self._show()


def _learn_countries(codes: Sequence[str]) -> None:
    """The first code takes 70 ms."""
    for code in codes:
        wording.country(code)
