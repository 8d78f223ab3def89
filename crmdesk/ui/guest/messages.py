"""The Messages tab: what was sent to the guest, and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.guest import Communication, Listing
from crmdesk.core.tasks import TaskScope
from crmdesk.core.text import one_line
from crmdesk.ui.contacts.websites import ask_and_open
from crmdesk.ui.editor.inputs import Combo
from crmdesk.ui.feedback import announce
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.guest import wording
from crmdesk.ui.guest.door import Door
from crmdesk.ui.guest.message_view import MessageView
from crmdesk.ui.guest.rows import Row, RowsList, RowsModel
from crmdesk.ui.guest.work import Part
from crmdesk.ui.kit import Banner, ChipButton, FlatButton, Muted, column, row, tr
from crmdesk.ui.words import isolated

UNDO_MS = 10_000  # an archived message leaves then: the vendor cannot bring it back
LIST, NOBODY, READING = range(3)
NAME = "guest.messages"


@dataclass(frozen=True, slots=True)
class _Taken:
    """An archived message that has not left, and where it stood."""

    message: Communication
    at: int


class Messages(Part):
    """Opens with the newest page; further ones come as the list is scrolled."""

    def __init__(self, door: Door, scope: TaskScope, parent: QWidget | None = None) -> None:
        super().__init__(NAME, door, scope, parent)
        self._known: dict[str, Communication] = {}
        self._whole: set[str] = set()  # those that were asked for by themselves
        self._page = 0
        self._asked = 0  # which answer is still wanted: with another filter the older one is not
        self._taken: _Taken | None = None
        self._held: dict[str, _Taken] = {}  # those that the line keeps from leaving
        self._make()
        self._lay_out()
        self._soon = QTimer(self, singleShot=True, interval=UNDO_MS)
        self._soon.timeout.connect(self.flush)

    # -- building ----------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        self.unviewed = self._chip("unviewed", tr("Not viewed"))
        self.archived = self._chip("archived", tr("Archived"))
        self.channel = Combo(f"{NAME}.channel", tr("Channel"), self)
        self.channel.setMinimumContentsLength(12)
        self.channel.addItem(tr("All channels"), "")
        for code in wording.CHOICES:
            self.channel.addItem(tr(wording.CHANNELS[code]), code)
        self.channel.activated.connect(lambda _index: self.reload())
        self.model = RowsModel(self)
        self.list = RowsList(f"{NAME}.list", tr("Messages"), self.model, self)
        self.list.opened.connect(self.open)
        self.list.deleteWanted.connect(self.archive)
        self.list.moreWanted.connect(self._next_page)
        self.list.chosen.connect(lambda _key: self.door.touch())
        self.view = MessageView(f"{NAME}.message", self.door, self)
        self.view.seen.connect(self._seen)
        self.view.archiveAsked.connect(self.archive)
        self.view.backAsked.connect(self.back)
        self.view.linkAsked.connect(self._open_link)
        self.empty = Muted("", wrap=True)
        self.empty.setObjectName(f"{NAME}.empty")
        self.undo = FlatButton(f"{NAME}.undo", tr("Undo"))
        self.undo.clicked.connect(lambda _checked=False: self._undo())
        self.strip = Banner("info", "", (self.undo,), self)
        self.strip.setObjectName(f"{NAME}.strip")
        self.strip.hide()

    def _chip(self, name: str, words: str) -> ChipButton:
        made = ChipButton(f"{NAME}.{name}", words)
        made.setCheckable(True)
        made.on_turn(lambda _on: self.reload())
        return made

    def _lay_out(self) -> None:
        self.filters, lonely, notes = QWidget(self), QWidget(self), QWidget(self)
        flow = FlowLayout(gap=6)
        self.filters.setLayout(flow)
        for widget in (self.unviewed, self.archived, self.channel):
            flow.addWidget(widget)
        column(lonely, self.empty, margins=(4, 18, 4, 4)).addStretch(1)
        self.stack = QStackedWidget(self)
        for page in (self.list, lonely, self.view):
            self.stack.addWidget(page)
        column(notes, self.trouble, self.result, self.busy, self.strip, gap=6, margins=(12, 0, 12, 0))
        head = QWidget(self)
        row(head, self.filters, margins=(12, 0, 12, 0))
        column(self, head, self.stack, notes, gap=8, margins=(0, 10, 0, 8), stretch=1)

    # -- the list ----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        if not self._page and not self._asked:
            self.reload()

    def reload(self) -> None:
        """The newest messages, with the filters as they are."""
        self.back()
        self.hush()
        self._known.clear()
        self._whole.clear()
        self.model.show(())
        self.list.expect(False)
        self._page = 0
        self._asked += 1
        self.empty.setText("")
        self.stack.setCurrentIndex(NOBODY)
        self._load(1)

    def _next_page(self) -> None:
        self._load(self._page + 1)

    def _load(self, page: int) -> None:
        asked = self._asked
        words = tr("Asking for the messages…") if page == 1 else tr("Asking for more messages…")
        self.run(lambda: self._read(page, asked), "Read messages", key="list", busy=words, if_busy="replace")

    async def _read(self, page: int, asked: int) -> None:
        found: Listing[Communication] = await self.door.ask(
            "communications",
            page,
            archived=self.archived.isChecked(),
            viewed=False if self.unviewed.isChecked() else None,
            channel=self.channel.code(),
        )
        if asked != self._asked:
            return
        self._page = found.page
        waiting = self.door.guests.waiting(self.door.contact_id)
        shown = [one for one in found.entries if not self._leaving(one.id, waiting)]
        self._known |= {one.id: one for one in shown}
        self._whole.difference_update(one.id for one in shown)  # a list leaves parts out
        self.model.add([self._row(one) for one in shown])
        self.list.expect(found.more)
        self._show_count()

    def _leaving(self, key: str, waiting: object) -> bool:
        """Archived here already, and not yet at the vendor."""
        mark = waiting.get(key) if hasattr(waiting, "get") else None
        mine = self._taken is not None and self._taken.message.id == key
        return not self.archived.isChecked() and (mine or key in self._held or bool(mark and mark.archived))

    def _row(self, message: Communication) -> Row:
        return wording.message_row(message, self.door.clock.now(), self._waits(message.id))

    def _waits(self, key: str) -> str:
        mark = self.door.guests.waiting(self.door.contact_id).get(key)
        return tr("Viewed here, told when online") if mark is not None and mark.viewed else ""

    def _show_count(self) -> None:
        """Nothing to show is said in words."""
        if self.stack.currentIndex() == READING:
            return
        filtered = self.unviewed.isChecked() or self.archived.isChecked() or bool(self.channel.code())
        words = tr("No message matches these filters.") if filtered else tr("There are no messages.")
        self.empty.setText("" if self.model.rows else words)
        self.stack.setCurrentIndex(LIST if self.model.rows else NOBODY)
        if not self.model.rows:
            announce(self, words)

    # -- one message -------------------------------------------------------------------------------------------------

    def open(self, key: str) -> None:
        message = self._known.get(key)
        if message is None:
            return
        self.door.touch()
        self.filters.hide()
        self.stack.setCurrentIndex(READING)
        self.view.text.setFocus()
        self.run(lambda: self._show(message), "Open message", key="open", busy=tr("Asking…"), if_busy="replace")

    async def _show(self, message: Communication) -> None:
        """A list leaves out when it was made, its picture and its link, and may leave out its content. What is known
        is shown all the same where the rest cannot be asked for."""
        trouble = None
        if message.id not in self._whole:
            try:
                alone: Communication = await self.door.ask("communication", message.id)
            except CrmDeskError as error:
                if not message.content.strip():
                    raise
                trouble = error
            else:
                self._whole.add(message.id)
                message = message.completed(alone)
                if message.id in self._known:
                    self._known[message.id] = message
                    self.model.put(self._row(message))
        if self.stack.currentIndex() == READING:
            await self.view.show_message(message)
        if trouble is not None:
            raise trouble

    def back(self) -> None:
        """To the list, at the same row."""
        if self.stack.currentIndex() != READING:
            return
        key = self.view.message.id if self.view.message is not None else ""
        self.filters.show()
        self.view.clear()
        self.stack.setCurrentIndex(LIST if self.model.rows else NOBODY)
        self._show_count()
        self.list.choose(key)
        (self.list if self.model.rows else self.unviewed).setFocus()

    def _open_link(self, address: str) -> None:
        self.door.touch()
        work = ask_and_open(self, f"{NAME}.openlink", address)
        self.scope.start(work, what="Open website", key=self.key("link"), if_busy="keep")

    def _seen(self, key: str) -> None:
        self.run(lambda: self._mark(key), "Mark message as viewed", key=f"viewed {key}")

    async def _mark(self, key: str) -> None:
        told: bool = await self.door.ask("mark_viewed", key)
        if key not in self._known:
            return
        self._known[key] = message = replace(self._known[key], is_viewed=True)
        self.model.put(self._row(message))
        if self.view.message is not None and self.view.message.id == key:
            self.view.show_mark(message, "" if told else tr("Viewed here, told when online"))

    # -- archive -----------------------------------------------------------------------------------------------------

    def archive(self, key: str) -> None:
        """Away from the list at once; it leaves when *Undo* has gone."""
        message = self._known.get(key)
        if message is None or message.is_archived or self.archived.isChecked():
            return
        self.flush()
        self.door.touch()
        self.back()
        at = self.model.take(key)
        del self._known[key]
        self._taken = _Taken(message, at)
        self._soon.start()
        self._show_strip(message, tr("Archived: {subject}"))
        self.list.choose_near(at)
        self._show_count()

    def _show_strip(self, message: Communication, words: str) -> None:
        text = words.replace("{subject}", isolated(one_line(wording.subject(message), 60)))
        self.undo.setAccessibleName(f"{tr('Undo')}: {text}")
        self.strip.set("info", text)
        self.strip.show()
        self.undo.show()
        announce(self, text)

    def flush(self) -> None:
        """The archived message leaves now."""
        taken, self._taken = self._taken, None
        self._soon.stop()
        if taken is not None:
            self.strip.hide()
            self.run(lambda: self._archive(taken), "Archive message", key=f"archive {taken.message.id}")

    async def flushed(self) -> None:
        """As `flush`, and it has left (or has been refused) when this returns."""
        taken, self._taken = self._taken, None
        self._soon.stop()
        if taken is not None:
            self.strip.hide()
            await self._run(lambda: self._archive(taken), "Archive message", "")

    async def _archive(self, taken: _Taken) -> None:
        try:
            told: bool = await self.door.ask_quietly("archive", taken.message.id)
        except BaseException:
            self._put_back(taken)
            raise
        if not told:
            self._held[taken.message.id] = taken
            self._show_strip(taken.message, tr("Will be archived when online: {subject}"))

    def _undo(self) -> None:
        self.door.touch()
        if self._taken is not None:
            taken, self._taken = self._taken, None
            self._soon.stop()
            self.strip.hide()
            self._put_back(taken)
        elif self._held:
            key, taken = self._held.popitem()
            self.strip.hide()
            if self.door.guests.unarchive_waiting(self.door.contact_id, key):
                self._put_back(taken)
            else:
                self.say("info", tr("It was archived already. {vendor} has no way to bring it back.").replace(
                    "{vendor}", self.door.vendor))  # fmt: skip

    def _put_back(self, taken: _Taken) -> None:
        message = taken.message
        self._known[message.id] = message
        if self.model.place(message.id) < 0:
            self.model.insert(max(0, taken.at), self._row(message))
        self._show_count()
        self.list.choose(message.id)
        if self.isVisible() and self.stack.currentIndex() == LIST:
            self.list.setFocus()

    # -- the session -------------------------------------------------------------------------------------------------

    def session_changed(self) -> None:
        """What waited for the line may have left."""
        waiting = self.door.guests.waiting(self.door.contact_id)
        gone = [key for key in self._held if key not in waiting or not waiting[key].archived]
        for key in gone:
            del self._held[key]
        if gone and not self._held and self._taken is None:
            self.strip.hide()
        for message in self._known.values():
            self.model.put(self._row(message))
        shown = self.view.message
        if shown is not None and shown.id in self._known:
            self.view.show_mark(self._known[shown.id], self._waits(shown.id))

    def forget(self) -> None:
        self._soon.stop()
        self._taken = None
        self._held.clear()
        self._known.clear()
        self._whole.clear()
        self.model.show(())
        self.view.clear()
        self.strip.hide()
        self.hush()
        self._page = self._asked = 0
        self.filters.show()
        self.stack.setCurrentIndex(NOBODY)
