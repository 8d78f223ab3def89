"""Files that were handed in here, and printouts. The vendor has no list of files: ours lasts as long as the session."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QWidget

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.guest import StoredFile
from crmdesk.core.tasks import TaskScope
from crmdesk.core.text import one_line
from crmdesk.ui import choosing
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.guest.disk import FileError, read_file
from crmdesk.ui.guest.door import Door
from crmdesk.ui.guest.form import CardForm
from crmdesk.ui.guest.saving import file_name, save_as
from crmdesk.ui.guest.work import Part, offer
from crmdesk.ui.kit import Card, ElidedLabel, FlatButton, Heading, IconButton, Muted, button, column, row, tr
from crmdesk.ui.language import decimal
from crmdesk.ui.words import isolated, number, tooltip

NAME = "guest.files"
PRINTOUTS = (("INVOICE", "Invoice"), ("ORDERS", "Order"))
SPECS = (
    FieldSpec("entity", "Printout of", FieldKind.CHOICE, required=True, words=PRINTOUTS, default="INVOICE"),
    FieldSpec("entity_id", "Number (id)", required=True, max_length=100, hint="As the vendor’s own system shows it."),
)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file of this session."""

    id: str
    name: str
    size: int


class Files(Part):
    """`choose` and `place` ask for a file to read and for a place to write (tests give their own)."""

    stopped_words = "Stopped. What had left by then may have arrived all the same."

    def __init__(self, door: Door, scope: TaskScope, parent: QWidget | None = None) -> None:
        super().__init__(NAME, door, scope, parent)
        self.choose, self.place = choosing.choose_file, choosing.choose_place
        self.files: list[_Kept] = []
        self.add = button(f"{NAME}.add", tr("Upload a file…"), self._add)
        self.note = Muted("", self, wrap=True)
        self.note.setObjectName(f"{NAME}.note")
        self._host = QWidget(self)
        self._rows = column(self._host, gap=4)
        self.pdf = button(f"{NAME}.pdf", tr("Save as PDF…"), lambda: self._print("PDF"), main=True)
        self.mail = button(f"{NAME}.mail", tr("Send by e-mail"), lambda: self._print("EMAIL"))
        self.form = CardForm(f"{NAME}.print", SPECS, (self.pdf, self.mail), self)
        self.form.typed.connect(self.door.touch)
        self._lay_out()
        self._show()

    def _lay_out(self) -> None:
        foot, card = QWidget(self), Card(self)
        row(foot, self.add).addStretch(1)
        self.no_pdf = Muted("", self, wrap=True)
        self.no_pdf.setObjectName(f"{NAME}.no_pdf")
        column(card, self.form, self.no_pdf, margins=(12, 10, 12, 12))
        title = Heading(tr("Printouts"), self, factor=0.95)
        column(self, self.trouble, self.result, self.busy, self.note, self._host, foot, title, card, gap=8)

    @property
    def dirty(self) -> bool:
        return self.form.dirty

    # -- the list ----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.setParent(None)
                old.deleteLater()
        for place, kept in enumerate(self.files):
            self._rows.addWidget(self._row(place, kept))
        words = tr("{vendor} has no list of a guest’s files. Those that are uploaded now stand here until the guest "
                   "signs out; note a file’s number if it is needed later.")  # fmt: skip
        self.note.setText(words.replace("{vendor}", self.door.vendor))
        away = "" if self.door.signed_in is not None else tr("The guest is not signed in.")
        offer(self.add, away or self.door.lacks("upload"))
        printing = away or self.door.lacks("printout")
        offer(self.mail, printing)
        no_file = self.door.lacks("file")
        offer(self.pdf, printing or no_file)
        self.no_pdf.setText(no_file)
        self.no_pdf.setVisible(bool(no_file))

    def _row(self, number: int, kept: _Kept) -> QWidget:
        line = Card(self)
        line.setObjectName(f"{NAME}.{number}")
        words = f"{kept.name} · {_size(kept.size)} · {kept.id}"
        save = FlatButton(f"{NAME}.{number}.save", tr("Save as…"))
        save.setAccessibleName(tr("Save {file} as…").replace("{file}", kept.name))
        save.clicked.connect(lambda _checked=False: self._save(kept))
        remove = IconButton(f"{NAME}.{number}.delete", "trash", tr("Delete {file}…").replace("{file}", kept.name))
        remove.clicked.connect(lambda _checked=False: self._delete(kept))
        for press, verb in ((save, "file"), (remove, "delete_file")):
            why = self.door.lacks(verb)
            press.setEnabled(not why and self.door.signed_in is not None)
            press.setToolTip(tooltip(why or press.accessibleName()))
            press.setAccessibleDescription(why)
        label = ElidedLabel(words)
        row(line, label, save, remove, gap=6, margins=(12, 4, 6, 4), stretch=0)
        return line

    # -- files -------------------------------------------------------------------------------------------------------

    def _add(self) -> None:
        self.hush()
        self.run(self._upload, "Upload file", key="file")

    async def _upload(self) -> None:
        self.door.touch()
        path = await self.choose(self)
        if not path:
            return
        name = one_line(Path(path).name, 120)
        self.tell(tr("Reading {file}…").replace("{file}", name))
        _, content, mime = await asyncio.to_thread(read_file, path)
        self.tell(tr("Uploading {file}, {size}…").replace("{file}", name).replace("{size}", _size(len(content))))
        made: str = await self.door.ask("upload", name, content, mime)
        self.files.append(_Kept(made, name, len(content)))
        self._show()
        done = tr("Uploaded: {file}. Its number is {id}.")
        self.say("ok", done.replace("{file}", isolated(name)).replace("{id}", isolated(one_line(made, 80))))

    def _save(self, kept: _Kept) -> None:
        self.hush()
        words = tr("Asking for {file}…").replace("{file}", kept.name)
        self.run(lambda: self._fetch(kept.id, kept.name), "Save file", key="file", busy=words)

    async def _fetch(self, file_id: str, name: str) -> None:
        found: StoredFile = await self.door.ask("file", file_id)
        if found.content is None:
            raise FileError(
                tr("{vendor} told only what kind of file it is.").replace("{vendor}", self.door.vendor),
                tr("It has to be fetched at the vendor itself."),
            )
        self.quiet()
        path = await save_as(self, self.place, file_name(name, found.mime), found.content)
        self.door.touch()
        if path:
            self.say("ok", tr("Saved: {file}").replace("{file}", isolated(Path(path).name)))

    def _delete(self, kept: _Kept) -> None:
        self.hush()
        self.run(lambda: self._ask_delete(kept), "Delete file", key="file", busy=tr("Deleting…"))

    async def _ask_delete(self, kept: _Kept) -> None:
        self.door.touch()
        text = tr("{file} is deleted at {vendor}. It cannot be brought back.")
        text = text.replace("{file}", isolated(kept.name)).replace("{vendor}", self.door.vendor)
        dialog = confirm(self, f"{NAME}.deleting", tr("Delete the file?"), text, (("yes", tr("Delete"), True),))
        if await ask(dialog) == 1:
            await self.door.ask("delete_file", kept.id)
            self.files = [one for one in self.files if one is not kept]
            self._show()
            self.say("ok", tr("Deleted: {file}").replace("{file}", isolated(kept.name)))

    # -- printouts ---------------------------------------------------------------------------------------------------

    def _print(self, form: str) -> None:
        self.hush()
        if self.form.form.check():
            values = self.form.values()
            words = tr("Asking for the printout…")
            self.run(lambda: self._printed(values, form), "Printout", key="file", busy=words)

    async def _printed(self, values: dict[str, str], form: str) -> None:
        what = f"{tr(dict(PRINTOUTS).get(values['entity'], values['entity']))} {values['entity_id']}"
        made: str = await self.door.ask("printout", values["entity"], values["entity_id"], form)
        if form == "EMAIL" or not made:
            self.say("ok", tr("{what} goes out by e-mail.").replace("{what}", isolated(what)))
        else:
            await self._fetch(made, f"{what}.pdf")
        self.form.fill({"entity": values["entity"]})

    # -- the session -------------------------------------------------------------------------------------------------

    def session_changed(self) -> None:
        self._show()

    def forget(self) -> None:
        self.files = []
        self.hush()
        self._show()


def _size(count: int) -> str:
    if count < 1024:
        return tr("{n} bytes").replace("{n}", str(count))
    if count < 1024 * 1024:
        return tr("{n} KB").replace("{n}", number(count // 1024))
    return tr("{n} MB").replace("{n}", decimal(count / 1024 / 1024))
