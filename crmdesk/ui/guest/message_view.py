"""One message, read: who, when, the words of it, where its links lead."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from crmdesk.core.guest import Communication
from crmdesk.core.text import one_line
from crmdesk.ui.contacts.detail_parts import NameLabel
from crmdesk.ui.contacts.detail_rows import host_of, web_address
from crmdesk.ui.contacts.names import language
from crmdesk.ui.guest import wording
from crmdesk.ui.guest.door import Door
from crmdesk.ui.guest.safe_text import Link, SafeText, safe_text
from crmdesk.ui.kit import FlatButton, IconButton, IconWord, Muted, button, column, row, scroll, tr
from crmdesk.ui.words import breakable, clock_time, exact_time, tooltip

LONGEST = 80  # letters of a link


class MessageView(QWidget):
    """`seen(id)`: it was in view as long as is set. `linkAsked(address)`, `archiveAsked(id)`, `backAsked`."""

    seen = Signal(str)
    linkAsked = Signal(str)
    archiveAsked = Signal(str)
    backAsked = Signal()

    def __init__(self, name: str, door: Door, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._door = name, door
        self.message: Communication | None = None
        self.title = NameLabel("", factor=1.05)
        self.title.setObjectName(f"{name}.title")
        self.title.setWordWrap(True)
        self.title.setMinimumWidth(1)  # else a long word makes Qt reckon the height for a width that is not there
        self.facts = Muted("", wrap=True)
        self.facts.setObjectName(f"{name}.facts")
        self.viewed = IconWord()
        self.viewed.setObjectName(f"{name}.viewed")
        why = tr("{vendor} has no way to mark a message as not viewed again.").replace("{vendor}", door.vendor)
        self.viewed.setToolTip(tooltip(why))
        self.viewed.setAccessibleDescription(why)
        self.text = QPlainTextEdit()
        self.text.setObjectName(f"{name}.text")
        self.text.setAccessibleName(tr("Text of the message"))
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(self.fontMetrics().height() * 3)
        self.note = Muted("", wrap=True)
        self.note.setObjectName(f"{name}.note")
        self.links = QWidget()
        self._links = column(self.links, gap=2)
        self._lay_out()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._in_view)

    def _lay_out(self) -> None:
        back = IconButton(f"{self._name}.back", "back", tr("Back to the messages (Esc)"), self)
        back.clicked.connect(lambda _checked=False: self.backAsked.emit())
        self.archive = button(f"{self._name}.archive", tr("Archive"), self._archive)
        head, marks = QWidget(self), QWidget(self)
        row(head, back, self.title, gap=8, stretch=1)
        row(marks, self.viewed, self.archive, gap=10, stretch=0)
        self.linked = scroll(self.links, f"{self._name}.links")
        self.linked.setMaximumHeight(self.fontMetrics().height() * 4)
        column(self, head, self.facts, marks, self.text, self.note, self.linked, gap=6,
               margins=(12, 8, 12, 8), stretch=3)  # fmt: skip

    # -- showing -----------------------------------------------------------------------------------------------------

    async def show_message(self, message: Communication) -> None:
        """Its content is read in a thread: it may be anything."""
        self.message = message
        self._timer.stop()
        self.title.setText(breakable(wording.subject(message)))
        self.facts.setText(self._facts(message))
        self.show_mark(message)
        self.text.setPlainText("")
        self._show_links(())
        self.note.setText(tr("Reading…"))
        self.note.show()
        read = await asyncio.to_thread(safe_text, message.content)
        if self.message is message:
            self._show_text(message, read)

    def _show_text(self, message: Communication, read: SafeText) -> None:
        self.text.setPlainText("\n\n".join(text for text in (wording.headline(message), read.text) if text))
        notes = []
        if not read.text:
            notes.append(tr("This message has no text."))
        if read.cut:
            notes.append(tr("Only the beginning is shown: the message is very long."))
        if message.image_url.strip():
            notes.append(tr("Its picture is not loaded."))
        self.note.setText(" ".join(notes))
        self.note.setVisible(bool(notes))
        own = [Link(tr("Link of this message"), message.link_url)] if message.link_url.strip() else []
        self._show_links((*read.links, *own))
        self._watch()

    def show_mark(self, message: Communication, waiting: str = "") -> None:
        """Whether it counts as viewed; `waiting` is what is still to be done at the vendor, in words."""
        self.message = message
        words = {True: ("eye", tr("Viewed"), ""), False: ("mail", tr("Not viewed"), "accent")}
        name, word, tone = words.get(bool(message.is_viewed), ("", "", "")) if message.is_viewed is not None else (
            "question", tr("Not known whether it was viewed"), "unknown")  # fmt: skip
        self.viewed.set("clock" if waiting else name, waiting or word, "unknown" if waiting else tone)
        archived = bool(message.is_archived)
        self.archive.setVisible(not archived)

    def _facts(self, message: Communication) -> str:
        sent_by, to = one_line(message.sender, 120), one_line(message.recipient, 120)
        parts = [
            wording.coded(message.channel, wording.CHANNELS),
            tr("from {sender}").replace("{sender}", sent_by) if sent_by else "",
            tr("to {recipient}").replace("{recipient}", to) if to else "",
            exact_time(message.created_at),
            one_line(message.name, 80),
            wording.coded(message.state, wording.STATES),
            language(one_line(message.language, 20).lower()),
            self._when(tr("viewed {time}"), message.viewed_at),
            self._when(tr("link opened {time}"), message.clicked_at),
            tr("archived") if message.is_archived else "",
        ]
        return breakable(" · ".join(part for part in parts if part), 24)

    def _when(self, words: str, stamp: str) -> str:
        return words.replace("{time}", clock_time(stamp, self._door.clock.now())) if stamp else ""

    def _show_links(self, links: tuple[Link, ...]) -> None:
        while (item := self._links.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.setParent(None)
                old.deleteLater()
        for number, link in enumerate(links, start=1):
            self._links.addWidget(self._link(number, link))
        self.linked.setVisible(bool(links))

    def _link(self, number: int, link: Link) -> QWidget:
        """Where it leads is in sight before anybody presses it."""
        safe = web_address(link.address)
        words, shown = one_line(link.words, LONGEST), one_line(link.address, LONGEST)
        if not safe:
            text = tr("[{n}] {words}: this link cannot be opened ({address})")
            text = text.replace("{n}", str(number)).replace("{words}", words).replace("{address}", shown)
            return Muted(breakable(text), wrap=True)
        made = FlatButton(f"{self._name}.link.{number}", f"[{number}] {host_of(safe)}".replace("&", "&&"))
        made.setProperty("link", True)
        made.setProperty("leading", True)
        made.setToolTip(tooltip(shown if not words else f"{words}\n{shown}"))
        made.setAccessibleName(f"{tr('Link')} {number}: {words} {host_of(safe)}")
        made.clicked.connect(lambda _checked=False: self.linkAsked.emit(safe))
        line = QWidget()
        row(line, made, Muted(breakable(words or shown), wrap=True), stretch=1)
        return line

    # -- seen --------------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        fresh = self.message is not None and self.message.is_viewed is not True
        if self.isVisible() and fresh and (seconds := self._door.viewed_after()):
            self._timer.start(seconds * 1000)

    def _in_view(self) -> None:
        if self.isVisible() and self.message is not None:
            self.seen.emit(self.message.id)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._watch()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _archive(self) -> None:
        if self.message is not None:
            self.archiveAsked.emit(self.message.id)

    def clear(self) -> None:
        """Nothing of it stays."""
        self.message = None
        self._timer.stop()
        for part in (self.title, self.facts, self.note):
            part.setText("")
        self.text.setPlainText("")
        self._show_links(())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.backAsked.emit()
        else:
            super().keyPressEvent(event)
