"""A box of text that is as high as its text needs in the width it gets.

Its layout is told so beforehand (height for width). A box that sets its own height when it is resized is always one
step late: where a scroll bar beside it comes and goes with that height, Qt would lay both out for ever, and crash."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QWidget

LEAST_LETTERS = 6  # beside each other; a box is never narrower on screen


def lines_in(text: str, font: QFont, width: int, most: int) -> int:
    """How many lines the text takes in `width` pixels, broken anywhere where a word is too long; at most `most` + 1."""
    count, option = 0, QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    for paragraph in text.split("\n"):
        layout = QTextLayout(paragraph, font)
        layout.setTextOption(option)
        layout.beginLayout()
        while count <= most and (line := layout.createLine()).isValid():
            line.setLineWidth(max(1, width))
            count += 1
        layout.endLayout()
        if count > most:
            break
    return max(1, count)


class GrowingBox(QPlainTextEdit):
    """From `lowest` to `highest` lines, then it scrolls. `around`: pixels of frame and padding, of both sides together
    and of both ends together."""

    def __init__(
        self, text: str, lowest: int, highest: int, around: tuple[int, int], parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self._lowest, self._highest, self._around = lowest, highest, around
        self._known: dict[int, int] = {}  # lines by width
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._forget)

    def lines(self, width: int) -> int:
        """Of the text in a box of this width."""
        if width not in self._known:
            inside = width - self._around[0] - round(2 * self.document().documentMargin())
            self._known[width] = lines_in(self.toPlainText(), self.font(), inside, self._highest)
        return self._known[width]

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = max(self._lowest, min(self._highest, self.lines(width)))
        return self.fontMetrics().lineSpacing() * lines + self._around[1]

    def sizeHint(self) -> QSize:
        width = max(self.width(), self.minimumSizeHint().width())
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        letters = self.fontMetrics().averageCharWidth() * LEAST_LETTERS
        return QSize(letters + self._around[0], self.fontMetrics().lineSpacing() * self._lowest + self._around[1])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """While its surroundings are being laid out it may get a few pixels: 10,000 letters below each other take Qt
        300 ms, for a width that nobody will see. So its text keeps the width it has until there is a real one."""
        if event.size().width() < self.fontMetrics().averageCharWidth() * LEAST_LETTERS:
            return
        super().resizeEvent(event)
        self._offer_bar()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._forget()

    def _forget(self) -> None:
        self._known.clear()
        self.updateGeometry()
        self._offer_bar()

    def _offer_bar(self) -> None:
        """The scroll bar is there or not; it does not come and go while the text is laid out."""
        policy = Qt.ScrollBarPolicy
        wanted = policy.ScrollBarAlwaysOn if self.lines(self.width()) > self._highest else policy.ScrollBarAlwaysOff
        if wanted != self.verticalScrollBarPolicy():
            self.setVerticalScrollBarPolicy(wanted)
