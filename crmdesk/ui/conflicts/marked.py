"""A text in which differing words are underlined, bold and tinted: three signs, none of them needed alone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent, QPainter, QPaintEvent, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QSizePolicy, QWidget

from crmdesk.ui.conflicts.differences import Piece, spoken
from crmdesk.ui.theme import theme

LEAST_LETTERS = 10


class MarkedText(QWidget):
    """Paints vendor text as it is, never as markup; breaks lines as a label does. `clicked` chooses what it belongs
    to."""

    clicked = Signal()

    def __init__(self, parts: Sequence[Piece], *, muted: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts = tuple(parts)
        self._muted = muted
        self._layout: QTextLayout | None = None
        self._laid_out = (-1, 0.0)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(spoken(self.parts))
        theme().changed.connect(self._restyle)

    def text(self) -> str:
        return "".join(part.text for part in self.parts)

    def _restyle(self) -> None:
        self._layout = None
        self.updateGeometry()
        self.update()

    def _made(self) -> QTextLayout:
        if self._layout is None:
            layout = QTextLayout(self.text().replace("\n", "\u2028"), self.font(), self)
            option = QTextOption()
            option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                option.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
            layout.setTextOption(option)
            layout.setFormats(self._formats())
            self._layout, self._laid_out = layout, (-1, 0.0)
        return self._layout

    def _formats(self) -> list[QTextLayout.FormatRange]:
        found, at = [], 0
        for part in self.parts:
            length = len(part.text.encode("utf-16-le")) // 2  # Qt counts so
            if part.changed:
                mark = QTextLayout.FormatRange()
                mark.start, mark.length, mark.format = at, length, self._mark()
                found.append(mark)
            at += length
        return found

    def _mark(self) -> QTextCharFormat:
        look = theme()
        mark = QTextCharFormat()
        mark.setFontWeight(QFont.Weight.Bold)
        mark.setFontUnderline(True)
        mark.setBackground(look.color("tint_warn"))
        mark.setForeground(look.color("text"))
        return mark

    def _lay_out(self, width: int) -> float:
        """Height of the text in this width."""
        layout = self._made()
        if self._laid_out[0] == width:
            return self._laid_out[1]
        layout.beginLayout()
        height = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(1, width))
            line.setPosition(QPointF(0, height))
            height += line.height()
        layout.endLayout()
        self._laid_out = (width, height)
        return height

    def heightForWidth(self, width: int) -> int:
        return round(self._lay_out(width)) + 2

    def sizeHint(self) -> QSize:
        width = max(self.width(), self.minimumSizeHint().width())
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * LEAST_LETTERS, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        self._lay_out(self.width())
        painter = QPainter(self)
        painter.setPen(theme().color("muted" if self._muted else "text"))
        self._made().draw(painter, QPointF(0, 0))
        painter.end()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
