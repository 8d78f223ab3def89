"""The state of each row stays in sight while the grid is scrolled sideways."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyledItemDelegate, QTableView

STATES = 0  # the column


class Frozen(QTableView):
    """Lies over the grid's first column: the same model and selection, as wide as the column, never scrolled sideways.
    Keys and screen readers stay with the grid below."""

    def __init__(self, grid: QTableView, painter: QStyledItemDelegate) -> None:
        super().__init__(grid)
        self._grid = grid
        self.setObjectName("composer.grid.frozen")
        self.setAccessibleName(grid.accessibleName())
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setModel(grid.model())
        self.setSelectionModel(grid.selectionModel())
        self.setItemDelegate(painter)
        self.setWordWrap(False)
        self.setFrameShape(self.Shape.NoFrame)
        self.setAutoScroll(False)
        self.setSelectionMode(grid.selectionMode())
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # the grid's
        for policy in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setMinimumSectionSize(10)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setObjectName("composer.grid.frozen.header")
        header.setAccessibleName(grid.horizontalHeader().accessibleName())
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        grid.horizontalHeader().sectionResized.connect(lambda *_: self.place())
        grid.horizontalScrollBar().valueChanged.connect(lambda _value: self.place())
        grid.verticalScrollBar().valueChanged.connect(self.verticalScrollBar().setValue)
        self.verticalScrollBar().valueChanged.connect(grid.verticalScrollBar().setValue)
        grid.viewport().installEventFilter(self)
        self.hide()

    def place(self) -> None:
        """In sight once the column below has begun to go out of it."""
        grid, header = self._grid, self._grid.horizontalHeader()
        scrolled = grid.horizontalScrollBar().value() > 0 and grid.model().rowCount() > 0
        self.setVisible(scrolled)
        if not scrolled:
            return
        self.verticalHeader().setDefaultSectionSize(grid.verticalHeader().defaultSectionSize())
        self.setColumnWidth(STATES, grid.columnWidth(STATES))
        self.horizontalHeader().setFixedHeight(header.height())
        area, wide = grid.viewport().geometry(), grid.columnWidth(STATES)
        mirrored = grid.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left = area.right() - wide + 1 if mirrored else area.left()
        self.setGeometry(left, area.top() - header.height(), wide, area.height() + header.height())
        self.verticalScrollBar().setValue(grid.verticalScrollBar().value())

    def covered(self) -> int:
        """Pixels of the grid that it takes."""
        return self.width() if self.isVisible() else 0

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._grid.setFocus(Qt.FocusReason.MouseFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QResizeEvent):
            self.place()
        return super().eventFilter(watched, event)
