"""Paints the list straight from a row's Look: no text layout, no style options, everything measured once."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
)

from crmdesk.core.types import State
from crmdesk.ui.contacts.columns import AS_OF, COLUMNS, NAME, STATE, VENDOR, Desk
from crmdesk.ui.contacts.header import EDGE, PAD
from crmdesk.ui.contacts.look import SECOND_LINE, Look, Span
from crmdesk.ui.contacts.model import PLACEHOLDER, TOOLTIP, ContactsModel
from crmdesk.ui.kit import pixmap
from crmdesk.ui.theme import Theme, scaled
from crmdesk.ui.words import tr

GAP = 10
RING = 2
STATE_LOOK = {
    State.CANCELLED: ("cross", "error"),
    State.RESTRICTED: ("lock", "warning"),
    State.FORGET: ("clock", "unknown"),
}
TINTS = {"error": "tint_error", "warning": "tint_warn", "unknown": "tint_unknown"}
ELIDE = Qt.TextElideMode.ElideRight
AnyIndex = QModelIndex | QPersistentModelIndex


class Ruler:
    """Cuts texts of one font. Most are ASCII and fit: adding up known widths is cheaper than shaping them."""

    def __init__(self, font: QFont) -> None:
        self.metrics = QFontMetrics(font)
        self.rise = self.metrics.ascent() - self.metrics.descent()
        self._widths = {chr(code): self.metrics.horizontalAdvance(chr(code)) for code in range(32, 127)}

    def cut(self, text: str, width: int) -> str:
        """`text`, with … in place of what does not fit into `width` pixels."""
        if text.isascii() and sum(self._widths.get(letter, width) for letter in text) <= width:
            return text
        return self.metrics.elidedText(text, ELIDE, width)


class CellDelegate(QStyledItemDelegate):
    """One cell of the table layout. `view.hover_row` and the current index are read from the view."""

    def __init__(self, view: QTableView, model: ContactsModel, theme: Theme, desk: Desk) -> None:
        super().__init__(view)
        self._view, self._model, self._theme = view, model, theme
        self.desk = desk
        self.hover_row = -1
        self._pixmaps: dict[tuple[object, ...], QPixmap] = {}
        self._look: Look | None = None
        self._ground: QColor | None = None
        self._selected, self._row, self._last, self._focus = False, -1, NAME, (-1, -1)
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

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Fixed: only asked for when a column is fitted, where the header's own limits rule."""
        return QSize(COLUMNS[index.column()].width, self.row_height)

    # -- painting ----------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Before each paint event: what is the same for all of its cells is asked once."""
        current = self._view.currentIndex()
        self._focus = (current.row(), current.column()) if self._view.hasFocus() else (-1, -1)
        self._row = -1
        header = self._view.horizontalHeader()
        shown = [header.logicalIndex(at) for at in range(header.count())]
        self._last = next((item for item in reversed(shown) if not header.isSectionHidden(item)), NAME)

    def _turn_to(self, row: int, index: AnyIndex) -> None:
        """The view paints row by row: what a row's cells share is looked up with its first cell."""
        self._row = row
        self._look = self._model.look(row)
        self._selected = self._view.selectionModel().isSelected(index)
        name = "selected" if self._selected else "hover" if row == self.hover_row else ""
        if self._look is not None and self._look.id in self._model.tinted:
            name = "tint_ok"
        self._ground = self.colors[name] if name else None

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        row, column, rect = index.row(), index.column(), option.rect
        if row != self._row:
            self._turn_to(row, index)
        self.ground(painter, rect)
        if self._look is None:
            if column == NAME:
                self._text(painter, rect.adjusted(EDGE, 0, -PAD, 0), PLACEHOLDER, self.colors["muted"])
        else:
            self.content(painter, rect, self._look, column)
        if row == self._focus[0]:
            self.ring(painter, rect, column)

    def content(self, painter: QPainter, rect: QRect, look: Look, column: int) -> None:
        if column == NAME:
            self._name(painter, rect, look)
        elif column == VENDOR:
            self.badge(painter, rect.left() + PAD, rect.center().y(), look)
        elif column == STATE:
            if look.state is not State.CLEAN:
                self.chip(painter, rect.left() + PAD // 2, rect, look)
        else:
            self._plain(painter, rect, look, column)

    def ground(self, painter: QPainter, rect: QRect) -> None:
        """Background and the hairline below; selection also has its bar, so that it is more than a colour."""
        if self._ground is not None:
            painter.fillRect(rect, self._ground)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self.colors["hairline"])
        if self._selected and rect.left() <= 0 and not self.mirrored:
            painter.fillRect(rect.left(), rect.top(), 3, rect.height(), self.colors["accent"])

    def ring(self, painter: QPainter, rect: QRect, column: int) -> None:
        """Where the keyboard is: around the whole row for its first cell, around the cell for any other."""
        color, whole = self.colors["accent"], self._focus[1] == NAME
        if not whole and self._focus[1] != column:
            return
        painter.fillRect(rect.left(), rect.top(), rect.width(), RING, color)
        painter.fillRect(rect.left(), rect.bottom() - RING + 1, rect.width(), RING, color)
        if not whole or column == NAME:
            painter.fillRect(rect.left(), rect.top(), RING, rect.height(), color)
        if not whole or column == self._last:
            painter.fillRect(rect.right() - RING + 1, rect.top(), RING, rect.height(), color)

    def _name(self, painter: QPainter, rect: QRect, look: Look) -> None:
        size = min(self.row_height - 6, 34)
        left = rect.left() + EDGE
        painter.drawPixmap(left, rect.center().y() - size // 2, self.avatar(look, size))
        box = rect.adjusted(EDGE + size + GAP, 0, -PAD, 0)
        painter.setFont(self.bold)
        name = self.line(painter, box, look, NAME, self.bold_ruler, self.colors["text"])
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
            painter.drawEllipse(QPointF(box.left() + used + 8, box.center().y() + 0.5), 3.5, 3.5)
            used += 14
        room = box.width() - used - GAP
        if look.found and room > 30:
            text = self.ruler.metrics.elidedText(look.found, ELIDE, room)
            self._text(painter, box.adjusted(used + GAP, 0, 0, 0), text, self.colors["muted"])

    def _plain(self, painter: QPainter, rect: QRect, look: Look, column: int) -> None:
        box = rect.adjusted(PAD, 0, -PAD, 0)
        if column == AS_OF and look.old:
            painter.drawPixmap(box.left(), rect.center().y() - 7, self.symbol("clock", "muted", 14))
            box.setLeft(box.left() + 19)
        self.line(painter, box, look, column, self.ruler, self.colors["muted" if COLUMNS[column].muted else "text"])

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
        whole = metrics.horizontalAdvance(text) if backwards else 0
        for start, length in spans:
            if start >= len(text):
                continue
            before = metrics.horizontalAdvance(text[:start])
            wide = metrics.horizontalAdvance(text[: start + length]) - before
            left = whole - before - wide if backwards else before
            painter.fillRect(box.left() + left, top, wide, height + 1, self.colors["tint_warn"])
            painter.fillRect(box.left() + left, top + height, wide, 1, self.colors["border"])

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

    def badge(self, painter: QPainter, left: int, middle: int, look: Look) -> None:
        """The vendor's letter on the account's colour."""
        size = min(self.row_height - 8, self.ruler.metrics.height() + 4)
        letter = self.desk.letter(look.account_id)
        key = ("badge", letter, look.account_id, size)
        pixmap = self._cached(key) or self._keep(key, self._draw_badge(letter, look.account_id, size))
        painter.drawPixmap(left, middle - size // 2, pixmap)

    def _draw_badge(self, letter: str, account_id: int, size: int) -> QPixmap:
        pixmap, painter = self._blank(size, size)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.dot(account_id))
        painter.drawRoundedRect(QRectF(0, 0, size, size), 5, 5)
        self._center(painter, QRectF(0, 0, size, size), letter, self._theme.color("on_accent"), size * 0.58)
        return pixmap

    def chip(self, painter: QPainter, left: int, rect: QRect, look: Look, *, from_right: bool = False) -> int:
        """State as icon and word on its tint; returns its width."""
        key = ("chip", look.state, self._view.devicePixelRatioF())
        pixmap = self._cached(key) or self._keep(key, self._draw_chip(look.state))
        wide = round(pixmap.width() / pixmap.devicePixelRatioF())
        high = round(pixmap.height() / pixmap.devicePixelRatioF())
        top = rect.center().y() - high // 2
        painter.drawPixmap(left - wide if from_right else left, top, pixmap)
        return wide

    def _draw_chip(self, state: State) -> QPixmap:
        name, tone = STATE_LOOK[state]
        word = tr(state.value)
        high = self.small_ruler.metrics.height() + 5
        wide = self.small_ruler.metrics.horizontalAdvance(word) + 34
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

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: AnyIndex
    ) -> bool:
        """Tooltips come from the model (escaped); nothing where the cell has none."""
        if event.type() != QEvent.Type.ToolTip:
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), self._model.data(index, TOOLTIP) or "", view)
        return True


class CardDelegate(CellDelegate):
    """The card layout: one wide cell with two lines."""

    def restyle(self) -> None:
        super().restyle()
        self.row_height = max(self._theme.row_height, 2 * self.ruler.metrics.height() + 20)

    def content(self, painter: QPainter, rect: QRect, look: Look, column: int) -> None:
        size = min(38, rect.height() - 12)
        painter.drawPixmap(rect.left() + 14, rect.center().y() - size // 2, self.avatar(look, size))
        right = rect.right() - 14 - self.ruler.metrics.height()
        self.badge(painter, right, rect.top() + rect.height() // 3, look)
        half = QRect(rect.left(), rect.top() + 5, rect.width(), rect.height() // 2 - 3)
        if look.state is not State.CLEAN:
            right -= self.chip(painter, right - 10, half, look, from_right=True) + 10
        box = QRect(rect.left() + 14 + size + 12, half.top(), 0, half.height())
        box.setRight(right - 10)
        painter.setFont(self.bold)
        name = self.line(painter, box, look, NAME, self.bold_ruler, self.colors["text"])
        painter.setFont(self.small)
        self.extras(painter, box, look, name)
        lower = QRect(box.left(), half.bottom(), rect.right() - 14 - box.left(), rect.bottom() - half.bottom() - 5)
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
