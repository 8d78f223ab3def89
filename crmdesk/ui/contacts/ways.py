"""From a contact's field out of the program: a website, a mail, a call. Asked first, never by itself (UX-DET-10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from crmdesk.core.fields import FieldKind, FieldSpec, find
from crmdesk.core.foreign import flag
from crmdesk.core.text import phone_digits
from crmdesk.core.types import ContactDetail, Flag, Json
from crmdesk.ui.confirm import confirm
from crmdesk.ui.contacts.detail_rows import copy_text, way_of
from crmdesk.ui.contacts.websites import ask_and_open
from crmdesk.ui.feedback import ask
from crmdesk.ui.kit import isolated, tr

if TYPE_CHECKING:
    from crmdesk.ui.contacts.detail_fields import Entry

NAME = "detail.openlink"
_TITLES = {FieldKind.EMAIL: "Write an e-mail", FieldKind.PHONES: "Call"}
_QUESTIONS = {
    FieldKind.EMAIL: "Write to {value} with your mail program?",
    FieldKind.PHONES: "Call {value} with your phone program?",
}


class Ways:
    """Each program is asked about once since the start, and again for everybody who does not want it."""

    def __init__(self) -> None:
        self._allowed: set[FieldKind] = set()

    async def go(
        self, parent: QWidget, entry: Entry, detail: ContactDetail, raw: Json, specs: Sequence[FieldSpec]
    ) -> str:
        """Opens what the field leads to; words where that did not work."""
        if entry.kind is FieldKind.URL:
            await ask_and_open(parent, NAME, entry.copy)
            return ""
        warnings = list(refusals(entry.kind, detail, raw, specs))
        if not way_of(entry) or not await self._agreed(parent, entry, warnings):
            return ""
        if QDesktopServices.openUrl(url_of(entry)):
            return ""
        copy_text(entry.copy)
        return tr("No program on this computer took it, so it was copied instead.")

    async def _agreed(self, parent: QWidget, entry: Entry, warnings: Sequence[str]) -> bool:
        if entry.kind in self._allowed and not warnings:
            return True
        title, question = tr(_TITLES[entry.kind]), tr(_QUESTIONS[entry.kind]).replace("{value}", isolated(entry.copy))
        go = ("open", title, bool(warnings))
        agreed = await ask(confirm(parent, NAME, title, question, (go,), detail="\n".join(warnings))) == 1
        if agreed and not warnings:
            self._allowed.add(entry.kind)
        return agreed


def refusals(kind: FieldKind, detail: ContactDetail, raw: Json, specs: Sequence[FieldSpec]) -> Iterator[str]:
    """Why this person should rather not be reached that way, in words."""
    if detail.row.flags & Flag.RESTRICTED:
        yield tr("This person asked that the data is kept but not used.")
    for spec in opted_out(raw, specs):
        if spec.refuses is kind:
            yield f"{tr(spec.label)}."


def opted_out(raw: Json, specs: Sequence[FieldSpec]) -> list[FieldSpec]:
    """Flags by which this person asks to be left alone."""
    return [spec for spec in specs if spec.refuses is not None and flag(find(raw, spec.path)) is True]


def url_of(entry: Entry) -> QUrl:
    """Of an address or a number only: a question mark in it begins no subject and no copy to others, and no code of a
    phone (`*21#`) is left."""
    url = QUrl()
    if entry.kind is FieldKind.EMAIL:
        url.setScheme("mailto")
        url.setPath(entry.copy.strip())
    else:
        plus = "+" if entry.copy.strip().lstrip("(").startswith(("+", "00")) else ""
        url.setScheme("tel")
        url.setPath(plus + phone_digits(entry.copy))
    return url
