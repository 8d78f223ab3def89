"""What a signed-in guest brings to the detail pane: the line below the name, and tabs that come and go with the
session. What somebody typed in them stays when the session ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QWindow
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from shiboken6 import isValid

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import ContactDetail, Json
from crmdesk.ui.feedback import announce, ask, error_words
from crmdesk.ui.guest.approvals import Approvals
from crmdesk.ui.guest.door import Door
from crmdesk.ui.guest.line import SignedInLine
from crmdesk.ui.guest.messages import Messages
from crmdesk.ui.guest.self_service import SelfService
from crmdesk.ui.guest.sign_out import SignOutDialog
from crmdesk.ui.kit import column, tr
from crmdesk.ui.reading import set_order, stops
from crmdesk.ui.system_notices import approvals_arrived

if TYPE_CHECKING:
    from crmdesk.sync.guests import Guests
    from crmdesk.ui.contacts.detail import DetailPane

FIRST = 2  # behind Overview and History
TOUCH_EVERY = 1.0  # s; keys and clicks in the pane say that somebody is there
_USED = (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)


class Leaf(QWidget):
    """A tab. What stands in it is made when somebody first looks: all of it at once would hold the window up for a
    moment, and most of it nobody wants."""

    def __init__(self, words: str, about: str, make: Callable[[], Any]) -> None:
        super().__init__()
        self.words, self.about, self._make = words, about, make
        self.part: Any = None  # a Part, or the SelfService of several

    def made(self) -> Any:
        """What stands in it."""
        if self.part is None:
            self.part = self._make()
            column(self, self.part)
            self.part.show()  # the layout would do it later, and till then it takes no focus
        return self.part

    @property
    def dirty(self) -> bool:
        return self.part is not None and self.part.dirty

    def leave(self) -> None:
        """Nobody needs it any more."""
        if self.part is not None:
            self.part.leave()
        self.hide()
        self.deleteLater()


class Deck:
    """The tabs of one guest; they stay with the contact as long as the session does, or something typed."""

    def __init__(self, door: Door, scope: TaskScope, card: GuestCard) -> None:
        self.door = door
        self.signed = False  # as it was when it was looked at last
        self._raw: Json = {}
        more = tr("Addresses, consent and privacy, files and printouts, Wi-Fi, password")
        self.every = (
            Leaf(tr("Messages"), "", lambda: Messages(door, scope)),
            Leaf(tr("Approvals"), "", lambda: Approvals(door, scope)),
            Leaf(tr("More"), more, lambda: SelfService(door, scope, card.edit, card.reload, lambda: self._raw)),
        )

    @property
    def messages(self) -> Messages:
        found: Messages = self.every[0].made()
        return found

    @property
    def approvals(self) -> Approvals:
        found: Approvals = self.every[1].made()
        return found

    @property
    def service(self) -> SelfService:
        found: SelfService = self.every[2].made()
        return found

    def leaves(self) -> list[Leaf]:
        """Those that have something to show now: all while the guest is signed in, else what was typed."""
        return [leaf for leaf in self.every if self.signed or leaf.dirty]

    @property
    def dirty(self) -> bool:
        return any(leaf.dirty for leaf in self.every)

    def _parts(self) -> list[Any]:
        return [leaf.part for leaf in self.every if leaf.part is not None]

    def show_contact(self, raw: Json) -> None:
        """The contact with its open edits, as it is by now."""
        self._raw = raw
        if self.every[2].part is not None:
            self.service.show_contact(raw)

    def look(self) -> None:
        """Whether the guest is signed in may be otherwise now."""
        before, self.signed = self.signed, self.door.signed_in is not None
        for part in self._parts():
            if before and not self.signed:
                for dialog in part.findChildren(QDialog):
                    dialog.reject()  # what it asks is the guest's to say, not that of whoever is there next
                part.forget()
            part.session_changed()

    def flush(self) -> None:
        """What was archived leaves."""
        if self.every[0].part is not None:
            self.messages.flush()

    async def flushed(self) -> None:
        """As `flush`, and it has left when this returns."""
        if self.every[0].part is not None:
            await self.messages.flushed()

    def close(self) -> None:
        for leaf in self.every:
            leaf.leave()


class GuestCard(QObject):
    """Acts for its pane. `guests` is services.guests."""

    def __init__(self, pane: DetailPane, guests: Guests, scope: TaskScope) -> None:
        super().__init__(pane)
        self._pane, self._guests, self._scope = pane, guests, scope
        self._decks: dict[int, Deck] = {}
        self._contact_id = 0
        self._vendor, self._lets_in, self._unsent = "", False, 0
        self._raw: Json = {}
        self._touched = 0.0
        self._heard: QWindow | None = None
        self.line = SignedInLine()
        self.line.signInAsked.connect(lambda: pane.acted.emit("sign in", None))
        self.line.signOutAsked.connect(self.sign_out)
        pane.place_below_header(self.line)
        pane.tabs.currentChanged.connect(lambda _index: self._tab_chosen())
        self._unsubscribe = guests.subscribe(self._changed)
        pane.destroyed.connect(self._unsubscribe)

    # -- what the pane tells -----------------------------------------------------------------------------------------

    def show(self, detail: ContactDetail, raw: Json, vendor: str, *, lets_in: bool) -> None:
        """Another contact, or the same one read anew. `lets_in`: its vendor's guests sign in themselves."""
        moved = detail.row.id != self._contact_id
        self._vendor, self._lets_in, self._raw = vendor, lets_in, raw
        self._unsent = sum(1 for op in detail.ops if op.state.open)
        if moved:
            self._close_card()
            self._contact_id = detail.row.id
        self._draw()
        if moved:
            self._pane.tabs.setCurrentIndex(0)

    def show_leaf(self, contact_id: int, number: int) -> bool:
        """Go to one of the tabs of this guest's card; False where it is not what is shown."""
        tabs, deck = self._pane.tabs, self.deck
        if contact_id != self._contact_id or deck is None or tabs.indexOf(deck.every[number]) < 0:
            return False
        tabs.setCurrentWidget(deck.every[number])
        tabs.tabBar().setFocus(Qt.FocusReason.ShortcutFocusReason)
        return True

    def edit(self) -> None:
        """The ordinary editor, on this contact."""
        self._pane.acted.emit("edit", None)

    def reload(self) -> None:
        """The contact was changed at the vendor."""
        self._pane.check_now()

    # -- decks -------------------------------------------------------------------------------------------------------

    @property
    def deck(self) -> Deck | None:
        """Of the contact that is shown."""
        return self._decks.get(self._contact_id)

    def _close_card(self) -> None:
        """Another contact is to be shown: what was done to the last one leaves, its tabs go to the back."""
        deck = self.deck
        if deck is not None:
            deck.flush()
            self._take_out(deck)
            self._drop_if_done(self._contact_id)

    def _drop_if_done(self, contact_id: int) -> None:
        deck = self._decks.get(contact_id)
        if deck is not None and not deck.signed and not deck.dirty:
            self._take_out(deck)
            deck.close()
            del self._decks[contact_id]

    def _take_out(self, deck: Deck) -> None:
        tabs = self._pane.tabs
        if tabs.currentWidget() in deck.every:
            tabs.setCurrentIndex(0)  # else Qt takes the neighbour, which would be read for nothing
        for leaf in deck.every:
            if (at := tabs.indexOf(leaf)) >= 0:
                tabs.removeTab(at)

    def _changed(self) -> None:
        """A session began or ended, of any guest."""
        if not isValid(self) or not isValid(self._pane):
            return
        for contact_id, deck in tuple(self._decks.items()):
            if contact_id != self._contact_id:
                deck.look()
                self._drop_if_done(contact_id)
        self._draw()

    def _draw(self) -> None:
        """Line and tabs as they have to be now."""
        found = self._guests.signed_in(self._contact_id) if self._contact_id else None
        deck = self.deck
        if deck is None and found is not None:
            settings = self._pane.settings
            door = Door(self._guests, self._contact_id, self._pane.desk.clock, self._vendor)
            door.viewed_after = lambda: int(settings.viewed_seconds)
            door.arrived = lambda count: approvals_arrived(self._pane, count)
            deck = self._decks[self._contact_id] = Deck(door, self._scope, self)
        was = deck.signed if deck is not None else False
        if deck is not None:
            deck.look()
            deck.show_contact(self._raw)
            self._place(deck)
            self._drop_if_done(self._contact_id)
        self._draw_line(found, was and found is None)
        self._listen()

    def _draw_line(self, found: Any, ended: bool) -> None:
        typed = self.deck is not None and self.deck.dirty
        self.line.setVisible(self._lets_in or found is not None or typed)
        if found is not None:
            self.line.show_guest(found.guest.name)
        else:
            self.line.show_away(typed=typed)
        if ended:
            words = self.line.safe.text() if typed else tr("The guest was signed out.")
            announce(self.line, words, assertive=True)

    def _place(self, deck: Deck) -> None:
        """The tabs that belong there, in their order; the focus does not fall out of the pane with one that goes."""
        tabs, wanted, focus = self._pane.tabs, deck.leaves(), QApplication.focusWidget()
        for leaf in deck.every:
            if leaf not in wanted and (at := tabs.indexOf(leaf)) >= 0:
                inside = focus is not None and leaf.isAncestorOf(focus)
                if tabs.currentWidget() is leaf:
                    tabs.setCurrentIndex(0)
                tabs.removeTab(at)
                if inside:
                    tabs.tabBar().setFocus()
        for number, leaf in enumerate(wanted):
            if tabs.indexOf(leaf) < 0:
                tabs.insertTab(FIRST + number, leaf, leaf.words)
                tabs.setTabToolTip(FIRST + number, leaf.about)
        self._begin()

    def _tab_chosen(self) -> None:
        self._begin()
        if self.deck is not None and self._pane.tabs.currentWidget() in self.deck.every:
            self.deck.door.touch()

    def _begin(self) -> None:
        """What is looked at is fetched; nobody is asked for what nobody looks at."""
        deck, leaf = self.deck, self._pane.tabs.currentWidget()
        if deck is not None and deck.signed and isinstance(leaf, Leaf):
            leaf.made().begin()

    def order_tab(self) -> None:
        """Tab is to go on as the pane is read: from the line below the name to the tabs, then down the open one."""
        leaf, bar = self._pane.tabs.currentWidget(), self._pane.tabs.tabBar()
        shown = stops(leaf) if isinstance(leaf, Leaf) else ()
        set_order([*stops(self._pane.header), *stops(self.line), bar, *shown])

    # -- somebody is there -------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        """To keys and clicks in this window while somebody is signed in: they keep the session of the open card alive
        where they are meant for it. The native window gets each of them once."""
        wanted = self._pane.window().windowHandle() if self._guests.everyone() else None
        if wanted is not self._heard:
            if self._heard is not None and isValid(self._heard):
                self._heard.removeEventFilter(self)
            if wanted is not None:
                wanted.installEventFilter(self)
            self._heard = wanted

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _USED and isValid(self._pane):
            self._used()
        return False

    def _used(self) -> None:
        now = self._pane.desk.clock.monotonic()
        focus = QApplication.focusWidget()
        if now - self._touched >= TOUCH_EVERY and focus is not None and self._pane.isAncestorOf(focus):
            self._touched = now
            self._guests.touch(self._contact_id)

    # -- signing out -------------------------------------------------------------------------------------------------

    def sign_out(self) -> None:
        """Asks what is to stay on this computer."""
        if self._guests.signed_in(self._contact_id) is not None:
            work = self._sign_out(self._contact_id)
            self._scope.start(work, what="Sign the guest out", key=("guest.sign_out", self._contact_id), if_busy="keep")

    async def _sign_out(self, contact_id: int) -> None:
        found, deck = self._guests.signed_in(contact_id), self._decks.get(contact_id)
        if found is None:
            return  # the session ended at this moment
        typed = deck is not None and deck.dirty
        parent: QWidget = self._pane.window()
        dialog = SignOutDialog(parent, found.guest.name, self._unsent, typed)
        if await ask(dialog) != QDialog.DialogCode.Accepted.value:
            return
        if deck is not None and contact_id in self._decks:
            await deck.flushed()
        try:
            told = await self._guests.sign_out(contact_id, keep=dialog.keep())
        except CrmDeskError as error:
            self.line.say("error", " ".join(error_words(error)).strip())
            return
        if not told and contact_id == self._contact_id:
            words = tr("Signed out here. {vendor} could not be told; the session ends there by itself.")
            self.line.say("info", words.replace("{vendor}", self._vendor))
