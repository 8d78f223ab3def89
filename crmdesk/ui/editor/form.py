"""The fields of a contact in groups, in one column or, where there is room, in two.

What fits on a screen is made at once; the other groups follow one by one after the first paint, or as soon as somebody
asks for one of their fields: to make all of 60 fields takes longer than a person should wait for the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from crmdesk.core.fields import FieldSpec
from crmdesk.ui.editor.field import LEFT, FieldBox
from crmdesk.ui.kit import Heading, tr

MakeBox = Callable[[FieldSpec, QWidget], FieldBox]
TWO_COLUMNS = 84  # characters of width from which on two fields stand beside each other
IN_SIGHT = 12  # fields, at least, that are made at once


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
    """`make(spec, parent)` makes a field. `grown`: fields that were made later, in their order."""

    grown = Signal(object)  # list[FieldBox]

    def __init__(self, specs: Iterable[FieldSpec], make: MakeBox, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("editor.form")
        self._make, self._columns = make, 1
        self._waiting = list(_grouped(specs))
        self._sections: list[_Section] = []
        self._made: dict[str, FieldBox] = {}
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(7, 2, 16, 12)
        self._outer.setSpacing(4)
        self._outer.addStretch(1)
        while self._waiting and len(self._made) < IN_SIGHT:
            self._add_section()
        self._later = QTimer(self, interval=0)
        self._later.timeout.connect(self._grow)

    @property
    def made(self) -> Mapping[str, FieldBox]:
        """The fields that are there so far, by path, in the order of the vendor's groups."""
        return self._made

    @property
    def boxes(self) -> Mapping[str, FieldBox]:
        """All fields, as `made`."""
        while self._waiting:
            self._grow()
        return self._made

    def _add_section(self) -> _Section:
        title, specs = self._waiting.pop(0)
        section = _Section(title, specs, self._make, self)
        section.place(self._columns)
        self._sections.append(section)
        self._made |= {box.spec.path: box for box in section.boxes}
        self._outer.insertWidget(self._outer.count() - 1, section)  # before the stretch
        return section

    def _grow(self) -> None:
        """One more group."""
        if self._waiting:
            section = self._add_section()
            section.show()  # the layout would do it later, and till then no key reaches the fields
            self.grown.emit(section.boxes)
        if not self._waiting:
            self._later.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._waiting and not self._later.isActive():
            self._later.start()

    def _place(self, columns: int) -> None:
        self._columns = columns
        for section in self._sections:
            section.place(columns)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = event.size().width() >= TWO_COLUMNS * self.fontMetrics().averageCharWidth()
        self._place(2 if wide else 1)

    def box_of(self, path: str) -> FieldBox | None:
        """The field a problem belongs to: `phones.0.number` is one of `phones`."""
        while path:
            if path in self._made or any(path == spec.path for _, specs in self._waiting for spec in specs):
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
