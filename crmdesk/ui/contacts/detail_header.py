"""The top of an opened contact: who it is, where it is from, what state it is in, and the buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from crmdesk.core.text import one_line
from crmdesk.core.types import ContactRow, State
from crmdesk.ui.cards.link_button import LinkButton
from crmdesk.ui.contacts.columns import display_name, state_of, type_words
from crmdesk.ui.contacts.detail_parts import NameLabel, PlaceBadge, SecondLine
from crmdesk.ui.contacts.detail_rows import Avatar
from crmdesk.ui.contacts.local_time import time_there
from crmdesk.ui.contacts.names import country
from crmdesk.ui.contacts.painter import STATE_LOOK
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.hiding import hides, row_on_screen
from crmdesk.ui.kit import IconButton, IconWord, button, column, row, tr
from crmdesk.ui.words import breakable

Bind = Callable[[QAbstractButton, str], None]
LONG_WORD = 14  # letters; a longer one may break anywhere
WORDS_FROM = 70  # characters of width from which on *Edit* is written out


class DetailHeader(QWidget):
    """`bind` ties a button to a command, which then carries its reason and key."""

    backAsked = Signal()
    menuAsked = Signal(object)  # the button it opens under
    linkedAsked = Signal()  # to the other records of this person

    def __init__(self, bind: Bind | None) -> None:
        super().__init__()
        self.avatar, self.name, self.second = Avatar(), NameLabel("", factor=1.5), SecondLine("", wrap=True)
        self.name.setWordWrap(True)
        for label in (self.name, self.second):
            label.setMinimumWidth(1)  # else a long word makes Qt reckon the height for a width that is not there
        self.vendor, self.state = PlaceBadge(), IconWord()
        self.linked = LinkButton("detail.linked")
        self.linked.clicked.connect(lambda _checked=False: self.linkedAsked.emit())
        self.linked.hide()
        self._about: ContactRow | None = None
        self._back = IconButton("detail.back", "back", tr("Back to the list (Alt+Left)"))
        self._back.clicked.connect(lambda _checked=False: self.backAsked.emit())
        self._edit = button("detail.edit", tr("Edit"))
        self._pencil = IconButton("detail.edit.small", "pencil", tr("Edit"))
        more = IconButton("detail.more", "more", tr("More actions"))
        more.clicked.connect(lambda _checked=False: self.menuAsked.emit(more))
        for made in (self._edit, self._pencil):
            if bind is not None:
                bind(made, "contact.edit")
        badges, titles, buttons = QWidget(), QWidget(), QWidget()
        flow = FlowLayout(gap=8)
        badges.setLayout(flow)
        flow.addWidget(self.vendor)
        flow.addWidget(self.linked)
        flow.addWidget(self.state)
        column(titles, self.name, self.second, badges, gap=3)
        row(buttons, self._edit, self._pencil, more, gap=6)
        row(self, self._back, self.avatar, titles, buttons, gap=12, margins=(16, 16, 12, 6), stretch=2)
        self._wide(wide=False)

    def set_narrow(self, narrow: bool) -> None:
        """Alone in the window: show the way back to the list."""
        self._back.setVisible(narrow)

    def _wide(self, *, wide: bool) -> None:
        self._edit.setVisible(wide)
        self._pencil.setVisible(not wide)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._wide(wide=event.size().width() >= WORDS_FROM * self.fontMetrics().averageCharWidth())

    def show_linked(self, vendors: Sequence[str]) -> None:
        """The other vendors that have the same person, by their titles."""
        words = tr("also at {vendors}").replace("{vendors}", ", ".join(vendors))
        self.linked.set_words(words)
        self.linked.setVisible(bool(vendors))

    def show_time(self, now: datetime) -> None:
        """The line below the name: what kind of contact, where, and what time it is there."""
        if (contact := self._about) is None:
            return
        place = ", ".join(text for text in (one_line(contact.city), country(one_line(contact.country, 60))) if text)
        there = time_there(contact.country, now).replace(" ", "\u00a0")  # is not broken into two lines
        parts = (type_words(contact.kind), place, there)
        text = " · ".join(part for part in parts if part)
        self.second.setText(breakable(text, LONG_WORD))
        self.second.setVisible(bool(text))

    def show_row(self, contact: ContactRow, vendor: str, now: datetime) -> str:
        """`vendor` names vendor and account. The name as it is shown."""
        contact = row_on_screen(contact) if hides() else contact
        name = one_line(display_name(contact))
        self.avatar.set(contact.id, name)
        self.name.setText(breakable(name, LONG_WORD))
        self._about = contact
        self.show_time(now)
        self.vendor.setText(vendor)
        self.vendor.setVisible(bool(vendor))
        state = state_of(contact.flags)
        icon_name, tone = STATE_LOOK.get(state, ("", ""))
        self.state.set(icon_name, tr(state.value), tone)
        self.state.setVisible(state is not State.CLEAN)
        return name
