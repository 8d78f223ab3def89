"""The list of the Outbox: painted rows of the same height, so that thousands cost nothing, and its keys."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from crmdesk.ui.kit import pixmap
from crmdesk.ui.outbox.listing import Line
from crmdesk.ui.outbox.model import LINE_ROLE, OutboxModel
from crmdesk.ui.outbox.speech import sign_of, state_word
from crmdesk.ui.painted_list import PaintedList, paint_ground
from crmdesk.ui.theme import Theme, scaled
from crmdesk.ui.words import number, tr

Index = QModelIndex | QPersistentModelIndex
LEAD = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
ELIDE = Qt.TextElideMode.ElideRight
SIDE, PAD = 16, 9
MANY = 1000  # lines


class LineDelegate(QStyledItemDelegate):
    """A sentence of at most two lines, below it the state with its shape, word and colour, and what else there is."""

    def __init__(self, view: OutboxList, look: Theme) -> None:
        super().__init__(view)
        self._view, self._look = view, look
        self.restyle()

    def restyle(self) -> None:
        """Fonts and heights are measured once."""
        font = self._view.font()
        self._bold, self._small, self._head = QFont(font), scaled(font, 0.93), scaled(font, 0.85)
        self._bold.setWeight(QFont.Weight.DemiBold)
        self._head.setWeight(QFont.Weight.Bold)
        self._head.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.6)
        self._lines = (QFontMetrics(self._bold), QFontMetrics(self._small), QFontMetrics(self._head))
        bold, small, head = (metrics.height() for metrics in self._lines)
        self._row = QSize(60, 2 * bold + small + 2 * PAD + 4)
        self._heading = QSize(60, head + 20)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        heading = self._view.outbox.lines[index.row()].heading
        return self._heading if heading and not self._view.uniformItemSizes() else self._row

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line: Line = index.data(LINE_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if line.heading:
            self._paint_heading(painter, option.rect, line)
        else:
            self._paint_line(painter, option.rect, line, index)
        painter.restore()

    def _paint_heading(self, painter: QPainter, area: QRect, line: Line) -> None:
        painter.setFont(self._head)
        painter.setPen(self._look.color("muted"))
        text = f"{tr(line.group.value).upper()}   {number(line.count)}"
        place = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeading
        painter.drawText(area.adjusted(SIDE, 0, -SIDE, -4), place, text)

    def _paint_line(self, painter: QPainter, area: QRect, line: Line, index: Index) -> None:
        paint_ground(painter, self._view, area, index)
        size = round(self._lines[0].height() * 1.05)
        mirrored = self._view.layoutDirection() == Qt.LayoutDirection.RightToLeft
        icon, tone = sign_of(line)
        indent = SIDE + size + 10
        box = area.adjusted(SIDE if mirrored else indent, PAD, -(indent if mirrored else SIDE), -PAD)
        top = self._texts(painter, box, line, tone)
        left = area.right() - SIDE - size if mirrored else area.left() + SIDE
        colour = self._look.color(tone or "muted")
        painter.drawPixmap(QPoint(left, top), pixmap(icon, colour, size, self._view.devicePixelRatioF()))

    def _texts(self, painter: QPainter, box: QRect, line: Line, tone: str) -> int:
        """Returns where the first line begins."""
        bold, small = self._lines[0], self._lines[1]
        title = _in_lines(self._view.outbox.title(line), bold, box.width())
        high = len(title) * bold.height() + small.height() + 2
        first = top = box.top() + max(0, (box.height() - high) // 2)
        painter.setFont(self._bold)
        painter.setPen(self._look.color("text"))
        for text in title:
            painter.drawText(QRect(box.left(), top, box.width(), bold.height()), LEAD, text)
            top += bold.height()
        self._state(painter, QRect(box.left(), top + 2, box.width(), small.height()), line, tone)
        return first

    def _state(self, painter: QPainter, box: QRect, line: Line, tone: str) -> None:
        """The state's word in its colour, then the rest."""
        metrics, now = self._lines[1], self._view.outbox.now()
        word = metrics.elidedText(state_word(line, now), ELIDE, box.width())
        painter.setFont(self._small)
        painter.setPen(self._look.color(tone or "muted"))
        painter.drawText(box, LEAD, word)
        used = metrics.horizontalAdvance(word)
        rest = self._view.outbox.teller.under(line, now)
        mirrored = self._view.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left = box.adjusted(0, 0, -used, 0) if mirrored else box.adjusted(used, 0, 0, 0)
        painter.setPen(self._look.color("muted"))
        painter.drawText(left, LEAD, metrics.elidedText(f" · {rest}" if rest else "", ELIDE, left.width()))


def _in_lines(text: str, metrics: QFontMetrics, width: int) -> list[str]:
    """The text in one line or two, parted at a blank; what does not fit then ends in …"""
    if metrics.horizontalAdvance(text) <= width:
        return [text]
    at = text.rfind(": ", 0, len(text) - 1) + 1
    if at < 1 or metrics.horizontalAdvance(text[:at]) > width:
        low, high = 0, len(text)
        while low < high:  # the most letters that fit
            middle = (low + high + 1) // 2
            low, high = (middle, high) if metrics.horizontalAdvance(text[:middle]) <= width else (low, middle - 1)
        at = text.rfind(" ", 0, low + 1)
    if at < 1:
        return [metrics.elidedText(text, ELIDE, width)]
    return [text[:at].rstrip(), metrics.elidedText(text[at:].strip(), ELIDE, width)]


class OutboxList(PaintedList):
    """Arrows move, Enter opens the details, Del discards. `chosen(key)`: another line is current ('' = none)."""

    chosen = Signal(str)
    opened = Signal()
    discardWanted = Signal()

    def __init__(self, model: OutboxModel, look: Theme) -> None:
        super().__init__("outbox.list", tr("Edits"))
        self.outbox = model
        self._look = look
        self._delegate = LineDelegate(self, look)
        self.setItemDelegate(self._delegate)
        self.setModel(model)
        self.selectionModel().currentChanged.connect(lambda now, _was: self.chosen.emit(self._key(now)))
        self.doubleClicked.connect(lambda _index: self.opened.emit())
        look.changed.connect(self._restyle)

    def expect(self, lines: int) -> None:
        """Of so many lines nobody asks each for its height: headings are then as high as the rest."""
        self.setUniformItemSizes(lines > MANY)

    def _restyle(self) -> None:
        self._delegate.restyle()
        self.doItemsLayout()

    def _key(self, index: QModelIndex) -> str:
        line: Line | None = index.data(LINE_ROLE)
        return line.key if line is not None and not line.heading else ""

    def current_key(self) -> str:
        return self._key(self.currentIndex())

    def choose(self, row: int) -> None:
        """Make a row current and bring it to sight."""
        index = self.outbox.index(row)
        if index.isValid() and not self.outbox.lines[row].heading:
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current_key():
            self.opened.emit()
        elif event.key() == Qt.Key.Key_Delete and self.current_key():
            self.discardWanted.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming in with Tab finds a current line, so that it is read out."""
        super().focusInEvent(event)
        if not self.current_key():
            self.choose(self.outbox.next_row(-1, 1, lambda line: not line.heading))
