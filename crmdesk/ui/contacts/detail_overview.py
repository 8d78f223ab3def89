"""The first tab of an opened contact: banners, the vendor's block with its fields, how fresh it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QAbstractButton, QApplication, QVBoxLayout, QWidget

from crmdesk.core.fields import FieldSpec
from crmdesk.core.outbox import NEW
from crmdesk.core.types import ContactDetail, Json
from crmdesk.ui.contacts.columns import Desk
from crmdesk.ui.contacts.detail_banners import (
    Act,
    away_banner,
    draft_banner,
    new_banner,
    op_banners,
    opt_out_banner,
    pairs_banner,
    remark_banner,
    state_banner,
)
from crmdesk.ui.contacts.detail_fields import Entry, Group, state_time
from crmdesk.ui.contacts.detail_parts import STATE_FLAGS
from crmdesk.ui.contacts.detail_rows import FieldRow, Tell, field_card, shown_entries
from crmdesk.ui.contacts.ways import opted_out
from crmdesk.ui.flow import flowing
from crmdesk.ui.kit import Banner, FlatButton, Heading, IconWord, Muted, column, row, scroll, tooltip, tr
from crmdesk.ui.words import ago, clock_time

if TYPE_CHECKING:
    from crmdesk.settings import Settings


@dataclass(frozen=True, slots=True)
class Block:
    """One vendor's part of what is shown: its heading, its fields, the contact as JSON and in words, and why it cannot
    be checked now (None = it can). `vendor` is its title; `remark` a line about what was done just now; `pairs` how
    many contacts may be the same person."""

    heading: str
    specs: Sequence[FieldSpec]
    raw: Json
    groups: Sequence[Group]
    no_check: str | None
    vendor: str = ""
    remark: str = ""
    pairs: int = 0


class Overview(QWidget):
    """`fill` shows a contact. `copy`, `open_link`, `check` and `toggle_empty` are what its buttons do,
    `act(what, op)` what those of its banners do, `tell` hears of masked fields that were shown."""

    def __init__(
        self,
        settings: Settings,
        copy: Callable[[Entry], None],
        open_link: Callable[[Entry], None],
        check: Callable[[], None],
        toggle_empty: Callable[[], None],
        act: Act,
        tell: Tell,
    ) -> None:
        super().__init__()
        self._tell = tell
        self._settings, self._copy, self._open_link, self._act = settings, copy, open_link, act
        self._check_now, self._toggle_empty = check, toggle_empty
        self._detail: ContactDetail | None = None
        self._revealed: set[str] = set()  # paths of masked fields that were asked for
        self._banners: list[QWidget] = []
        self._rows: list[list[FieldRow]] = []  # of each group, as they stand below each other
        self.body = QWidget()
        self._cards: QVBoxLayout = column(self.body, gap=6, margins=(16, 8, 16, 16))
        self._inside = QWidget()
        self._parts = column(self._inside, self.body, gap=0)
        self._parts.addStretch(1)
        self.area = scroll(self._inside, "detail.scroll")
        column(self, self.area)

    def add_below(self, part: QWidget) -> None:
        """What stands below the fields of whichever contact is shown, and is filled by whoever made it."""
        self._parts.insertWidget(1, part)

    def fill(self, detail: ContactDetail, block: Block, desk: Desk, *, same: bool) -> None:
        """Cards anew; scroll position, focus and what was unmasked stay where the `same` contact was read again."""
        if same and self._refill(detail, block, desk):
            return
        at = self.area.verticalScrollBar().value() if same else 0
        focused = self._focused_path() if same else ""
        if not same:
            self._revealed.clear()
        self._detail, self._block, self._desk = detail, block, desk
        while (item := self._cards.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                _drop(old)
        self._banners = self._make_banners()
        for banner in self._banners:
            self._cards.addWidget(banner)
        self._add_cards()
        self._add_footer()
        self._cards.addStretch(1)
        self._inside.adjustSize()
        self.area.verticalScrollBar().setValue(at)
        if focused and (again := self.body.findChild(FieldRow, f"detail.field.{focused}")) is not None:
            again.setFocus()

    def _refill(self, detail: ContactDetail, block: Block, desk: Desk) -> bool:
        """Only what differs is made anew: 5 ms instead of 50, while whoever saved it works on. False where the rows are
        others, or a banner has a button, whose place among the others Tab would not know."""
        empty = self._show_empty()
        wanted = [shown_entries(group, empty=empty) for group in block.groups]
        if not self._alike(block, empty, wanted):
            return False
        self._detail, self._block, self._desk = detail, block, desk
        banners = self._make_banners()
        if any(banner.findChild(QAbstractButton) is not None for banner in (*self._banners, *banners)):
            return False
        for old in self._banners:
            self._cards.removeWidget(old)
            _drop(old)
        self._banners = banners
        for at, banner in enumerate(banners):
            self._cards.insertWidget(at, banner)
        for rows, entries in zip(self._rows, wanted, strict=True):
            for row_, entry in zip(rows, entries, strict=True):
                row_.put(entry)
        self.problem.hide()
        self._offer_check()
        self.refresh_age()
        self._inside.adjustSize()
        return True

    def _alike(self, block: Block, empty: bool, wanted: Sequence[Sequence[Entry]]) -> bool:
        """Whether the rows that are there can show it."""
        if self._detail is None or self._made_with != (empty, block.heading, bool(block.raw), _hidden(block) > 0):
            return False
        groups = [group.title for group in self._block.groups] == [group.title for group in block.groups]
        return groups and all(
            len(rows) == len(entries) and all(row_.fits(entry) for row_, entry in zip(rows, entries, strict=True))
            for rows, entries in zip(self._rows, wanted, strict=True)
        )

    def first_row(self) -> FieldRow | None:
        """Where the keyboard begins."""
        return next((found for found in self.body.findChildren(FieldRow) if not found.isHidden()), None)

    def _focused_path(self) -> str:
        widget = QApplication.focusWidget()
        return widget.entry.path if isinstance(widget, FieldRow) and self.isAncestorOf(widget) else ""

    # -- parts -------------------------------------------------------------------------------------------------------

    def _make_banners(self) -> list[QWidget]:
        """What needs a person first, each with one thing to do about it (UX-DET-09)."""
        assert self._detail is not None
        made: list[QWidget] = []
        away = away_banner(self._detail, self._act)
        if self._block.remark and away is None:  # what waits for its guest is not "will be sent"
            made.append(remark_banner(self._block.remark))
        elif (fresh := new_banner(self._detail, self._block.vendor)) is not None:
            made.append(fresh)
        made += op_banners(self._detail, self._block.vendor, self._block.specs, self._act)
        if away is not None:
            made.append(away)
        for flag, word in STATE_FLAGS:
            if self._detail.row.flags & flag:
                since = state_time(self._block.raw, self._block.specs, word)
                made.append(state_banner(flag, word, since, self._act))
        if self._block.pairs:
            made.append(pairs_banner(self._block.pairs, self._act))
        if flags := opted_out(self._block.raw, self._block.specs):
            made.append(opt_out_banner(flags))
        if self._detail.draft is not None:
            now = self._desk.clock.now()
            made.append(draft_banner(self._detail.draft, self._block.specs, now, self._act))
        return made

    def _add_cards(self) -> None:
        heading = Heading(self._block.heading, factor=1.1)
        heading.setObjectName("detail.block")
        heading.setWordWrap(True)
        heading.setContentsMargins(2, 4, 0, 2)
        self._cards.addWidget(heading)
        if not self._block.raw and not self._detail_is_new():
            self._cards.addWidget(Banner("warning", tr("The stored answer of this contact cannot be read as JSON.")))
        self._rows = [self._add_card(group) for group in self._block.groups]
        self._hidden = _hidden(self._block)
        empty, block = self._show_empty(), self._block
        self._made_with = (empty, block.heading, bool(block.raw), self._hidden > 0)

    def _detail_is_new(self) -> bool:
        return self._detail is not None and self._detail.row.remote_id.startswith(NEW)

    def _add_card(self, group: Group) -> list[FieldRow]:
        card = field_card(
            group,
            empty=self._show_empty(),
            copy=self._copy,
            open_link=self._open_link,
            revealed=self._revealed,
            tell=self._tell,
        )
        if card is None:
            return []
        if group.title:
            title = Heading(group.title, factor=0.95)
            title.setContentsMargins(2, 6, 0, 0)
            self._cards.addWidget(title)
            card.setAccessibleName(group.title)
        self._cards.addWidget(card)
        return card.findChildren(FieldRow)

    def _add_footer(self) -> None:
        footer, self.as_of, self.old = QWidget(), Muted("", wrap=True), IconWord()
        self.check = FlatButton("detail.check", tr("Check now"))
        self.check.clicked.connect(lambda _checked=False: self._check_now())
        row(footer, self.as_of, flowing(self.old, self.check), gap=8, margins=(2, 4, 0, 0), stretch=0)
        self.problem = Banner("error", "")
        self.problem.setObjectName("detail.problem")
        self.problem.hide()
        empty = FlatButton("detail.empty", tr("Hide empty fields") if self._show_empty() else tr("Show empty fields"))
        empty.clicked.connect(lambda _checked=False: self._toggle_empty())
        last = QWidget()
        row(last, empty).addStretch(1)
        empty.setVisible(bool(self._hidden))
        for widget in (footer, self.problem, last):
            self._cards.addWidget(widget)
        self._offer_check()
        self.refresh_age()

    def _offer_check(self) -> None:
        reason = self._block.no_check
        self.check.setEnabled(reason is None)
        self.check.setToolTip(tooltip(reason or ""))
        self.check.setAccessibleDescription(reason or "")

    def _show_empty(self) -> bool:
        return self._settings.show_empty_fields

    def refresh_age(self) -> None:
        """Word the as-of line anew; time went on."""
        if self._detail is None:
            return
        as_of, now = self._detail.as_of, self._desk.clock.now()
        text = tr("As of {time}, {ago}").replace("{time}", clock_time(as_of, now)).replace("{ago}", ago(as_of, now))
        never = tr("Not sent yet") if self._detail_is_new() else tr("Never confirmed by the vendor")
        self.as_of.setText(text if as_of and not self._detail_is_new() else never)
        self.old.set("clock", tr("old"), "warning")
        self.old.setVisible(self._desk.is_old(as_of))

    # -- checking ----------------------------------------------------------------------------------------------------

    def show_checking(self, checking: bool) -> None:
        self.check.setText(tr("Checking…") if checking else tr("Check now"))
        self.check.setEnabled(not checking and self._block.no_check is None)
        if checking:
            self.problem.hide()

    def show_problem(self, tone: str, text: str) -> None:
        """Beside the button that brought it."""
        self.problem.set(tone, text)
        self.problem.show()
        self.area.ensureWidgetVisible(self.problem)


def _hidden(block: Block) -> int:
    """How many fields have no value."""
    return sum(entry.empty for group in block.groups for entry in group.entries)


def _drop(widget: QWidget) -> None:
    widget.hide()
    widget.setParent(None)  # else its rows are still found by name, and the focus put on them goes with them
    widget.deleteLater()
