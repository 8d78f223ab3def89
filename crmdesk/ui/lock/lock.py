"""The window's lock: when it closes, what closing means, and who may open it again.

Cheap to import: the window has one from its first moment, and a start may begin locked."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from crmdesk.ui import menus
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from crmdesk.core.pin import PinBook, Verdict
    from crmdesk.sync.pins import Pins
    from crmdesk.ui.editor.editor import Editor
    from crmdesk.ui.lock.clipboard import ClipboardWatch
    from crmdesk.ui.lock.curtain import Curtain
    from crmdesk.ui.lock.idle import IdleWatch
    from crmdesk.ui.lock.page import LockPage
    from crmdesk.ui.main_window import MainWindow

PERSONAL = ("pin", "operator")  # dialogs that are about whoever is at the desk


class Lock(QObject):
    """Acts for its window. `changed`: locked, opened, or somebody's PIN is another one."""

    changed = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._curtain: Curtain | None = None
        self._page: LockPage | None = None
        self._watch: IdleWatch | None = None
        self._clipboard: ClipboardWatch | None = None
        self._book: PinBook | None = None  # as the first rows' file had it, until the services are there
        self._since: datetime | None = None
        self._keeper: str | None = None  # who must unlock a start that began locked
        self.locked = False

    @property
    def hidden(self) -> bool:
        """Whether the content is away: locked, or by the privacy key."""
        return self._page is not None

    @property
    def pins(self) -> Pins | None:
        return self._window.services.pins if self._window.attached else None

    # ── locking ──────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, book: PinBook | None) -> None:
        """A start has found first rows: they are shown, or nothing before somebody unlocks."""
        self._book = book
        if book is not None and self._must_begin(book):
            self.locked, self._keeper = True, self._at_start()
            self._draw()

    def attach(self) -> None:
        """The data folder is open: nothing of it is shown before somebody unlocks, where that is due."""
        from crmdesk.ui.lock.clipboard import ClipboardWatch
        from crmdesk.ui.lock.idle import IdleWatch

        window, pins = self._window, self.pins
        assert pins is not None  # with the services
        self._clipboard = ClipboardWatch(self)
        self._watch = IdleWatch(window.clock, self._limit, self.now, self)
        if not self.locked and self._must_begin(pins.book):
            self.locked, self._keeper = True, self._at_start()
            self._draw()
        if self._page is not None:
            self._page.refresh()
        self.changed.emit()

    def _must_begin(self, book: PinBook) -> bool:
        settings = self._window.settings
        return book.starts_locked(settings.operator, settings.lock_at_start)

    def _limit(self) -> float:
        return float(self._window.settings.lock_minutes * 60)

    def now(self) -> None:
        """*Lock now*, and after the idle time. What is typed is kept, guests are signed out, sending goes on."""
        if self.locked or self._window.outgoing is None:
            return
        try:
            self._put_away()
        finally:  # whatever that meets, nobody sees on
            self._shut()

    def _put_away(self) -> None:
        self._keep_typing()
        if self._clipboard is not None:
            self._clipboard.clear()
        self._window.overlays.close_sign_in()
        self._close_questions()

    def _shut(self) -> None:
        self.locked, self._since = True, self._window.clock.now()
        self._draw()
        if self._window.attached:
            leaving = self._window.services.guests.sign_out_all()
            self._window.scope.start(leaving, what="sign guests out")
        self._note()
        self.changed.emit()

    def _close_questions(self) -> None:
        """A half-typed PIN or passphrase, or who is at the desk, is nobody else's: whoever unlocks may be another
        person, and can have shown what is typed."""
        from PySide6.QtWidgets import QDialog  # none before the first paint

        from crmdesk.ui.unlock import SecretEdit

        for dialog in self._window.findChildren(QDialog):
            if dialog.objectName() in PERSONAL:
                dialog.reject()
        for secret in self._window.findChildren(SecretEdit):
            secret.wipe()

    def hide_content(self) -> None:
        """The privacy key: nobody reads over the counter. Nothing else changes."""
        if not self.hidden:
            self._draw()

    def _draw(self) -> None:
        from crmdesk.ui.lock.curtain import Curtain
        from crmdesk.ui.lock.page import LockPage

        self._curtain = self._curtain or Curtain(self._window)
        self._page = LockPage(self)
        self._curtain.draw(self._page)

    def _keep_typing(self) -> None:
        """The draft is read off the editor now and stored in the moments after; the editor stays as it is."""
        editor = self._editor()
        if editor is not None and editor.dirty:
            editor.keeper.keep()

    def _editor(self) -> Editor | None:
        return self._window.contacts.detail.editor

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def unlock(self, name: str, typed: str) -> Verdict:
        """Shows everything again where this is the person's PIN, who is then at the desk. StorageError."""
        pins = self.pins
        assert pins is not None  # the page waits for it
        verdict = await pins.check(name, typed)
        if verdict.right:
            self._open(name)
        return verdict

    async def forget(self, name: str, passphrase: str) -> Verdict:
        """As `unlock`, by the data folder's passphrase; the PIN is gone. KnownError."""
        pins = self.pins
        assert pins is not None  # the page waits for it
        verdict = await pins.forget_by_passphrase(name, passphrase)
        if verdict.right:
            self._open(name)
            self._window.feedback.notice(tr("The PIN is removed. Set a new one in Settings."))
        return verdict

    def show_again(self) -> None:
        """Without a PIN: after the privacy key, and where the person at the desk has none."""
        if self.hidden and (not self.locked or self.face() == "free"):
            self._open("")

    def _open(self, name: str) -> None:
        if self._curtain is None or self._page is None:
            return
        was_locked, self.locked, self._page, self._since = self.locked, False, None, None
        self._keeper = None
        self._curtain.lift()
        if self._watch is not None:
            self._watch.used()
        outgoing = self._window.outgoing
        if name and outgoing is not None:
            outgoing.be(name)  # notes it too
        elif was_locked:
            self._note()
        self._window.refresh_status()
        self.changed.emit()

    # ── what the page asks ───────────────────────────────────────────────────────────────────────────────────────

    def operator(self) -> str:
        """Who is at the desk; till a start is unlocked whoever was, or whom the settings name if that is stricter."""
        if self._keeper is not None:
            return self._keeper
        window = self._window
        return self._at_start() if window.outgoing is None else str(window.services.edits.operator)

    def _at_start(self) -> str:
        """Anybody can edit the settings: a name without a PIN in them takes nobody's place."""
        named, book = str(self._window.settings.operator), self.book()
        return named if book.has(named) or not book.desk.operator else book.desk.operator

    def book(self) -> PinBook:
        from crmdesk.core.pin import NO_PINS

        return self.pins.book if self.pins is not None else self._book or NO_PINS

    def names(self) -> list[str]:
        book = self.book()
        return [book.pins[key].name for key in sorted(book.pins)]

    def face(self) -> str:
        """pin, free or hidden."""
        if not self.locked:
            return "hidden"
        return "pin" if self.book().has(self.operator()) else "free"

    def ready(self) -> bool:
        """Whether a PIN can be looked at."""
        return self.pins is not None

    def wait(self, name: str) -> float:
        return self.pins.wait(name) if self.pins is not None else 0.0

    def waits(self) -> int:
        """Edits that are not at their vendor yet."""
        outgoing = self._window.outgoing
        return outgoing.counts.waiting + outgoing.counts.held if outgoing is not None else 0

    def typing(self) -> bool:
        """Whether something typed is not saved."""
        return menus.unsaved(self._window.contacts)

    def time(self) -> datetime:
        return self._window.clock.now()

    def since_words(self) -> str:
        """Locked at 14:05."""
        from crmdesk.core.seams import iso
        from crmdesk.ui.words import clock_time

        if self._since is None:
            return ""
        return tr("locked at {time}").replace("{time}", clock_time(iso(self._since), self.time()))

    def provable(self) -> bool:
        """Whether the data folder has a passphrase, which is worth more than a PIN."""
        return self.pins is not None and self.pins.prove is not None

    def command_words(self, name: str) -> str:
        """How the owner of the computer's account takes a PIN away; '' in practice, which keeps nothing."""
        from subprocess import list2cmdline

        window = self._window
        if window.start_practice is None:
            return ""
        folder = ["--data", window.folder] if window.folder else []
        return list2cmdline(["crmdesk", *folder, "pins", "forget", name])

    def privacy_keys(self) -> tuple[str, ...]:
        return self._window.commands.get("privacy").keys

    def start(self, doing: Coroutine[Any, Any, Any], *, what: str) -> None:
        """One try at a time."""
        self._window.scope.start(doing, what=what, key="lock.try", if_busy="keep")

    # ── the desk ─────────────────────────────────────────────────────────────────────────────────────────────────

    def desk_changed(self) -> None:
        """Another person is at the desk, or has a PIN now: for the next start, and for Settings."""
        self._note()
        self.changed.emit()

    def _note(self) -> None:
        """Only once somebody has a PIN does a start ask who was here."""
        pins = self.pins
        if pins is not None and (pins.book.pins or pins.book.desk.locked):
            note = pins.note_desk(self.operator(), locked=self.locked)
            self._window.scope.start(note, what="note who is at the desk", key="lock.note", if_busy="queue")

    def settings_box(self) -> QWidget:
        """The part of Settings where PINs are set."""
        from crmdesk.ui.lock.box import PinBox

        return PinBox(self, self._window)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

    def quit(self) -> None:
        self._window.close()

    async def may_leave(self) -> bool:
        """A locked window that is closed asks nothing: what is typed is kept. False where that failed: somebody has to
        unlock and look."""
        contacts = self._window.contacts
        if menus.unsaved(contacts):
            await contacts.keep_typing()
            if contacts.detail.editor is not None:
                if self._page is not None:
                    self._page.entry.tell(tr("What was typed could not be kept. Unlock to see why."))
                return False
        if self.locked and self.pins is not None and self.pins.book.pins:
            await self.pins.note_desk(self.operator(), locked=True)
        return True

    def end(self) -> None:
        """The window ends: what was taken out of it ends with it, unseen."""
        if self._curtain is not None and self.hidden:
            self._window.hide()
            self._curtain.lift(ending=True)
            self._page = None
