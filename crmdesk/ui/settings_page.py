"""Settings: they apply at once, and each change can be undone from its notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QFormLayout, QSpinBox, QWidget

from crmdesk.core.said import mark
from crmdesk.settings import (
    LEAST_PRIVACY,
    LONGEST_GRACE,
    LONGEST_IDLE,
    MOST_PACKS,
    MOST_POINTS,
    MOST_PRIVACY,
    SYSTEM,
)
from crmdesk.ui.accounts.page import KeyNote
from crmdesk.ui.feedback import Feedback
from crmdesk.ui.kit import Banner, Card, Heading, Muted, Page, PlainLabel, button, column, scroll
from crmdesk.ui.language import OWN_NAMES, offered
from crmdesk.ui.still import StillAmount, StillChoice
from crmdesk.ui.theme import LARGEST_FONT, SMALLEST_FONT, Theme
from crmdesk.ui.window_state import breadth
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.settings import Settings

BEFORE_WORDS = 31  # pixels that a switch has before its words (ui/style.py): its hint begins below them


@dataclass(frozen=True, slots=True)
class Option:
    """One setting. `name` is the attribute of Settings; `choices` for a list, `span` (low, high, step, unit) for a
    number, neither for a switch."""

    name: str
    page: str
    label: str
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    span: tuple[int, int, int, str] | None = None


def _points(name: str, label: str, hint: str = "") -> Option:
    """How much a sign counts for two contacts being the same person."""
    return Option(f"match_{name}", "Duplicates", label, hint, span=(0, MOST_POINTS, 5, ""))


PAGES = ("Desk", "Look", "Notices", "Vendors", "Changes", "Bulk events", "Duplicates", "Lock", "Data & keys")
INNER, CONTROL = 860, 260  # pixels that cards and their fields are wide at most, with usual letters
ROOM = 60  # pixels that are seen above and below a setting that is gone to

OPTIONS = (
    Option(
        "language",
        "Look",
        "Language",
        "Takes effect when crmdesk starts again. What you have typed is kept.",
        choices=((SYSTEM, "As the system"), *((code, OWN_NAMES[code]) for code in offered())),
    ),
    Option("scheme", "Look", "Colours", choices=(("system", "As the system"), ("light", "Light"), ("dark", "Dark"))),
    Option(
        "high_contrast",
        "Look",
        "High contrast",
        "Black, white and frames; where the system has such colours, those.",
        choices=(("system", "As the system"), ("on", "On"), ("off", "Off")),
    ),
    Option(
        "density",
        "Look",
        "Row height",
        choices=(("compact", "Compact"), ("normal", "Normal"), ("large", "Large")),
    ),
    Option(
        "font_scale", "Look", "Text size", "Of the system’s text size.", span=(SMALLEST_FONT, LARGEST_FONT, 10, " %")
    ),
    Option("reduced_motion", "Look", "Less motion", "Changed rows get a mark, and no passing colour."),
    Option(
        "reading_time",
        "Notices",
        "Time to read",
        "Notices stay for 6 seconds, the offer to undo for 10; both stay while the pointer or the focus is on them. "
        "How long a change can be taken back, and when the window locks, is set below.",
        choices=(("usual", "As usual"), ("long", "Three times as long"), ("longest", "Ten times as long")),
    ),
    Option(
        "system_notices",
        "Notices",
        "Notifications of the system",
        "While crmdesk is not in front: bulk events that failed, a sign-in that changes wait for, a request to "
        "approve. Without a guest’s data and without a sound.",
    ),
    Option(
        "name_order",
        "Look",
        "Order of names",
        "As usual: the first name first (in Chinese, Japanese and Korean the family name), sorted by family name. "
        "What is stored and sent stays as it is.",
        choices=(
            ("auto", "As usual"),
            ("given", "First name first"),
            ("family", "Family name first"),
        ),
    ),
    Option("layout", "Look", "List", choices=(("table", "Table with columns"), ("cards", "Cards of two lines"))),
    Option(
        "check_minutes",
        "Vendors",
        "Check every",
        "How often each account is checked by itself.",
        span=(1, 1440, 5, mark(" min")),
    ),
    Option(
        "stale_hours", "Vendors", "Call data old after", "Older rows get a clock mark.", span=(1, 8760, 1, mark(" h"))
    ),
    Option("working_offline", "Vendors", "Work offline", "Nothing is sent or fetched until you switch this off."),
    Option(
        "grace_edit_seconds",
        "Changes",
        "Send an edit after",
        "So long it can be taken back before the vendor hears of it.",
        span=(0, LONGEST_GRACE, 1, mark(" s")),
    ),
    Option(
        "grace_delete_seconds",
        "Changes",
        "Send a deletion after",
        "Deleted contacts stay in the trash for 30 days in any case.",
        span=(0, LONGEST_GRACE, 1, mark(" s")),
    ),
    Option(
        "viewed_seconds",
        "Changes",
        "A guest’s message counts as viewed after",
        "So long in view; then the vendor is told, which cannot be taken back. 0: never.",
        span=(0, 60, 1, mark(" s")),
    ),
    Option(
        "rows_per_call",
        "Bulk events",
        "Rows in one call",
        "When an answer is lost, so many rows have to be looked up at most.",
        span=(1, 1000, 10, ""),
    ),
    Option(
        "trial_rows",
        "Bulk events",
        "Rows that go first",
        "After them sending pauses, so that you can look at the result. 0: never.",
        span=(0, 100, 1, ""),
    ),
    Option(
        "old_days",
        "Bulk events",
        "Ask about events older than",
        "Older ones are marked, and sent only with your tick.",
        span=(1, 3650, 1, mark(" days")),
    ),
    Option(
        "kept_months",
        "Bulk events",
        "Keep what was sent for",
        "Then it is deleted here, except for what is still unknown. Repeats are found only as long as it is kept.",
        span=(1, 240, 1, mark(" months")),
    ),
    _points("email", "Same e-mail", "Points are added up, from 0 to 100. They take effect with the next scan."),
    _points("phone", "Same phone number"),
    _points("name", "Same name"),
    _points("similar_name", "Similar name"),
    _points("address", "Same address"),
    _points("birth_date", "Same date of birth"),
    _points("other_birth_date", "Another date of birth", "Taken off."),
    _points("other_email", "Another e-mail", "Taken off."),
    _points("review", "Show pairs from", "Pairs with fewer points are not listed."),
    _points("strong", "Very likely from", "A mark in the list; nothing is ever linked by itself."),
    Option(
        "lock_minutes",
        "Lock",
        "Lock after",
        "So long without a key or a click in crmdesk. What is typed is kept, and sending goes on.",
        span=(1, LONGEST_IDLE, 1, mark(" min")),
    ),
    Option(
        "privacy",
        "Lock",
        "Mask guests on screen",
        "E-mail addresses, phone numbers, birth dates and addresses are partly hidden; a field is shown while you hold "
        "its eye.",
        choices=(("shared", "Where several people work here"), ("on", "Always"), ("off", "Never")),
    ),
    Option(
        "privacy_seconds",
        "Lock",
        "Hide everything after",
        "While guests are masked: so long without a key or a click. Any key shows it again.",
        span=(LEAST_PRIVACY, MOST_PRIVACY, 10, mark(" s")),
    ),
    Option("lock_at_start", "Lock", "Ask for the PIN at each start", "Where the person at the desk has one."),
    Option(
        "mask_printouts",
        "Data & keys",
        "Hide parts of phone numbers and e-mail addresses on paper",
        "In the shift pack; its footer says which.",
    ),
    Option(
        "pack_kept",
        "Data & keys",
        "Shift packs that are kept",
        "Of those that crmdesk makes by itself; older ones are deleted from their folder.",
        span=(1, MOST_PACKS, 1, ""),
    ),
    Option("show_raw", "Data & keys", "Show the Raw tab", "The vendor’s last answer for each contact, read-only."),
)


class SettingsPage(Page):
    """`applied(name)`: a setting has a new value, is saved, and should take effect."""

    applied = Signal(str)
    accountsWanted = Signal()

    def __init__(
        self,
        settings: Settings,
        look: Theme,
        feedback: Feedback,
        *,
        key: KeyNote | None = None,
        version: str = "",
        folder: str = "",
        clear_searches: Callable[[], object] | None = None,
        lock_box: QWidget | None = None,
        backup_box: QWidget | None = None,
        pack_box: QWidget | None = None,
        transfer_box: QWidget | None = None,
        desk_box: QWidget | None = None,
        size_line: QWidget | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("settings")
        self._settings, self._look, self._feedback = settings, look, feedback
        self._controls: dict[str, QWidget] = {}
        inner = QWidget()
        layout = column(inner, Heading(tr("Settings"), self, factor=1.35), gap=14, margins=(26, 20, 26, 24))
        extras = {
            "Vendors": self._vendor_extras(),
            "Desk": [desk_box] if desk_box is not None else [],
            "Lock": [lock_box] if lock_box is not None else [],
            "Data & keys": [
                *self._data_extras(key, folder, clear_searches, size_line),
                *(box for box in (pack_box, backup_box, transfer_box) if box is not None),
            ],
        }
        for page in PAGES:
            if extras.get(page) or any(option.page == page for option in OPTIONS):
                layout.addWidget(self._card(page, extras.get(page, [])))
        self.about = self._about(version)
        layout.addWidget(self.about)
        layout.addStretch(1)
        self._inner = inner
        self._area = scroll(inner, "settings.area", whole=True)
        column(self, self._area)
        look.changed.connect(self._widen)
        self._widen()

    def _widen(self) -> None:
        """Larger letters need more width."""
        factor = breadth(self._look.font_scale)
        self._inner.setMaximumWidth(round(INNER * factor))
        for control in self._controls.values():
            if not isinstance(control, QCheckBox):
                control.ensurePolished()  # its words are longer in some languages
                control.setMaximumWidth(max(round(CONTROL * factor), control.sizeHint().width()))

    # building

    def _card(self, page: str, extras: list[QWidget]) -> Card:
        card = Card()
        card.setObjectName(f"settings.{page.split()[0].lower()}")
        form = QFormLayout()
        form.setHorizontalSpacing(24)
        form.setVerticalSpacing(10)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for option in OPTIONS:
            if option.page == page:
                self._add(form, option)
        layout = column(card, Heading(tr(page), card), gap=12, margins=(18, 14, 18, 16))
        layout.addLayout(form)
        for extra in extras:
            pressed = isinstance(extra, QAbstractButton)
            layout.addWidget(extra, 0, Qt.AlignmentFlag.AlignLeading if pressed else Qt.AlignmentFlag(0))
        return card

    def _add(self, form: QFormLayout, option: Option) -> None:
        control = self._control(option)
        control.setObjectName(f"settings.{option.name}")
        control.setAccessibleName(tr(option.label))
        control.setAccessibleDescription(tr(option.hint))
        self._controls[option.name] = control
        box = QWidget()
        hints = [Muted(tr(option.hint), wrap=True)] if option.hint else []
        column(box, control, *hints, gap=2)
        if isinstance(control, QCheckBox):
            for hint in hints:
                hint.setContentsMargins(BEFORE_WORDS, 0, 0, 0)
            form.addRow(box)
            return
        label = PlainLabel(tr(option.label))
        label.setBuddy(control)
        form.addRow(label, box)

    def _control(self, option: Option) -> QWidget:
        value = getattr(self._settings, option.name)
        if option.choices:
            combo = StillChoice()
            for key, words in option.choices:
                combo.addItem(tr(words), key)
            combo.setCurrentIndex(combo.findData(value))
            combo.currentIndexChanged.connect(lambda _index: self._changed(option, combo.currentData()))
            return combo
        if option.span is not None:
            return self._number(option, value)
        switch = QCheckBox(tr(option.label))
        switch.setChecked(bool(value))
        switch.toggled.connect(lambda on: self._changed(option, on))
        return switch

    def _number(self, option: Option, value: int) -> QSpinBox:
        low, high, step, unit = option.span or (0, 0, 1, "")
        box = StillAmount()
        box.setRange(low, high)
        box.lineEdit().setTextMargins(6, 0, 0, 0)
        box.setSingleStep(step)
        box.setSuffix(tr(unit))
        box.setKeyboardTracking(False)
        box.setValue(value)
        box.valueChanged.connect(lambda new: self._changed(option, new))
        return box

    def _vendor_extras(self) -> list[QWidget]:
        return [button("settings.accounts", tr("Accounts…"), self.accountsWanted.emit)]

    def _data_extras(
        self, key: KeyNote | None, folder: str, clear_searches: Callable[[], object] | None, size_line: QWidget | None
    ) -> list[QWidget]:
        tone = "info" if key is None else ("ok" if key.keeps_tokens else "warning")
        words = tr("Practice mode: nothing is kept after crmdesk closes.") if key is None else tr(key.message)
        extras: list[QWidget] = [Banner(tone, words)]
        if folder:
            extras.append(
                PlainLabel(tr("Data folder: {folder}").replace("{folder}", folder), wrap=True, selectable=True)
            )
        if size_line is not None:
            extras.append(size_line)
        if clear_searches is not None:
            extras.append(button("settings.searches", tr("Forget recent searches"), clear_searches))
        return extras

    def _about(self, version: str) -> Card:
        card = Card()
        card.setObjectName("settings.about")
        text = tr("crmdesk {version}. Contacts of your vendors, at the desk, on-line or off.").replace(
            "{version}", version
        )
        column(card, Heading(tr("About"), card), PlainLabel(text, wrap=True, selectable=True), gap=10,
               margins=(18, 14, 18, 16))  # fmt: skip
        return card

    # using

    def has(self, name: str) -> bool:
        """False for settings without a control here."""
        return name in self._controls

    def control(self, name: str) -> QWidget:
        return self._controls[name]

    def focus_option(self, name: str) -> None:
        """Go to one setting, from the palette."""
        control = self._controls[name]
        control.setFocus(Qt.FocusReason.ShortcutFocusReason)
        # once the page is laid out: it may have been made for this
        QTimer.singleShot(0, control, lambda: self._area.ensureWidgetVisible(control, 0, ROOM))

    def show_about(self) -> None:
        self._area.ensureWidgetVisible(self.about)

    def show_value(self, name: str) -> None:
        """A setting was changed elsewhere (a menu, a key)."""
        control, value = self._controls[name], getattr(self._settings, name)
        control.blockSignals(True)
        if isinstance(control, QComboBox):
            control.setCurrentIndex(control.findData(value))
        elif isinstance(control, QSpinBox):
            control.setValue(value)
        elif isinstance(control, QCheckBox):
            control.setChecked(bool(value))
        control.blockSignals(False)

    def _changed(self, option: Option, value: Any) -> None:
        before = getattr(self._settings, option.name)
        if before == value:
            return
        self._apply(option, value)
        said = tr("{setting} changed.").replace("{setting}", tr(option.label))
        undo = (tr("Undo"), lambda: self._apply(option, before))
        self._feedback.notice(said, undo, lambda: getattr(self._settings, option.name) == value)

    def _apply(self, option: Option, value: Any) -> None:
        setattr(self._settings, option.name, value)
        self.show_value(option.name)
        self.applied.emit(option.name)
