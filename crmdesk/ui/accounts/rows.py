"""The list of accounts: whose each one is, what it is called, how its last check ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from crmdesk.ui.kit import icon_size, pixmap, tooltip
from crmdesk.ui.painted_list import paint_bar
from crmdesk.ui.phases import Sign
from crmdesk.ui.theme import theme
from crmdesk.ui.words import tr

ID_ROLE = Qt.ItemDataRole.UserRole
LINE_ROLE = Qt.ItemDataRole.UserRole + 1
_BY_HAND = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.MouseFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
GAP, EDGE, ROUND = 10, 8, 6


@dataclass(frozen=True, slots=True)
class Line:
    """One account. `reason` are the words behind its sign, if it needs any."""

    account_id: int
    title: str
    vendor: str
    letter: str
    sign: Sign
    reason: str = ""

    @property
    def second(self) -> str:
        return f"{self.vendor} · {tr(self.sign.word)}"


class AccountList(QListWidget):
    """`chosen()` is the current account's id; a screen reader hears name, vendor, state and reason."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("accounts.list")
        self.setAccessibleName(tr("Accounts"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Painter(self))
        self._items: list[QListWidgetItem] = []

    def show_lines(self, lines: Sequence[Line], chosen: int) -> None:
        """All lines anew, without a word about the current one."""
        self.blockSignals(True)
        before, self._items = self._items, []
        self.clear()
        before.clear()  # only now: seen in a crash, the list met an item whose Python half was gone already
        for line in lines:
            item = QListWidgetItem(line.title)
            item.setData(ID_ROLE, line.account_id)
            item.setData(LINE_ROLE, line)
            read = (line.title, line.vendor, tr(line.sign.word), line.reason)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in read if part))
            item.setToolTip(tooltip("\n".join(part for part in (line.title, line.second, line.reason) if part)))
            self.addItem(item)
            self._items.append(item)
            if line.account_id == chosen:
                self.setCurrentItem(item)
        self.blockSignals(False)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Whoever comes by keys or pointer gets a current line. Where the focus just falls here, Qt would choose the
        first account, and a form that was asked for would not be seen."""
        if self.currentRow() < 0 and event.reason() not in _BY_HAND:
            QWidget.focusInEvent(self, event)
        else:
            super().focusInEvent(event)

    def chosen(self) -> int:
        """0 = none."""
        item = self.currentItem()
        return int(item.data(ID_ROLE)) if item is not None else 0

    def choose(self, account_id: int) -> bool:
        """False if it is not in the list."""
        for place in range(self.count()):
            if self.item(place).data(ID_ROLE) == account_id:
                self.setCurrentRow(place)
                return True
        return False


class _Painter(QStyledItemDelegate):
    """A badge with the vendor's letter in the account's colour, two lines of text, the sign's shape at the end."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, 2 * QFontMetrics(option.font).lineSpacing() + 2 * EDGE)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        line = cast(Line, index.data(LINE_ROLE))
        look, box = theme(), QRect(option.rect).adjusted(0, 1, 0, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(look.color("selected"))
            painter.drawRoundedRect(box, ROUND, ROUND)
            paint_bar(painter, box.adjusted(0, ROUND, 0, -ROUND), option.direction)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(look.color("hover"))
            painter.drawRoundedRect(box, ROUND, ROUND)
        self._paint_parts(painter, option, line, box)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.color("accent"), 2))
            painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), ROUND, ROUND)
        painter.restore()

    def _paint_parts(self, painter: QPainter, option: QStyleOptionViewItem, line: Line, box: QRect) -> None:
        mirrored = option.direction == Qt.LayoutDirection.RightToLeft
        side = round(box.height() * 0.56)
        shape = icon_size(option.widget)
        badge = QRect(box.left() + EDGE, box.center().y() - side // 2, side, side)
        sign = QRect(box.right() - EDGE - shape, box.center().y() - shape // 2, shape, shape)
        words = QRect(badge.right() + GAP, box.top(), sign.left() - badge.right() - 2 * GAP, box.height())
        if mirrored:
            badge, sign, words = (_mirror(part, box) for part in (badge, sign, words))
        self._paint_badge(painter, option.font, line, badge)
        look = theme()
        colour = look.color(line.sign.tone or "muted")
        painter.drawPixmap(sign.topLeft(), pixmap(line.sign.icon, colour, shape, painter.device().devicePixelRatioF()))
        upper, lower = QRect(words), QRect(words)
        upper.setBottom(words.center().y() + 1)
        lower.setTop(words.center().y() + 1)
        _write(painter, option.font, look.color("text"), line.title, upper, Qt.AlignmentFlag.AlignBottom)
        _write(painter, option.font, look.color("muted"), line.second, lower, Qt.AlignmentFlag.AlignTop)

    def _paint_badge(self, painter: QPainter, font: QFont, line: Line, badge: QRect) -> None:
        look = theme()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.dot(line.account_id))
        painter.drawRoundedRect(badge, ROUND, ROUND)
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(look.color("on_accent"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, line.letter)


def _mirror(part: QRect, box: QRect) -> QRect:
    return QRect(box.left() + box.right() - part.right(), part.top(), part.width(), part.height())


def _write(painter: QPainter, font: QFont, colour: QColor, text: str, box: QRect, down: Qt.AlignmentFlag) -> None:
    painter.setFont(font)
    painter.setPen(colour)
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, down | Qt.AlignmentFlag.AlignLeading, shown)
