"""Paints the list straight from a row's Look: no text layout, no style options, everything measured once."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
)

from crmdesk.core.types import State
from crmdesk.ui.contacts.columns import AS_OF, COLUMNS, NAME, STATE, VENDOR, Desk
from crmdesk.ui.contacts.header import EDGE, PAD
from crmdesk.ui.contacts.look import Look, Span
from crmdesk.ui.contacts.model import PLACEHOLDER, TOOLTIP, ContactsModel
from crmdesk.ui.kit import pixmap
from crmdesk.ui.theme import Theme, scaled
from crmdesk.ui.words import tr

GAP = 10
RING = 2
SECOND_LINE = -1  # column number of the card layout's second line in `Look.fit`
STATE_LOOK = {
    State.CANCELLED: ("cross", "error"),
    State.RESTRICTED: ("lock", "warning"),
    State.FORGET: ("clock", "unknown"),
}
TINTS = {"error": "tint_error", "warning": "tint_warn", "unknown": "tint_unknown"}
SELECTED = QStyle.StateFlag.State_Selected
ELIDE = Qt.TextElideMode.ElideRight
AnyIndex = QModelIndex | QPersistentModelIndex


class CellDelegate(QStyledItemDelegate):
    """One cell of the table layout. `view.hover_row` and the current index are read from the view."""

    def __init__(self, view: QTableView, model: ContactsModel, theme: Theme, desk: Desk) -> None:
        super().__init__(view)
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
        self.metrics, self.bold_metrics = QFontMetrics(self.plain), QFontMetrics(self.bold)
        self.small_metrics = QFontMetrics(self.small)
        names = ("text", "muted", "accent", "selected", "hairline", "hover", "tint_ok", "tint_warn", "window", "border")
        self.colors: dict[str, QColor] = {name: self._theme.color(name) for name in names}
        self.row_height = self._theme.row_height
        self.mirrored = self._view.layoutDirection() == Qt.LayoutDirection.RightToLeft

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """Fixed: only asked for when a column is fitted, where the header's own limits rule."""
        return QSize(COLUMNS[index.column()].width, self.row_height)

    # -- painting ----------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        row, column, rect = index.row(), index.column(), option.rect
        look = self._model.look(row)
        self.ground(painter, rect, bool(option.state & SELECTED), row, look)
        if look is None:
            if column == NAME:
                self._text(painter, rect.adjusted(PAD, 0, -PAD, 0), PLACEHOLDER, self.colors["muted"])
        else:
            self.content(painter, rect, look, column)
        self.ring(painter, rect, row, column)

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

    def ground(self, painter: QPainter, rect: QRect, selected: bool, row: int, look: Look | None) -> None:
        """Background and the hairline below; selection also has its bar, so that it is more than a colour."""
        if look is not None and look.id in self._model.tinted:
            painter.fillRect(rect, self.colors["tint_ok"])
        elif selected:
            painter.fillRect(rect, self.colors["selected"])
        elif row == self.hover_row:
            painter.fillRect(rect, self.colors["hover"])
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, self.colors["hairline"])
        if selected and rect.left() <= 0 and not self.mirrored:
            painter.fillRect(rect.left(), rect.top(), 3, rect.height(), self.colors["accent"])

    def ring(self, painter: QPainter, rect: QRect, row: int, column: int) -> None:
        """Where the keyboard is: around the whole row for its first cell, around the cell for any other."""
        current = self._view.currentIndex()
        if current.row() != row or not self._view.hasFocus():
            return
        color, whole = self.colors["accent"], current.column() == NAME
        if not whole and current.column() != column:
            return
        painter.fillRect(rect.left(), rect.top(), rect.width(), RING, color)
        painter.fillRect(rect.left(), rect.bottom() - RING + 1, rect.width(), RING, color)
        if not whole or column == NAME:
            painter.fillRect(rect.left(), rect.top(), RING, rect.height(), color)
        if not whole or self._is_last(column):
            painter.fillRect(rect.right() - RING + 1, rect.top(), RING, rect.height(), color)

    def _is_last(self, column: int) -> bool:
        header = self._view.horizontalHeader()
        shown = [at for at in range(header.count()) if not header.isSectionHidden(header.logicalIndex(at))]
        return bool(shown) and header.logicalIndex(shown[-1]) == column

    def _name(self, painter: QPainter, rect: QRect, look: Look) -> None:
        size = min(self.row_height - 6, 34)
        left = rect.left() + EDGE
        painter.drawPixmap(left, rect.center().y() - size // 2, self.avatar(look, size))
        box = rect.adjusted(EDGE + size + GAP, 0, -PAD, 0)
        painter.setFont(self.bold)
        used = self.line(painter, box, look, NAME, self.bold_metrics, self.colors["text"])
        painter.setFont(self.plain)
        self.extras(painter, box, look, used)

    def extras(self, painter: QPainter, box: QRect, look: Look, used: int) -> None:
        """After the name: a dot where it changed and was not seen yet, and where else the search matched."""
        if look.id in self._model.marked:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.colors["accent"])
            painter.drawEllipse(QPointF(box.left() + used + 8, box.center().y() + 0.5), 3.5, 3.5)
            used += 14
        room = box.width() - used - GAP
        if look.found and room > 30:
            text = self.metrics.elidedText(look.found, ELIDE, room)
            self._text(painter, box.adjusted(used + GAP, 0, 0, 0), text, self.colors["muted"])

    def _plain(self, painter: QPainter, rect: QRect, look: Look, column: int) -> None:
        box = rect.adjusted(PAD, 0, -PAD, 0)
        if column == AS_OF and look.old:
            painter.drawPixmap(box.left(), rect.center().y() - 7, self.symbol("clock", "muted", 14))
            box.setLeft(box.left() + 19)
        self.line(painter, box, look, column, self.metrics, self.colors["muted" if COLUMNS[column].muted else "text"])

    def line(self, painter: QPainter, box: QRect, look: Look, column: int, metrics: QFontMetrics, color: QColor) -> int:
        """One cell's text with its highlights, cut to the box. Returns the pixels it took."""
        width = box.width()
        if width <= 0:
            return 0
        text = look.fit(column, width, lambda full, room: metrics.elidedText(full, ELIDE, room))
        spans = look.spans.get(column)
        if spans:
            self._highlights(painter, box, text, spans, metrics)
        return self._text(painter, box, text, color, metrics, measure=column == NAME)

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
        metrics: QFontMetrics | None = None,
        *,
        measure: bool = False,
    ) -> int:
        metrics = metrics or self.metrics
        painter.setPen(color)
        base = box.top() + (box.height() + metrics.ascent() - metrics.descent()) // 2
        wide = metrics.horizontalAdvance(text) if measure or self.mirrored else 0
        painter.drawText(box.right() - wide if self.mirrored else box.left(), base, text)
        return wide

    # -- small pictures, drawn once ----------------------------------------------------------------------------------

    def avatar(self, look: Look, size: int) -> QPixmap:
        key = ("avatar", look.initials, self._theme.avatar(look.avatar).rgb(), size)
        return self._cached(key) or self._keep(key, self._draw_avatar(look, size))

    def _draw_avatar(self, look: Look, size: int) -> QPixmap:
        pixmap, painter = self._blank(size, size)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.avatar(look.avatar))
        painter.drawEllipse(QRectF(0, 0, size, size))
        self._center(painter, QRectF(0, 0, size, size), look.initials, self._theme.color("avatar_text"), size * 0.38)
        return pixmap

    def badge(self, painter: QPainter, left: int, middle: int, look: Look) -> None:
        """The vendor's letter on the account's colour."""
        size = min(self.row_height - 8, self.metrics.height() + 4)
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
        high = self.small_metrics.height() + 5
        wide = self.small_metrics.horizontalAdvance(word) + 34
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
        self.row_height = max(self._theme.row_height, 2 * self.metrics.height() + 20)

    def content(self, painter: QPainter, rect: QRect, look: Look, column: int) -> None:
        size = min(38, rect.height() - 12)
        painter.drawPixmap(rect.left() + 14, rect.center().y() - size // 2, self.avatar(look, size))
        right = rect.right() - 14 - self.metrics.height()
        self.badge(painter, right, rect.top() + rect.height() // 3, look)
        half = QRect(rect.left(), rect.top() + 5, rect.width(), rect.height() // 2 - 3)
        if look.state is not State.CLEAN:
            right -= self.chip(painter, right - 10, half, look, from_right=True) + 10
        box = QRect(rect.left() + 14 + size + 12, half.top(), 0, half.height())
        box.setRight(right - 10)
        painter.setFont(self.bold)
        used = self.line(painter, box, look, NAME, self.bold_metrics, self.colors["text"])
        painter.setFont(self.small)
        self.extras(painter, box, look, used)
        lower = QRect(box.left(), half.bottom(), rect.right() - 14 - box.left(), rect.bottom() - half.bottom() - 5)
        self.line(painter, lower, look, SECOND_LINE, self.small_metrics, self.colors["muted"])
        painter.setFont(self.plain)

    def _is_last(self, column: int) -> bool:
        return True


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction runs right to left."""
    import unicodedata

    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False
