"""What is wrong with the rows, grouped; one press shows the rows of a group, another mends them all."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtWidgets import QListView, QWidget

from crmdesk.core.flaw_groups import FlawGroup
from crmdesk.core.row_checks import Severity
from crmdesk.ui.composer.document import Document
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import Heading, Muted, SidePanel, button, column, icon, scroll, tr
from crmdesk.ui.rest import AsksLeast
from crmdesk.ui.theme import Theme

ROLE = Qt.ItemDataRole
LETTERS = 20  # average ones of what is wrong, in a line
LINES = 2.5  # of what is wrong are seen at least: where it goes on one half shows that it does
SIGNS = {Severity.ERROR: ("cross", "error"), Severity.WARNING: ("warning", "warning"), Severity.NOTE: ("info", "muted")}
SAME = (
    "Two rows are the same event if they agree in who it is about, classification, unit, time, reference and amounts. "
    "Descriptions and own numbers do not count."
)
WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
Index = QModelIndex | QPersistentModelIndex


class _Model(QAbstractListModel):
    def __init__(self, look: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.groups: list[FlawGroup] = []

    def show(self, groups: list[FlawGroup]) -> None:
        self.beginResetModel()
        self.groups = groups
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.groups)

    def data(self, index: Index, role: int = ROLE.DisplayRole) -> Any:
        group = self.groups[index.row()]
        name, tone = SIGNS[group.severity]
        if role == ROLE.DisplayRole:
            return tr(group.title)
        if role == ROLE.DecorationRole:
            return icon(name, self._look.color(tone))
        if role == ROLE.AccessibleTextRole:
            return f"{tr(WORDS[group.severity])}: {tr(group.title)}"
        return None


class _Groups(AsksLeast, QListView):
    """Findings that are alike, a line each."""


class Problems(SidePanel):
    """`chosen(group or None)`: only its rows are wanted. `fixWanted(group)`, `outWanted(group)`: for all its rows."""

    chosen = Signal(object)
    fixWanted = Signal(object)
    outWanted = Signal(object)

    def __init__(self, document: Document, look: Theme) -> None:
        super().__init__()
        self.setObjectName("composer.problems")
        self.document = document
        self._look = look
        self.model = _Model(look, self)
        self.list = _Groups()
        self.list.setObjectName("composer.problems.list")
        self.list.setAccessibleName(tr("What is wrong"))
        self.list.setModel(self.model)
        self.list.setFrameShape(QListView.Shape.NoFrame)
        self.list.setWordWrap(True)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)  # lines break anew where the panel is made narrower
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setIconSize(QSize(16, 16))
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.clicked.connect(lambda _index: self._choose())
        self.list.activated.connect(lambda _index: self._choose())
        self.list.selectionModel().currentChanged.connect(lambda *_: self._refresh_buttons())
        self.hint = Muted("", wrap=True)
        self.hint.setObjectName("composer.problems.hint")
        self.every = button("composer.problems.all", tr("Show all rows"), lambda: self._say(None))
        self.fix = button("composer.problems.fix", tr("Fix all…"), lambda: self._do(self.fixWanted))
        self.out = button("composer.problems.out", tr("Leave out"), lambda: self._do(self.outWanted))
        self.list.setMinimumWidth(self.fontMetrics().averageCharWidth() * LETTERS)
        self.list.setMinimumHeight(round(self.fontMetrics().lineSpacing() * LINES))
        self._lay_out()
        document.checked.connect(self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        """Buttons go on in the next line where there is no room, and all of it scrolls where it is too high."""
        inner, buttons, flow = QWidget(), QWidget(), FlowLayout(8)
        buttons.setLayout(flow)
        for made in (self.every, self.fix, self.out):
            flow.addWidget(made)
        self.heading = Heading(tr("To look at"), inner)
        column(inner, self.heading, self.hint, self.list, buttons, gap=8, margins=(12, 12, 12, 12), stretch=2)
        area = scroll(inner, "composer.problems.area", whole=True)  # its buttons are read in any language
        area.setMinimumHeight(self.list.minimumHeight())
        column(self, area)

    def fit(self, *, low: bool) -> None:
        """In a low window what is wrong is worth more than the words above it."""
        self.heading.setVisible(not low)

    @property
    def current(self) -> FlawGroup | None:
        place = self.list.currentIndex().row()
        return self.model.groups[place] if 0 <= place < len(self.model.groups) else None

    def refresh(self) -> None:
        """Groups as the last check left them; the same one stays chosen."""
        before = self.current
        if self.model.groups != self.document.groups:
            self.model.show(self.document.groups)
            for place, group in enumerate(self.document.groups):
                if before is not None and (group.code, group.path) == (before.code, before.path):
                    self.list.setCurrentIndex(self.model.index(place, 0))
        if not self.document.tally().rows:
            words = tr("There are no rows yet.")
        else:
            needs = any(group.severity is not Severity.NOTE for group in self.document.groups)
            words = "" if needs else tr("Nothing was found that needs you.")
        self.hint.setText(words)
        self.hint.setVisible(bool(words))
        self._refresh_buttons()

    def _refresh_buttons(self) -> None:
        group = self.current
        editable = not self.document.busy
        if group is not None:
            rule = SAME if group.code in ("V-TWIN", "V-REPEAT") else ""
            self.hint.setText(tr(rule))
            self.hint.setVisible(bool(rule))
        self.fix.setEnabled(editable and group is not None and self.document.column(group.path) is not None)
        self.out.setEnabled(editable and group is not None and group.severity is not Severity.NOTE)

    def _choose(self) -> None:
        self._say(self.current)

    def _say(self, group: FlawGroup | None) -> None:
        if group is None:
            self.list.clearSelection()
            self.list.setCurrentIndex(QModelIndex())
        self.chosen.emit(group)

    def _do(self, signal: Any) -> None:
        if (group := self.current) is not None:
            signal.emit(group)
