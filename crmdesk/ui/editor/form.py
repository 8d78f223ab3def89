"""The fields of a contact in groups, in one column or, where there is room, in two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from crmdesk.core.fields import FieldSpec
from crmdesk.ui.editor.field import LEFT, FieldBox
from crmdesk.ui.kit import Heading, tr

MakeBox = Callable[[FieldSpec, QWidget], FieldBox]
TWO_COLUMNS = 84  # characters of width from which on two fields stand beside each other


class _Section(QWidget):
    """One group's fields; those that need the width take both columns."""

    def __init__(self, title: str, specs: Sequence[FieldSpec], make: MakeBox, parent: QWidget) -> None:
        super().__init__(parent)
        heading = Heading(title, self, factor=1.0) if title else None
        self._boxes, self._columns = [make(spec, self) for spec in specs], 0
        if len(self._boxes) == 1 and tr(self._boxes[0].spec.label) == title:
            self._boxes[0].hide_label()  # the heading says it
            if heading is not None and self._boxes[0].required:
                heading.setText(f"{title} *")
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(9)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 6)
        outer.setSpacing(6)
        if heading is not None:
            heading.setContentsMargins(LEFT, 6, 0, 0)
            outer.addWidget(heading)
            self.setAccessibleName(title)
        outer.addLayout(self._grid)

    def place(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        at, side = 0, 0
        for box in self._boxes:
            self._grid.removeWidget(box)
        for box in self._boxes:
            wide = box.wide or columns == 1
            if wide and side:
                at, side = at + 1, 0
            self._grid.addWidget(box, at, side, 1, columns if wide else 1, Qt.AlignmentFlag.AlignTop)
            side = 0 if wide or side else 1
            at += 0 if side else 1
        for side in range(2):
            self._grid.setColumnStretch(side, 1 if side < columns else 0)
            self._grid.setColumnMinimumWidth(side, 0)

    @property
    def boxes(self) -> list[FieldBox]:
        return self._boxes


class Form(QWidget):
    """`boxes` by path, in the order of the vendor's groups. `make(spec, parent)` makes one."""

    def __init__(self, specs: Iterable[FieldSpec], make: MakeBox, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("editor.form")
        self._sections = [_Section(title, found, make, self) for title, found in _grouped(specs)]
        self.boxes = {box.spec.path: box for section in self._sections for box in section.boxes}
        outer = QVBoxLayout(self)
        outer.setContentsMargins(7, 2, 16, 12)
        outer.setSpacing(4)
        for section in self._sections:
            outer.addWidget(section)
        outer.addStretch(1)
        self._place(1)

    def _place(self, columns: int) -> None:
        for section in self._sections:
            section.place(columns)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = event.size().width() >= TWO_COLUMNS * self.fontMetrics().averageCharWidth()
        self._place(2 if wide else 1)

    def box_of(self, path: str) -> FieldBox | None:
        """The field a problem belongs to: `phones.0.number` is one of `phones`."""
        while path:
            if path in self.boxes:
                return self.boxes[path]
            path = path.rpartition(".")[0]
        return None

    def box_at(self, widget: QWidget | None) -> FieldBox | None:
        """The field that `widget` is a part of."""
        while widget is not None and widget is not self:
            if isinstance(widget, FieldBox):
                return widget
            widget = widget.parentWidget()
        return None


def _grouped(specs: Iterable[FieldSpec]) -> Iterator[tuple[str, list[FieldSpec]]]:
    by_title: dict[str, list[FieldSpec]] = {}
    for spec in specs:
        by_title.setdefault(tr(spec.group) if spec.group else "", []).append(spec)
    yield from by_title.items()
