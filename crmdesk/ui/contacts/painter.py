"""Paints the list straight from a row's Look: no text layout, no style options, everything measured once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QTableView

from crmdesk.core.types import Consent, State
from crmdesk.ui.contacts.columns import AS_OF, COLUMNS, CONSENT, NAME, STATE, VENDOR, Desk
from crmdesk.ui.contacts.header import EDGE, PAD
from crmdesk.ui.contacts.look import SECOND_LINE, Look, Span
from crmdesk.ui.contacts.model import PLACEHOLDER, ContactsModel
from crmdesk.ui.contacts.vector import Run
from crmdesk.ui.kit import pixmap
from crmdesk.ui.theme import Theme, scaled
from crmdesk.ui.words import tr

GAP = 10
BADGE_GAP, MOST_BADGES = 3, 4
RING = 2
CHIP_EDGES = 34  # pixels of a chip besides its word: icon and ends
STATE_LOOK = {
    State.CONFLICT: ("arrows", "error"),
    State.IN_DOUBT: ("question", "unknown"),
    State.NEEDS_YOU: ("warning", "error"),
    State.CANCELLED: ("cross", "error"),
    State.RESTRICTED: ("lock", "warning"),
    State.FORGET: ("trash", "unknown"),
    State.WAITING: ("clock", "unknown"),
    State.DRAFT: ("pencil", "muted"),
}
CONSENT_LOOK = {
    Consent.YES: ("ok", "ok"),
    Consent.NO: ("cross", "muted"),
    Consent.NEVER: ("question", "muted"),
}
TINTS = {"error": "tint_error", "warning": "tint_warn", "unknown": "tint_unknown", "muted": "hover"}
ELIDE = Qt.TextElideMode.ElideRight


class _Widths(dict[str, int]):
    """Of single letters, each measured when it first comes."""

    def __init__(self, metrics: QFontMetrics) -> None:
        super().__init__()
        self._metrics = metrics

    def __missing__(self, letter: str) -> int:
        width = self[letter] = self._metrics.horizontalAdvance(letter)
        return width


class Ruler:
    """Cuts texts of one font. Most are ASCII and fit: adding up known widths is cheaper than shaping them."""

    def __init__(self, font: QFont) -> None:
        self.metrics = QFontMetrics(font)
        self.rise = self.metrics.ascent() - self.metrics.descent()
        self._widths = _Widths(self.metrics)

    def cut(self, text: str, width: int) -> str:
        """`text`, with … in place of what does not fit into `width` pixels."""
        if text.isascii() and sum(map(self._widths.__getitem__, text)) <= width:
            return text
        return self.metrics.elidedText(text, ELIDE, width)


class CellPainter:
    """Paints the cells of the table layout. The view paints its rows itself: through Qt's delegates every cell would
    cost an index, an option and a turn through the style sheet, three times what the text costs."""

    def __init__(self, view: QTableView, model: ContactsModel, theme: Theme, desk: Desk) -> None:
        self._view, self._model, self._theme = view, model, theme
        self.desk = desk
        self.hover_row = -1
        self._pixmaps: dict[tuple[object, ...], QPixmap] = {}
        self.restyle()

    def restyle(self) -> None:
        """Take fonts, colours and sizes from the theme again."""
        self._pixmaps.clear()
        self.plain, self.bold, self.small = (scaled(self._view.font(), factor) for factor in (1.0, 1.0, 0.9))
        self.bold.setWeight(QFont.Weight.DemiBold)
        self.ruler, self.bold_ruler, self.small_ruler = Ruler(self.plain), Ruler(self.bold), Ruler(self.small)
        names = ("text", "muted", "accent", "selected", "hairline", "hover", "tint_ok", "tint_warn", "window", "border")
        self.colors: dict[str, QColor] = {name: self._theme.color(name) for name in names}
        self.row_height = self._theme.row_height
        self.mirrored = self._view.layoutDirection() == Qt.LayoutDirection.RightToLeft

    # -- painting ----------------------------------------------------------------------------------------------------

    def paint_rows(self, painter: QPainter, rows: range, top: int, selected: Sequence[Run]) -> None:
        """Paint these rows, the first of them at `top`. `selected` are the selected runs of rows, sorted."""
        columns = self._columns()
        focus = self._view.currentIndex() if self._view.hasFocus() else None
        starts = [first for first, _ in selected]
        painter.setFont(self.plain)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # numbers and addresses stay as they are
        for row in rows:
            run = bisect_right(starts, row) - 1
            chosen = run >= 0 and row <= selected[run][1]
            look = self._model.look(row)
            ground = self._ground(row, look, chosen)
            for column, left, width in columns:
                rect = QRect(left, top, width, self.row_height)
                self._cell(painter, rect, look, column, ground)
            if chosen:
                self._bar(painter, top)
            if focus is not None and focus.row() == row:
                self._ring(painter, top, columns, focus.column())
            top += self.row_height

    def _columns(self) -> list[tuple[int, int, int]]:
        """Logical number, left edge and width of the columns in sight."""
        header, limit = self._view.horizontalHeader(), self._view.viewport().width()
        found = []
        for place in range(header.count()):
            column = header.logicalIndex(place)
            left, width = header.sectionViewportPosition(column), header.sectionSize(column)
            if width and left < limit and left + width > 0:
                found.append((column, left, width))
        return found

    def _ground(self, row: int, look: Look | None, chosen: bool) -> QColor | None:
        if look is not None and look.id in self._model.tinted:
            return self.colors["tint_ok"]
        if chosen:
            return self.colors["selected"]
        return self.colors["hover"] if row == self.hover_row else None

    def _cell(self, painter: QPainter, rect: QRect, look: Look | None, column: int, ground: QColor | None) -> None:
        if ground is not None:
            painter.fillRect(rect, ground)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self.colors["hairline"])
        if look is not None:
            self.content(painter, rect, look, column)
        elif column == NAME:
            self._text(painter, rect.adjusted(EDGE, 0, -PAD, 0), PLACEHOLDER, self.colors["muted"])

    def _bar(self, painter: QPainter, top: int) -> None:
        """At the edge of a selected row, so that selection is more than a colour."""
        left = self._view.viewport().width() - 3 if self.mirrored else 0
        painter.fillRect(left, top, 3, self.row_height, self.colors["accent"])

    def _ring(self, painter: QPainter, top: int, columns: Sequence[tuple[int, int, int]], current: int) -> None:
        """Where the keyboard is: around the whole row for its first cell, around the cell for any other."""
        cells = [(left, left + width) for column, left, width in columns if current in (NAME, column)]
        if not cells:
            return
        color, high = self.colors["accent"], self.row_height
        left, right = max(0, min(cells)[0]), min(max(cells)[1], self._view.viewport().width())
        painter.fillRect(left, top, right - left, RING, color)
        painter.fillRect(left, top + high - RING, right - left, RING, color)
        painter.fillRect(left, top, RING, high, color)
        painter.fillRect(right - RING, top, RING, high, color)

    def content(self, painter: QPainter, rect: QRect, look: Look, column: int) -> None:
        if column == NAME:
            self._name(painter, rect, look)
        elif column == VENDOR:
            self.badges(painter, rect, look)
        elif column == STATE:
            if look.state is not State.CLEAN:
                edge = PAD // 2
                left = rect.right() - edge if self.mirrored else rect.left() + edge
                self.chip(painter, left, rect, look, from_right=self.mirrored)
        else:
            self._plain(painter, rect, look, column)

    def _name(self, painter: QPainter, rect: QRect, look: Look) -> None:
        size = min(self.row_height - 6, 34)
        left = self._seen(rect, rect.left() + EDGE, size)
        painter.drawPixmap(left, rect.center().y() - size // 2, self.avatar(look, size))
        before = EDGE + size + GAP
        box = rect.adjusted(PAD, 0, -before, 0) if self.mirrored else rect.adjusted(before, 0, -PAD, 0)
        painter.setFont(self.bold)
        name = self.line(painter, box, look, NAME, self.bold_ruler, self.ink(look))
        painter.setFont(self.plain)
        self.extras(painter, box, look, name)

    def extras(self, painter: QPainter, box: QRect, look: Look, name: str) -> None:
        """After the name: a dot where it changed and was not seen yet, and where else the search matched."""
        marked = look.id in self._model.marked
        if not marked and not look.found:
            return
        used = self.bold_ruler.metrics.horizontalAdvance(name)
        if marked:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.colors["accent"])
            left = box.right() - used - 8 if self.mirrored else box.left() + used + 8
            painter.drawEllipse(QPointF(left, box.center().y() + 0.5), 3.5, 3.5)
            used += 14
        room = box.width() - used - GAP
        if look.found and room > 30:
            text = self.ruler.metrics.elidedText(look.found, ELIDE, room)
            after = used + GAP
            rest = box.adjusted(0, 0, -after, 0) if self.mirrored else box.adjusted(after, 0, 0, 0)
            self._text(painter, rest, text, self.colors["muted"])

    def _plain(self, painter: QPainter, rect: QRect, look: Look, column: int) -> None:
        box = rect.adjusted(PAD, 0, -PAD, 0)
        if column == AS_OF and look.old:
            self._symbol_before(painter, box, "clock", "muted")
        elif column == CONSENT and look.consent is not Consent.UNKNOWN:
            self._symbol_before(painter, box, *CONSENT_LOOK[look.consent])
        self.line(painter, box, look, column, self.ruler, self.ink(look, muted=COLUMNS[column].muted))

    def ink(self, look: Look, *, muted: bool = False) -> QColor:
        """A row that no longer matches is greyed; its words say so, too."""
        return self.colors["muted" if muted or look.stray else "text"]

    def _symbol_before(self, painter: QPainter, box: QRect, name: str, tone: str) -> None:
        """In front of the text, for which `box` keeps the rest of the room."""
        size = max(14, round(self.ruler.metrics.height() * 0.85))
        left = box.right() - size + 1 if self.mirrored else box.left()
        painter.drawPixmap(left, box.center().y() - size // 2, self.symbol(name, tone, size))
        used = size + 5
        box.adjust(0 if self.mirrored else used, 0, -used if self.mirrored else 0, 0)

    def line(self, painter: QPainter, box: QRect, look: Look, column: int, ruler: Ruler, color: QColor) -> str:
        """One cell's text with its highlights, cut to the box. Returns what was drawn."""
        width = box.width()
        if width <= 0:
            return ""
        text = look.fit(column, width, ruler.cut)
        spans = look.spans(column)
        if spans:
            self._highlights(painter, box, text, spans, ruler.metrics)
        self._text(painter, box, text, color, ruler)
        return text

    def _highlights(
        self, painter: QPainter, box: QRect, text: str, spans: Sequence[Span], metrics: QFontMetrics
    ) -> None:
        height, top = metrics.height(), box.center().y() - metrics.height() // 2
        backwards = is_rtl(text)
        whole = metrics.horizontalAdvance(text) if backwards or self.mirrored else 0
        begin = box.right() - whole if self.mirrored else box.left()
        for start, length in spans:
            if start >= len(text):
                continue
            before = metrics.horizontalAdvance(text[:start])
            wide = metrics.horizontalAdvance(text[: start + length]) - before
            left = whole - before - wide if backwards else before
            painter.fillRect(begin + left, top, wide, height + 1, self.colors["tint_warn"])
            painter.fillRect(begin + left, top + height, wide, 1, self.colors["border"])

    def _text(
        self,
        painter: QPainter,
        box: QRect,
        text: str,
        color: QColor,
        ruler: Ruler | None = None,
    ) -> None:
        ruler = ruler or self.ruler
        painter.setPen(color)
        left = box.right() - ruler.metrics.horizontalAdvance(text) if self.mirrored else box.left()
        painter.drawText(left, box.top() + (box.height() + ruler.rise) // 2, text)

    # -- small pictures, drawn once ----------------------------------------------------------------------------------

    def avatar(self, look: Look, size: int) -> QPixmap:
        """The circle with initials; contacts that look alike share one."""
        if look.face is None:
            key = ("avatar", look.initials, self._theme.avatar(look.id).rgb(), size)
            look.face = self._cached(key) or self._keep(key, self._draw_avatar(look, size))
        return look.face

    def _draw_avatar(self, look: Look, size: int) -> QPixmap:
        pixmap, painter = self._blank(size, size)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.avatar(look.id))
        painter.drawEllipse(QRectF(0, 0, size, size))
        self._center(painter, QRectF(0, 0, size, size), look.initials, self._theme.color("avatar_text"), size * 0.38)
        return pixmap

    def badges(self, painter: QPainter, rect: QRect, look: Look) -> None:
        """Of the record's own vendor, then of those it is linked with, as many as there is room for."""
        letters, size = look.letters, self._badge_size()
        first = self._badge_width(letters[0])
        room = 1 + max(0, (rect.width() - PAD - PAD // 2 - first) // (size + BADGE_GAP))
        at = rect.left() + PAD
        for place, letter in enumerate(letters[:room]):
            more = len(letters) - room if place == room - 1 else 0
            shown = letter if not more or not place else f"+{more + 1}"
            wide = size if place else first
            self._badge(painter, self._seen(rect, at, wide), rect.center().y(), shown, 0 if place else look.account_id)
            at += wide + BADGE_GAP

    def _badge(self, painter: QPainter, left: int, middle: int, letter: str, account_id: int) -> None:
        key = ("badge", letter, account_id, size := self._badge_size())
        pixmap = self._cached(key) or self._keep(key, self._draw_badge(letter, account_id, size))
        painter.drawPixmap(left, middle - size // 2, pixmap)

    def _badge_size(self) -> int:
        return min(self.row_height - 8, self.ruler.metrics.height() + 4)

    def _badge_width(self, letter: str) -> int:
        """One of several accounts has a number behind its vendor's letter."""
        size = self._badge_size()
        return size + round(size * 0.25) * max(0, len(letter) - 1)

    def _seen(self, rect: QRect, left: int, wide: int) -> int:
        """The left edge of something `wide` pixels wide in a mirrored cell."""
        return rect.left() + rect.right() - left - wide + 1 if self.mirrored else left

    def _draw_badge(self, letter: str, account_id: int, size: int) -> QPixmap:
        """Filled for an account, in outline (`account_id` 0) for a linked record's vendor."""
        wide = self._badge_width(letter) if account_id else size
        pixmap, painter = self._blank(wide, size)
        box = QRectF(0, 0, wide, size) if account_id else QRectF(1, 1, size - 2, size - 2)
        painter.setPen(Qt.PenStyle.NoPen if account_id else QPen(self._theme.color("border"), 1.4))
        painter.setBrush(self._theme.dot(account_id) if account_id else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 5, 5)
        tone = "on_accent" if account_id else "text"
        self._center(painter, QRectF(0, 0, wide, size), letter, self._theme.color(tone), size * 0.58)
        return pixmap

    def chip(self, painter: QPainter, left: int, rect: QRect, look: Look, *, from_right: bool = False) -> int:
        """State as icon and word on its tint; returns its width. `left` is its right edge if `from_right`."""
        room = left - rect.left() if from_right else rect.right() - left
        key = ("chip", look.state, room, self._ratio())
        pixmap = self._cached(key) or self._keep(key, self._draw_chip(look.state, room))
        wide = round(pixmap.width() / pixmap.devicePixelRatioF())
        high = round(pixmap.height() / pixmap.devicePixelRatioF())
        painter.drawPixmap(left - wide if from_right else left, rect.center().y() - high // 2, pixmap)
        return wide

    def _draw_chip(self, state: State, room: int) -> QPixmap:
        """In at most `room` pixels: a word that is too long ends in "…", the icon stays whole."""
        name, tone = STATE_LOOK[state]
        word = self.small_ruler.cut(tr(state.value), max(0, room - CHIP_EDGES))
        high = self.small_ruler.metrics.height() + 5
        wide = self.small_ruler.metrics.horizontalAdvance(word) + CHIP_EDGES
        pixmap, painter = self._blank(wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(TINTS[tone]))
        painter.drawRoundedRect(QRectF(0, 0, wide, high), high / 2, high / 2)
        painter.drawPixmap(8, (high - 14) // 2, self.symbol(name, tone, 14))
        painter.setFont(self.small)
        painter.setPen(self._theme.color(tone))
        painter.drawText(QRectF(26, 0, wide - 26, high), Qt.AlignmentFlag.AlignVCenter, word)
        painter.end()
        return pixmap

    def symbol(self, name: str, tone: str, size: int) -> QPixmap:
        key = ("icon", name, tone, size)
        return self._cached(key) or self._keep(key, pixmap(name, self._theme.color(tone), size, self._ratio()))

    def _center(self, painter: QPainter, box: QRectF, text: str, color: QColor, pixels: float) -> None:
        font = QFont(self.bold)
        font.setPixelSize(max(7, round(pixels)))
        painter.setFont(font)
        painter.setPen(color)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()

    def _blank(self, wide: int, high: int) -> tuple[QPixmap, QPainter]:
        ratio = self._ratio()
        pixmap = QPixmap(round(wide * ratio), round(high * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return pixmap, painter

    def _ratio(self) -> float:
        return self._view.devicePixelRatioF()

    def _cached(self, key: tuple[object, ...]) -> QPixmap | None:
        return self._pixmaps.get(key)

    def _keep(self, key: tuple[object, ...], pixmap: QPixmap) -> QPixmap:
        if len(self._pixmaps) > 2000:
            self._pixmaps.clear()
        self._pixmaps[key] = pixmap
        return pixmap


class CardPainter(CellPainter):
    """The card layout: one wide cell with two lines."""

    def restyle(self) -> None:
        super().restyle()
        self.row_height = max(self._theme.row_height, 2 * self.ruler.metrics.height() + 20)

    def content(self, painter: QPainter, rect: QRect, look: Look, column: int) -> None:
        size = min(38, rect.height() - 12)
        left = self._seen(rect, rect.left() + 14, size)
        painter.drawPixmap(left, rect.center().y() - size // 2, self.avatar(look, size))
        first = self._badge_width(look.letters[0])
        right = rect.right() - 14 - self.ruler.metrics.height() - first + self._badge_size()
        for place, letter in enumerate(look.letters[:MOST_BADGES]):
            right -= (self._badge_size() + BADGE_GAP) if place else 0
            left = self._seen(rect, right, self._badge_size() if place else first)
            self._badge(painter, left, rect.top() + rect.height() // 3, letter, look.account_id if not place else 0)
        half = QRect(rect.left(), rect.top() + 5, rect.width(), rect.height() // 2 - 3)
        if look.state is not State.CLEAN:
            edge = self._seen(rect, right - 10, 0)
            right -= self.chip(painter, edge, half, look, from_right=not self.mirrored) + 10
        box = QRect(rect.left() + 14 + size + 12, half.top(), 0, half.height())
        box.setRight(right - 10)
        box.moveLeft(self._seen(rect, box.left(), box.width()))
        painter.setFont(self.bold)
        name = self.line(painter, box, look, NAME, self.bold_ruler, self.ink(look))
        painter.setFont(self.small)
        self.extras(painter, box, look, name)
        before = 14 + size + 12
        lower = QRect(
            rect.left() + before, half.bottom(), rect.width() - 15 - before, rect.bottom() - half.bottom() - 5
        )
        lower.moveLeft(self._seen(rect, lower.left(), lower.width()))
        self.line(painter, lower, look, SECOND_LINE, self.small_ruler, self.colors["muted"])
        painter.setFont(self.plain)


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction runs right to left."""
    import unicodedata

    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False
