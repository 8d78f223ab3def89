"""The list of possible duplicates: painted rows of one height, the strongest first."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from crmdesk.core.cards import Pair
from crmdesk.ui.cards.model import LINE_ROLE, PairsModel, title_of
from crmdesk.ui.kit import pixmap
from crmdesk.ui.painted_list import PaintedList, paint_ground
from crmdesk.ui.theme import Theme, scaled
from crmdesk.ui.words import tr

Index = QModelIndex | QPersistentModelIndex
LEAD = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
ELIDE = Qt.TextElideMode.ElideRight
SIDE, PAD, GAP = 16, 9, 8


class PairDelegate(QStyledItemDelegate):
    """Names, how strong it is, why, and where both are from."""

    def __init__(self, view: PairsList, look: Theme) -> None:
        super().__init__(view)
        self._view, self._look = view, look
        self.restyle()

    def restyle(self) -> None:
        """Fonts and heights are measured once."""
        font = self._view.font()
        self._bold, self._small = QFont(font), scaled(font, 0.93)
        self._bold.setWeight(QFont.Weight.DemiBold)
        self._metrics = QFontMetrics(self._bold), QFontMetrics(self._small)
        bold, small = (metrics.height() for metrics in self._metrics)
        self._size = QSize(60, bold + 3 * (small + 2) + 2 * PAD)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._size

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        pair: Pair = index.data(LINE_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, self._view, option.rect, index)
        self._texts(painter, option.rect.adjusted(SIDE, PAD, -SIDE, -PAD), pair)
        painter.restore()

    def _mirrored(self) -> bool:
        return self._view.layoutDirection() == Qt.LayoutDirection.RightToLeft

    def _texts(self, painter: QPainter, box: QRect, pair: Pair) -> None:
        model, (bold, small) = self._view.pairs, self._metrics
        top = box.top()
        self._line(painter, QRect(box.left(), top, box.width(), bold.height()), title_of(pair), self._bold, "text")
        top += bold.height() + 2
        strong = pair.score >= model.strong
        self._strength(painter, QRect(box.left(), top, box.width(), small.height()), pair, strong=strong)
        for text in (model.reasons(pair), model.sources(pair)):
            top += small.height() + 2
            self._line(painter, QRect(box.left(), top, box.width(), small.height()), text, self._small, "muted")

    def _strength(self, painter: QPainter, box: QRect, pair: Pair, *, strong: bool) -> None:
        """Shape, word and colour together."""
        tone = "warning" if strong else "muted"
        size = round(self._metrics[1].height() * 0.95)
        left = box.right() - size if self._mirrored() else box.left()
        picture = pixmap("pair" if strong else "question", self._look.color(tone), size, self._view.devicePixelRatioF())
        painter.drawPixmap(QPoint(left, box.center().y() - size // 2), picture)
        used = size + GAP
        rest = box.adjusted(0, 0, -used, 0) if self._mirrored() else box.adjusted(used, 0, 0, 0)
        self._line(painter, rest, self._view.pairs.strength(pair), self._small, tone)

    def _line(self, painter: QPainter, box: QRect, text: str, font: QFont, tone: str) -> None:
        painter.setFont(font)
        painter.setPen(self._look.color(tone))
        painter.drawText(box, LEAD, QFontMetrics(font).elidedText(text, ELIDE, box.width()))


class PairsList(PaintedList):
    """Arrows move, Enter opens the comparison. `chosen`: another pair is current, or none."""

    chosen = Signal()
    opened = Signal()

    def __init__(self, model: PairsModel, look: Theme) -> None:
        super().__init__("duplicates.list", tr("Possible duplicates"))
        self.pairs = model
        self._delegate = PairDelegate(self, look)
        self.setItemDelegate(self._delegate)
        self.setUniformItemSizes(True)
        self.setModel(model)
        self.selectionModel().currentChanged.connect(lambda *_: self.chosen.emit())
        self.doubleClicked.connect(lambda _index: self.opened.emit())
        look.changed.connect(self._restyle)

    def _restyle(self) -> None:
        self._delegate.restyle()
        self.doItemsLayout()

    def current(self) -> Pair | None:
        found: Pair | None = self.currentIndex().data(LINE_ROLE)
        return found

    def choose(self, row: int) -> None:
        """Make a row current and bring it to sight."""
        index = self.pairs.index(row)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current() is not None:
            self.opened.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming in with Tab finds a current pair, so that it is read out."""
        super().focusInEvent(event)
        if self.current() is None:
            self.choose(0)
