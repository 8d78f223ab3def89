"""A layout that puts widgets beside each other and goes on in the next line where one is full."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Left to right, or mirrored; items keep their own size. `wide`: it asks for the width of one line. `centred`: each
    line stands in the middle."""

    def __init__(self, gap: int = 6, *, wide: bool = False, centred: bool = False) -> None:
        super().__init__()
        self._wide, self._centred = wide, centred
        self._items: list[QLayoutItem] = []
        self._heights: dict[int, int] = {}  # by width, until something is other: Qt asks many times over
        self._least: QSize | None = None
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(gap)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)
        self.invalidate()

    def invalidate(self) -> None:
        self._heights.clear()
        self._least = None
        super().invalidate()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        if not 0 <= index < len(self._items):
            return None
        self.invalidate()
        return self._items.pop(index)

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if width not in self._heights:
            self._heights[width] = self._place(QRect(0, 0, width, 0), move=False)
        return self._heights[width]

    def sizeHint(self) -> QSize:
        return self.one_line() if self._wide else self.minimumSize()

    def one_line(self) -> QSize:
        """What all of them take beside each other."""
        sizes = [item.sizeHint() for item in self._items if not item.isEmpty()]
        gaps = self.spacing() * max(0, len(sizes) - 1)
        return QSize(sum(size.width() for size in sizes) + gaps, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        if self._least is None:
            widest = QSize()
            for item in self._items:
                if not item.isEmpty():
                    widest = widest.expandedTo(item.minimumSize())
            self._least = widest
        return QSize(self._least)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        spare = max(0, rect.height() - self.heightForWidth(rect.width()))
        self._place(rect.adjusted(0, spare // 2, 0, 0), move=True)

    def _place(self, rect: QRect, *, move: bool) -> int:
        """Height that the items take in this width; `move` puts them there."""
        x, y, line = rect.x(), rect.y(), 0
        placed: list[tuple[QLayoutItem, QRect]] = []
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint().boundedTo(QSize(max(1, rect.width()), 16_000))
            if x > rect.x() and x + size.width() > rect.right() + 1:
                self._settle(placed, line, rect, move=move)
                x, y, line = rect.x(), y + line + self.spacing(), 0
            placed.append((item, QRect(QPoint(x, y), size)))
            x += size.width() + self.spacing()
            line = max(line, size.height())
        self._settle(placed, line, rect, move=move)
        return y + line - rect.y()

    def _settle(self, placed: list[tuple[QLayoutItem, QRect]], line: int, rect: QRect, *, move: bool) -> None:
        """The items of a full line stand on its middle."""
        aside = max(0, rect.right() - placed[-1][1].right()) // 2 if placed and self._centred else 0
        for item, box in placed if move else []:
            box.translate(aside, (line - box.height()) // 2)
            item.setGeometry(self._mirrored(box, rect))
        placed.clear()

    def _mirrored(self, box: QRect, rect: QRect) -> QRect:
        parent = self.parentWidget()
        if parent is None or parent.layoutDirection() == Qt.LayoutDirection.LeftToRight:
            return box
        return QRect(rect.left() + rect.right() - box.right(), box.top(), box.width(), box.height())


def flowing(*items: QWidget, gap: int = 8) -> QWidget:
    """The items beside each other, in as many lines as they need."""
    host, flow = QWidget(), FlowLayout(gap, wide=True)
    host.setLayout(flow)
    for item in items:
        flow.addWidget(item)
    return host
