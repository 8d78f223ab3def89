"""Widgets of the detail pane: a labelled value with Copy, a card of them, the avatar."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtCore import QEvent, QMimeData, QRectF, QSize, Qt
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from crmdesk.core.fields import FieldKind
from crmdesk.core.text import initials, one_line
from crmdesk.ui.contacts.detail_parts import ValueLabel
from crmdesk.ui.contacts.detail_values import DOTS
from crmdesk.ui.contacts.growing import GrowingBox
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import Card, ElidedLabel, IconButton, IconWord, Muted, column, tooltip, tr
from crmdesk.ui.theme import theme
from crmdesk.ui.words import breakable, unbroken

if TYPE_CHECKING:
    from crmdesk.ui.contacts.detail_fields import Entry, Group

LONG = 280  # characters from which a value gets a box of its own that scrolls
MOST_LINES = 8
LABEL_CHARS = 14
LONG_WORD = 11  # a label cannot break a longer one
_MAILBOX = re.compile(r"[^\s@<>\"(),:;\\]{1,64}@[\w.-]{1,190}\.\w{2,24}")
_NUMBER = re.compile(r"[+(]?\d[\d\s().\-/]{2,38}\d")
ALWAYS_COPY = (FieldKind.EMAIL, FieldKind.PHONES, FieldKind.URL)


Tell = Callable[["Entry"], object]


def _untold(_entry: Entry) -> None:
    """Nobody wants to know."""


def spoken(veil: str) -> str:
    """A masked value for a screen reader, which would read each of its dots."""
    return re.sub("•{2,}", tr("hidden"), veil)


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


class GrowingText(GrowingBox):
    """Read-only text that breaks anywhere and is as high as it needs, up to MOST_LINES; then it scrolls."""

    def __init__(self, path: str, label: str, text: str) -> None:
        super().__init__(breakable(text), 1, MOST_LINES, (0, 2))
        self.setObjectName(f"detail.text.{path}")
        self.setAccessibleName(label)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setStyleSheet("border: none; background: transparent; padding: 0px;")
        self.document().setDocumentMargin(0)
        self.setContentsMargins(0, 0, 0, 0)
        if QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            self._mirror()

    def _mirror(self) -> None:
        """Qt puts the lines of a mirrored box at its far side, a few pixels out of sight."""
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        option = self.document().defaultTextOption()
        option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
        option.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
        self.document().setDefaultTextOption(option)

    def createMimeDataFromSelection(self) -> QMimeData:
        """Without the places where it may break."""
        copied = QMimeData()
        copied.setText(unbroken(self.textCursor().selection().toPlainText()))
        return copied


class Struck(ElidedLabel, Muted):
    """A value that is about to be replaced."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)  # as wide as it is, if it can
        font = QFont()
        font.setStrikeOut(True)
        self.setFont(font)


class WaitingNote(QWidget):
    """Below a new value: the old one struck through, and where the edit stands."""

    def __init__(self, old: str, mark: str) -> None:
        super().__init__()
        flow = FlowLayout(gap=8)
        self.setLayout(flow)
        if old:
            flow.addWidget(Struck(one_line(old)))
        waits = mark == tr("Waiting to be sent")  # everything else wants somebody to look
        flow.addWidget(IconWord("clock" if waits else "warning", mark, "unknown" if waits else "warning"))


class FieldRow(QFrame):
    """Label, value, Copy. The row takes the focus: Ctrl+Shift+C copies it, and it is read as *label: value*.

    A masked value is dots until *Show* is pressed: before that neither tooltip nor screen reader nor clipboard gets
    it. `revealed` are the paths shown so far; a row made anew keeps to it."""

    value: QWidget | None = None
    _notes: tuple[QWidget, ...] = ()

    def __init__(
        self,
        entry: Entry,
        copy: Callable[[Entry], None],
        open_link: Callable[[Entry], None],
        revealed: set[str],
        *,
        labelled: bool = True,
        tell: Tell = _untold,
    ) -> None:
        """`labelled` False: the row above has the same label, which stands there alone. `tell`: masked values that were
        shown to somebody."""
        super().__init__()
        self.entry, self._tell = entry, tell
        self._revealed = revealed
        self.setObjectName(f"detail.field.{entry.path}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._copy = IconButton(f"detail.copy.{entry.path}", "copy", tr("Copy {field}").replace("{field}", entry.label))
        self._copy.setToolTip(tooltip(self._copy.accessibleName()))  # the label may be a vendor's unknown key
        self._copy.clicked.connect(lambda _checked=False: copy(self.entry))
        kept = self._copy.sizePolicy()
        kept.setRetainSizeWhenHidden(True)
        self._copy.setSizePolicy(kept)
        self._label = label = Muted(entry.label if labelled else "", wrap=True)
        self._measure()
        self._place = QVBoxLayout()
        self._place.setContentsMargins(0, 0, 0, 0)
        line = QHBoxLayout(self)
        line.setContentsMargins(10, 1, 6, 1)
        line.setSpacing(6)
        line.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(self._place, 1)
        if way := way_of(entry):
            link = IconButton(f"detail.open.{entry.path}", *way)
            link.clicked.connect(lambda _checked=False: open_link(self.entry))
            line.addWidget(link, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        self._eye = self._make_eye(line) if entry.veil else None
        self._draw()
        self._draw_note()

    def fits(self, entry: Entry) -> bool:
        """Whether `put` can show it."""
        return _shape(entry) == _shape(self.entry)

    def put(self, entry: Entry) -> None:
        """Another value of the same field: to make the row anew takes 3 ms."""
        if entry != self.entry:
            self.entry = entry
            self._draw()
            self._draw_note()

    def _draw_note(self) -> None:
        for part in self._notes:
            self._drop_part(part)
        waiting = [WaitingNote(self.entry.old, self.entry.mark)] if self.entry.mark else []
        remark = [Muted(self.entry.remark, wrap=True)] if self.entry.remark else []
        self._notes = (*waiting, *remark)
        for part in self._notes:
            self._place.addWidget(part)

    def _drop_part(self, part: QWidget) -> None:
        self._place.removeWidget(part)
        part.hide()
        part.deleteLater()

    def _measure(self) -> None:
        """What depends on the font."""
        metrics = QFontMetrics(self.font())
        self._drop = max(0, (self._copy.minimumHeight() - metrics.height()) // 2)  # to the middle of the button
        self._label.setFixedWidth(metrics.averageCharWidth() * LABEL_CHARS)
        self._label.setContentsMargins(0, self._drop, 0, self._drop)

    def _make_eye(self, line: QHBoxLayout) -> IconButton:
        eye = IconButton(f"detail.show.{self.entry.path}", "eye", "")
        if self.entry.hold:
            eye.by_enter = False
            eye.pressed.connect(lambda: self.reveal(True))
            eye.released.connect(lambda: self.reveal(False))
        else:
            eye.clicked.connect(lambda _checked=False: self.toggle())
        line.addWidget(eye, 0, Qt.AlignmentFlag.AlignTop)
        return eye

    @property
    def shown(self) -> bool:
        """False while the value is masked."""
        return not self.entry.veil or self.entry.path in self._revealed

    @property
    def copyable(self) -> bool:
        """What is held cannot be copied by the same hand: it goes masked, and is written down."""
        return bool(self.entry.copy) and (self.shown or (self.entry.hold and self.entry.veil != DOTS))

    def toggle(self) -> None:
        """*Show* or *Hide*."""
        self.reveal(not self.shown)

    def reveal(self, show: bool) -> None:
        """Shows a masked value, or masks it again."""
        if show == self.shown or not self.entry.veil:
            return
        if show:
            self._revealed.add(self.entry.path)
            self._tell(self.entry)
        else:
            self._revealed.discard(self.entry.path)
        self._draw()

    def event(self, event: QEvent) -> bool:
        """What is held is let go when somebody goes to another window."""
        if event.type() == QEvent.Type.WindowDeactivate and self.entry.hold:
            self.reveal(False)
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._held(event, True) or super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._held(event, False) or super().keyReleaseEvent(event)

    def _held(self, event: QKeyEvent, down: bool) -> bool:
        """The space bar held on the row shows it, as its eye does."""
        if event.key() != Qt.Key.Key_Space or not (self.entry.hold and self.entry.veil):
            return False
        if not event.isAutoRepeat():
            self.reveal(down)
        return True

    def _draw(self) -> None:
        """The value, or the dots in its place."""
        text = self.entry.text if self.shown else self.entry.veil
        read = text if self.shown else spoken(text)
        self.setAccessibleName(f"{self.entry.label}: {read or tr('empty')}")
        was = tr("was: {value}").replace("{value}", spoken(self.entry.old) or tr("empty"))
        marked = f"{was}. {self.entry.mark}" if self.entry.mark else ""
        self.setAccessibleDescription(" ".join(filter(None, (marked, self.entry.remark))))
        old, self.value = self.value, self._value(text)
        if old is not None:
            self._drop_part(old)
        around = self._drop if isinstance(self.value, GrowingText) else 0  # its first line stands beside the label's
        self._place.setContentsMargins(0, around, 0, around)
        self.value.setContentsMargins(0, self._drop - around, 0, self._drop - around)
        self._place.insertWidget(0, self.value, 0, Qt.AlignmentFlag.AlignTop)
        if self._eye is not None:
            words = tr("Hide {field}") if self.shown else tr("Show {field}")
            if self.entry.hold:
                words = tr("Hold to show {field}")
            self._eye.set_icon("eye-off" if self.shown else "eye")
            self._eye.setAccessibleName(words.replace("{field}", self.entry.label))
            self._eye.setToolTip(tooltip(self._eye.accessibleName()))
        self._show_copy()

    def _value(self, text: str) -> QWidget:
        block = "\n" in text and self.entry.kind is not FieldKind.RECORDS
        if block or len(text) > LONG or any(len(word) > LONG_WORD for word in text.split()):
            return GrowingText(self.entry.path, self.entry.label, text)
        made = ValueLabel(text or "–", selectable=True, wrap=True)
        made.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        hint = self.entry.hint if self.shown and self.entry.hint != text else ""
        made.setToolTip(tooltip(hint[:300]))
        if self.entry.kind in ALWAYS_COPY:
            made.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        return made

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.value is not None:
            before = self._drop
            self._measure()
            if self._drop != before:
                self._draw()

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
        if self.entry.hold:
            self.reveal(False)
        self._show_copy()
        self.update()

    def _show_copy(self, *, focused: bool = False) -> None:
        wanted = self.copyable and (self.entry.kind in ALWAYS_COPY or self.underMouse() or focused)
        self._copy.setVisible(wanted)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
            painter.end()


def field_card(
    group: Group,
    *,
    empty: bool,
    copy: Callable[[Entry], None],
    open_link: Callable[[Entry], None],
    revealed: set[str],
    tell: Tell = _untold,
) -> Card | None:
    """A card with the group's rows; None where there is nothing to show. `empty` shows fields without a value too."""
    entries = shown_entries(group, empty=empty)
    if not entries:
        return None
    card = Card()
    labels = ["", *(entry.label for entry in entries)]
    rows: list[QWidget] = [
        FieldRow(entry, copy, open_link, revealed, labelled=entry.label != above, tell=tell)
        for entry, above in zip(entries, labels, strict=False)
    ]
    column(card, *rows, gap=1, margins=(6, 8, 6, 8))
    return card


def shown_entries(group: Group, *, empty: bool) -> list[Entry]:
    """The group's rows; `empty`: those without a value too."""
    return _every_label(group.entries) if empty else [entry for entry in group.entries if not entry.empty]


def way_of(entry: Entry) -> tuple[str, str] | None:
    """Icon and words of the button that leads out of the program; None where the value leads nowhere."""
    if entry.veil:
        return None
    if entry.kind is FieldKind.URL and web_address(entry.copy):
        return "globe", tr("Open website…")
    if entry.kind is FieldKind.EMAIL and _MAILBOX.fullmatch(entry.copy.strip()):
        return "mail", tr("Write an e-mail…")
    if entry.kind is FieldKind.PHONES and _NUMBER.fullmatch(entry.copy.strip()):
        return "phone", tr("Call…")
    return None


def _shape(entry: Entry) -> tuple[object, ...]:
    """What a row is made for; the rest it can show another time."""
    return entry.path, entry.label, entry.kind, bool(entry.veil), entry.hold, way_of(entry)


def _every_label(entries: Sequence[Entry]) -> list[Entry]:
    """What is filled, and what is empty once: a vendor may have several names for one thing, of which one came."""
    filled = {entry.label for entry in entries if not entry.empty}
    first = {entry.label: entry for entry in reversed(entries)}
    return [
        entry for entry in entries if not entry.empty or (entry.label not in filled and first[entry.label] is entry)
    ]


def copy_text(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
