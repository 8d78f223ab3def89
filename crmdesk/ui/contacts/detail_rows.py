"""Widgets of the detail pane: a labelled value with Copy, a card of them, the avatar."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from crmdesk.core.fields import FieldKind
from crmdesk.core.text import initials
from crmdesk.ui.contacts.detail_fields import Entry, Group
from crmdesk.ui.kit import Card, IconButton, Muted, PlainLabel, column, tooltip, tr
from crmdesk.ui.theme import theme

LONG = 280  # characters from which a value gets a box of its own that scrolls
MOST_LINES = 8
LABEL_CHARS = 13
LONG_WORD = 16  # a label cannot break a longer one
ALWAYS_COPY = (FieldKind.EMAIL, FieldKind.PHONES, FieldKind.URL)


def web_address(text: str) -> str:
    """The address if it can be opened safely: http or https, with a host, without user-info or odd characters.

    '' otherwise: then there is nothing to click."""
    if not text.isprintable() or any(letter.isspace() or letter in '<>"\\^`{|}' for letter in text):
        return ""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    safe = parts.scheme in ("http", "https") and "." in host and "@" not in parts.netloc and port != 0
    return text if safe and len(text) <= 2000 else ""


def host_of(address: str) -> str:
    """Host as it will be asked: letters outside ASCII in their xn-- form, so that look-alikes show."""
    host = urlsplit(address).hostname or ""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


class Avatar(QWidget):
    """The contact's circle, larger than in the list."""

    def __init__(self) -> None:
        super().__init__()
        self._id, self._letters = 0, ""
        theme().changed.connect(self.update)

    def set(self, contact_id: int, name: str) -> None:
        self._id, self._letters = contact_id, initials(name)
        self.update()

    def sizeHint(self) -> QSize:
        side = max(48, 3 * QFontMetrics(self.font()).height())
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        side = min(self.width(), self.height())
        box = QRectF(0, (self.height() - side) / 2, side, side)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().avatar(self._id))
        painter.drawEllipse(box)
        font = QFont(self.font())
        font.setPixelSize(max(10, round(side * 0.36)))
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(theme().color("avatar_text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._letters)
        painter.end()


class GrowingText(QPlainTextEdit):
    """Read-only text that breaks anywhere and is as high as it needs, up to MOST_LINES; then it scrolls."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.text)
        self.setObjectName(f"detail.text.{entry.path}")
        self.setAccessibleName(entry.label)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setStyleSheet("border: none; background: transparent; padding: 0px;")
        self.document().setDocumentMargin(0)
        self.setContentsMargins(0, 0, 0, 0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self._grow())
        self._grow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _grow(self) -> None:
        needed = round(self.document().size().height())
        lines = max(1, min(MOST_LINES, needed))
        bar = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(bar.ScrollBarAsNeeded if needed > MOST_LINES else bar.ScrollBarAlwaysOff)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * lines + 2)


class FieldRow(QFrame):
    """Label, value, Copy. The row takes the focus: Ctrl+Shift+C copies it, and it is read as *label: value*."""

    def __init__(self, entry: Entry, copy: Callable[[Entry], None], open_link: Callable[[str], None]) -> None:
        super().__init__()
        self.entry = entry
        self.setObjectName(f"detail.field.{entry.path}")
        self.setAccessibleName(f"{entry.label}: {entry.text or tr('empty')}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._copy = IconButton(f"detail.copy.{entry.path}", "copy", tr("Copy {field}").replace("{field}", entry.label))
        self._copy.setToolTip(tooltip(self._copy.accessibleName()))  # the label may be a vendor's unknown key
        self._copy.clicked.connect(lambda _checked=False: copy(entry))
        kept = self._copy.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self._copy.setSizePolicy(kept)
        drop = max(0, (self._copy.minimumHeight() - QFontMetrics(self.font()).height()) // 2)  # on the button's middle
        label = Muted(entry.label, wrap=True)
        label.setFixedWidth(QFontMetrics(self.font()).averageCharWidth() * LABEL_CHARS)
        label.setContentsMargins(0, drop, 0, 0)
        self.value = self._value(entry)
        self.value.setContentsMargins(0, drop, 0, 0)
        line = QHBoxLayout(self)
        line.setContentsMargins(10, 1, 6, 1)
        line.setSpacing(6)
        line.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(self._dropped(drop), 1)
        if entry.kind is FieldKind.URL and web_address(entry.copy):
            link = IconButton(f"detail.open.{entry.path}", "globe", tr("Open website…"))
            link.clicked.connect(lambda _checked=False: open_link(entry.copy))
            line.addWidget(link, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        self._show_copy()

    def _dropped(self, drop: int) -> QVBoxLayout:
        """The value with its first line on the label's."""
        box = QVBoxLayout()
        box.setContentsMargins(0, 0, 0, 0)
        if isinstance(self.value, GrowingText):
            self.value.setContentsMargins(0, 0, 0, 0)
            box.setContentsMargins(0, drop, 0, drop)
        box.addWidget(self.value, 0, Qt.AlignmentFlag.AlignTop)
        return box

    def _value(self, entry: Entry) -> QWidget:
        if len(entry.text) > LONG or "\n" in entry.text or any(len(word) > LONG_WORD for word in entry.text.split()):
            return GrowingText(entry)
        made = PlainLabel(entry.text or "–", selectable=True, wrap=True)
        made.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        made.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        made.setToolTip(tooltip(entry.hint[:300]) if entry.hint != entry.text else "")
        if entry.kind in ALWAYS_COPY:
            made.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        return made

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._show_copy()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._show_copy()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._show_copy(focused=True)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_copy()
        self.update()

    def _show_copy(self, *, focused: bool = False) -> None:
        wanted = bool(self.entry.copy) and (self.entry.kind in ALWAYS_COPY or self.underMouse() or focused)
        self._copy.setVisible(wanted)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
            painter.end()


def field_card(
    group: Group, *, empty: bool, copy: Callable[[Entry], None], open_link: Callable[[str], None]
) -> Card | None:
    """A card with the group's rows; None where there is nothing to show. `empty` shows fields without a value too."""
    entries = [entry for entry in group.entries if empty or not entry.empty]
    if not entries:
        return None
    card = Card()
    rows: list[QWidget] = [FieldRow(entry, copy, open_link) for entry in entries]
    column(card, *rows, gap=1, margins=(6, 8, 6, 8))
    return card


def copy_text(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
