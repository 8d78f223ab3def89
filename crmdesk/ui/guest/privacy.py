"""Consent and privacy: what the guest has agreed to, what each answer means, and leaving the organisation."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QButtonGroup, QDialog, QLineEdit, QWidget

from crmdesk.core import foreign
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Json
from crmdesk.ui.feedback import ask
from crmdesk.ui.guest.door import Door
from crmdesk.ui.guest.work import Part, offer
from crmdesk.ui.kit import Card, FlatButton, Heading, Muted, PlainLabel, button, column, row, tr
from crmdesk.ui.turning import Choice
from crmdesk.ui.words import breakable, isolated

NAME = "guest.privacy"
STATES = (
    ("ACCEPTED", "Accepted", "The guest agrees that the data is used as the organisation’s terms say."),
    ("REJECTED", "Rejected", "The guest does not agree: nothing may be sent for advertising, no profile be made."),
    ("PENDING", "Not answered yet", "Nobody has asked, or the guest wants to think about it. It counts as no consent."),
)
OPT_OUTS = (("email_opt_out", "E-mail"), ("sms_opt_out", "Text messages"))


class Privacy(Part):
    """`edit` opens the ordinary editor, `reload` reads the contact anew after its consent was changed."""

    stopped_words = "Stopped. It may have been done all the same: look at the contact again."

    def __init__(
        self,
        door: Door,
        scope: TaskScope,
        edit: Callable[[], object],
        reload: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(NAME, door, scope, parent)
        self._reload = reload
        self.stored = ""
        self.states: dict[str, Choice] = {}
        self._group = QButtonGroup(self)
        card = Card(self)
        layout = column(card, gap=2, margins=(12, 10, 12, 10))
        for code, word, meaning in STATES:
            made = self.states[code] = Choice(tr(word), self)
            made.setObjectName(f"{NAME}.{code.lower()}")
            made.setAccessibleDescription(tr(meaning))
            self._group.addButton(made)
            made.on_turn(lambda _on: self._chosen())
            note = Muted(tr(meaning), self, wrap=True)
            note.setContentsMargins(26, 0, 0, 6)
            layout.addWidget(made)
            layout.addWidget(note)
        self.save = button(f"{NAME}.save", tr("Save consent"), self._save, main=True)
        self.why = Muted("", self, wrap=True)
        foot = QWidget(self)
        row(foot, self.save).addStretch(1)
        layout.addWidget(self.why)
        layout.addWidget(foot)
        self.opt_outs = PlainLabel("", self, wrap=True)
        self.opt_outs.setObjectName(f"{NAME}.opt_outs")
        self.edit = FlatButton(f"{NAME}.edit", tr("Change in the editor…"), self)
        self.edit.setProperty("link", True)
        self.edit.clicked.connect(lambda _checked=False: edit())
        self.leaving = button(f"{NAME}.leave", tr("Leave the organisation…"), self._ask_leave, danger=True)
        self._no_leave = Muted("", self, wrap=True)
        last, opt = QWidget(self), QWidget(self)
        row(last, self.leaving).addStretch(1)
        row(opt, self.edit).addStretch(1)
        column(self, self.trouble, self.result, self.busy, card, Heading(tr("Advertising"), self, factor=0.95),
               self.opt_outs, opt, last, self._no_leave, gap=8)  # fmt: skip
        self.session_changed()

    @property
    def dirty(self) -> bool:
        return self._choice() not in ("", self.stored)

    def show_contact(self, raw: Json) -> None:
        """The stored contact with its open edits; what somebody chose here and has not saved stays. Where the vendor
        has no word for consents, nothing is known of one."""
        chosen, was = self._choice(), self.stored
        found = raw.get("consent_state")
        self.stored = foreign.text(found) or ("" if self.door.lacks("set_consent") else "PENDING")
        if chosen in ("", was):
            self._show_choice(self.stored)
        lines = []
        for path, channel in OPT_OUTS:
            out = foreign.flag(raw.get(path))
            words = {True: tr("{channel}: not wanted"), False: tr("{channel}: allowed")}
            text = words[out] if out is not None else tr("{channel}: not known")
            lines.append(text.replace("{channel}", tr(channel)))
        self.opt_outs.setText("\n".join(lines))
        self._offer()

    def _show_choice(self, code: str) -> None:
        self._group.setExclusive(False)
        for known, made in self.states.items():
            made.setChecked(known == code)
        self._group.setExclusive(True)

    def _choice(self) -> str:
        return next((code for code, made in self.states.items() if made.isChecked()), "")

    def _chosen(self) -> None:
        self.door.touch()
        self._offer()

    def _offer(self) -> None:
        away = "" if self.door.signed_in is not None else tr("The guest is not signed in.")
        lacks = away or self.door.lacks("set_consent")
        same = "" if self._choice() not in ("", self.stored) else tr("This is what is stored.")
        offer(self.save, lacks or same)
        for made in self.states.values():
            made.setEnabled(not lacks or (bool(away) and made.isChecked()))
        self.why.setText(lacks if not away else "")
        self.why.setVisible(bool(self.why.text()))
        no_leave = away or self.door.lacks("leave")
        offer(self.leaving, no_leave)
        self._no_leave.setText(no_leave if not away else "")
        self._no_leave.setVisible(bool(self._no_leave.text()))

    # -- consent -----------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        wanted = self._choice()
        if self.save.isEnabled() and wanted:
            self.hush()
            self.run(lambda: self._store(wanted), "Save consent", key="consent", busy=tr("Saving…"))

    async def _store(self, wanted: str) -> None:
        await self.door.ask("set_consent", wanted)
        self.stored = wanted
        self._offer()
        words = {code: tr(word) for code, word, _ in STATES}[wanted]
        self.say("ok", tr("Consent saved: {state}").replace("{state}", words))
        self._reload()

    # -- leaving -----------------------------------------------------------------------------------------------------

    def _ask_leave(self) -> None:
        self.door.touch()
        self.run(self._leave, "Leave the organisation", key="leave", busy=tr("Leaving…"))

    async def _leave(self) -> None:
        guest = self.door.guest
        dialog = LeaveDialog(self, guest.name if guest else "", guest.organisations if guest else ())
        if await ask(dialog) == QDialog.DialogCode.Accepted.value:
            await self.door.ask("leave")

    def session_changed(self) -> None:
        self._offer()

    def forget(self) -> None:
        self.hush()
        self._offer()


class LeaveDialog(QDialog):
    """A word has to be typed: nobody leaves by a slip of the hand."""

    def __init__(self, parent: QWidget, guest: str, organisations: tuple[str, ...]) -> None:
        super().__init__(parent)
        name = "guest.leave"
        self.setObjectName(name)
        self.setWindowTitle(tr("Leave the organisation"))
        self._word = tr("LEAVE")
        where = ", ".join(isolated(one) for one in organisations[:3]) or tr("the organisation")
        text = tr("{name} leaves {where} for good. The vendor takes the contact out, and what is saved here goes too. "
                  "It cannot be undone.")  # fmt: skip
        text = text.replace("{name}", isolated(guest) or tr("The guest")).replace("{where}", where)
        self.line = QLineEdit(self)
        self.line.setObjectName(f"{name}.word")
        words = tr("Type {word} to go on").replace("{word}", self._word)
        self.line.setAccessibleName(words)
        label = Muted(words, self)
        label.setBuddy(self.line)
        self.yes = button(f"{name}.yes", tr("Leave for good"), self.accept, danger=True)
        self.yes.setEnabled(False)
        no = button(f"{name}.cancel", tr("Cancel"), self.reject)
        no.setDefault(True)
        self.line.textChanged.connect(lambda typed: self.yes.setEnabled(self._right(typed)))
        foot = QWidget(self)
        row(foot, no, self.yes).insertStretch(0, 1)
        heading = Heading(tr("Leave the organisation?"), self)
        column(self, heading, PlainLabel(breakable(text, 30), self, wrap=True), label, self.line, foot, gap=10,
               margins=(20, 18, 20, 16))  # fmt: skip
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 60)
        self.line.setFocus()

    def _right(self, typed: str) -> bool:
        return typed.strip().casefold() == self._word.casefold()

    def done(self, result: int) -> None:
        """Enter in the line does not do it while the word is another one."""
        if result == QDialog.DialogCode.Accepted.value and not self._right(self.line.text()):
            return
        super().done(result)
