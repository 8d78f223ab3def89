"""The first tab of an opened contact: banners, the vendor's block with its fields, how fresh it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from crmdesk.core.fields import FieldSpec
from crmdesk.core.outbox import NEW
from crmdesk.core.types import ContactDetail, Json
from crmdesk.ui.contacts.columns import Desk
from crmdesk.ui.contacts.detail_banners import Act, draft_banner, new_banner, op_banners, remark_banner
from crmdesk.ui.contacts.detail_fields import Entry, Group, state_time
from crmdesk.ui.contacts.detail_parts import STATE_FLAGS, STATE_TONES, banner_text
from crmdesk.ui.contacts.detail_rows import FieldRow, field_card
from crmdesk.ui.kit import Banner, FlatButton, Heading, IconWord, Muted, column, row, scroll, tooltip, tr
from crmdesk.ui.words import ago, clock_time


@dataclass(frozen=True, slots=True)
class Block:
    """One vendor's part of what is shown: its heading, its fields, the contact as JSON and in words, and why it cannot
    be checked now (None = it can). `vendor` is its title; `remark` a line about what was done just now."""

    heading: str
    specs: Sequence[FieldSpec]
    raw: Json
    groups: Sequence[Group]
    no_check: str | None
    vendor: str = ""
    remark: str = ""


class Overview(QWidget):
    """`fill` shows a contact. `copy`, `open_link`, `check` and `toggle_empty` are what its buttons do,
    `act(what, op)` what those of its banners do."""

    def __init__(
        self,
        settings: Any,
        copy: Callable[[Entry], None],
        open_link: Callable[[str], None],
        check: Callable[[], None],
        toggle_empty: Callable[[], None],
        act: Act,
    ) -> None:
        super().__init__()
        self._settings, self._copy, self._open_link, self._act = settings, copy, open_link, act
        self._check_now, self._toggle_empty = check, toggle_empty
        self._detail: ContactDetail | None = None
        self._revealed: set[str] = set()  # paths of masked fields that were asked for
        self.body = QWidget()
        self._cards: QVBoxLayout = column(self.body, gap=6, margins=(16, 8, 16, 16))
        self.area = scroll(self.body, "detail.scroll")
        column(self, self.area)

    def fill(self, detail: ContactDetail, block: Block, desk: Desk, *, same: bool) -> None:
        """Cards anew; scroll position, focus and what was unmasked stay where the `same` contact was read again."""
        at = self.area.verticalScrollBar().value() if same else 0
        focused = self._focused_path() if same else ""
        if not same:
            self._revealed.clear()
        self._detail, self._block, self._desk = detail, block, desk
        while (item := self._cards.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.setParent(None)  # else its rows are still found by name, and the focus put on them goes with them
                old.deleteLater()
        self._add_banners()
        self._add_cards()
        self._add_footer()
        self._cards.addStretch(1)
        self.body.adjustSize()
        self.area.verticalScrollBar().setValue(at)
        if focused and (again := self.body.findChild(FieldRow, f"detail.field.{focused}")) is not None:
            again.setFocus()

    def first_row(self) -> FieldRow | None:
        """Where the keyboard begins."""
        return next((found for found in self.body.findChildren(FieldRow) if not found.isHidden()), None)

    def _focused_path(self) -> str:
        widget = QApplication.focusWidget()
        return widget.entry.path if isinstance(widget, FieldRow) and self.isAncestorOf(widget) else ""

    # -- parts -------------------------------------------------------------------------------------------------------

    def _add_banners(self) -> None:
        """What needs a person first, each with one thing to do about it (UX-DET-09)."""
        assert self._detail is not None
        if self._block.remark:
            self._cards.addWidget(remark_banner(self._block.remark))
        elif (fresh := new_banner(self._detail, self._block.vendor)) is not None:
            self._cards.addWidget(fresh)
        for banner in op_banners(self._detail, self._block.vendor, self._block.specs, self._act):
            self._cards.addWidget(banner)
        for flag, word in STATE_FLAGS:
            if self._detail.row.flags & flag:
                since = state_time(self._block.raw, self._block.specs, word)
                banner = Banner(STATE_TONES[flag], banner_text(flag, since))
                banner.setObjectName(f"detail.banner.{word}")
                self._cards.addWidget(banner)
        if self._detail.draft is not None:
            now = self._desk.clock.now()
            self._cards.addWidget(draft_banner(self._detail.draft, self._block.specs, now, self._act))

    def _add_cards(self) -> None:
        heading = Heading(self._block.heading, factor=1.1)
        heading.setObjectName("detail.block")
        heading.setWordWrap(True)
        heading.setContentsMargins(2, 4, 0, 2)
        self._cards.addWidget(heading)
        if not self._block.raw and not self._detail_is_new():
            self._cards.addWidget(Banner("warning", tr("The stored answer of this contact cannot be read as JSON.")))
        for group in self._block.groups:
            self._add_card(group)
        self._hidden = sum(entry.empty for group in self._block.groups for entry in group.entries)

    def _detail_is_new(self) -> bool:
        return self._detail is not None and self._detail.row.remote_id.startswith(NEW)

    def _add_card(self, group: Group) -> None:
        card = field_card(
            group,
            empty=self._show_empty(),
            copy=self._copy,
            open_link=self._open_link,
            revealed=self._revealed,
        )
        if card is None:
            return
        if group.title:
            title = Heading(group.title, factor=0.95)
            title.setContentsMargins(2, 6, 0, 0)
            self._cards.addWidget(title)
            card.setAccessibleName(group.title)
        self._cards.addWidget(card)

    def _add_footer(self) -> None:
        footer, self.as_of, self.old = QWidget(), Muted("", wrap=True), IconWord()
        self.check = FlatButton("detail.check", tr("Check now"))
        self.check.clicked.connect(lambda _checked=False: self._check_now())
        row(footer, self.as_of, self.old, self.check, gap=8, margins=(2, 4, 0, 0), stretch=0)
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
        return bool(getattr(self._settings, "show_empty_fields", False))

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
