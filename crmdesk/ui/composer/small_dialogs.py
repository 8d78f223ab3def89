"""Small questions of the composer: one value for many rows, a reason, which columns, how a report is written."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QLineEdit, QListWidget, QListWidgetItem, QRadioButton, QWidget

from crmdesk.core.grid_columns import GridColumn
from crmdesk.ui.kit import Heading, Muted, PlainLabel, button, column, row, tr


def _laid_out(dialog: QDialog, name: str, title: str, go: str, *parts: QWidget, stretch: int | None = None) -> QWidget:
    """Heading, parts, and the foot with *Cancel* and `go`; the button that accepts."""
    dialog.setObjectName(name)
    dialog.setWindowTitle(title)
    accept = button(f"{name}.go", go, dialog.accept, main=True)
    accept.setDefault(True)
    cancel = button(f"{name}.cancel", tr("Cancel"), dialog.reject)
    foot = QWidget()
    row(foot, cancel, accept).insertStretch(0, 1)
    column(dialog, Heading(title, dialog), *parts, foot, gap=12, margins=(20, 18, 20, 16), stretch=stretch)
    dialog.setMinimumWidth(dialog.fontMetrics().averageCharWidth() * 58)
    return accept


class ReasonLine(QLineEdit):
    """Why a person decides something; `reason` is '' until they have said so."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setPlaceholderText(tr("Reason, kept with the rows"))
        self.setAccessibleName(self.placeholderText())

    @property
    def reason(self) -> str:
        return " ".join(self.text().split())


class FixDialog(QDialog):
    """Accepted: `text` goes into the column of every row of a group."""

    def __init__(self, parent: QWidget, title: str, label: str, now: str) -> None:
        super().__init__(parent)
        self._line = QLineEdit(now)
        self._line.setObjectName("fix.text")
        self._line.setAccessibleName(label)
        self._line.selectAll()
        words = PlainLabel(tr("{column} in all of these rows:").replace("{column}", label), wrap=True)
        _laid_out(self, "fix", title, tr("Fix all"), words, self._line)
        self._line.setFocus()

    @property
    def text(self) -> str:
        return self._line.text()


class ReasonDialog(QDialog):
    """Accepted: a `reason` was given."""

    def __init__(self, parent: QWidget, title: str, text: str) -> None:
        super().__init__(parent)
        self._line = ReasonLine("reason.text")
        accept = _laid_out(self, "reason", title, title, PlainLabel(text, wrap=True), self._line)
        accept.setEnabled(False)
        self._line.textChanged.connect(lambda _text: accept.setEnabled(bool(self.reason)))
        self._line.setFocus()

    @property
    def reason(self) -> str:
        return self._line.reason


class ColumnsDialog(QDialog):
    """Accepted: `chosen` are the paths of ticked columns, shown although nothing is in them yet."""

    def __init__(self, parent: QWidget, columns: Sequence[GridColumn], shown: frozenset[str]) -> None:
        super().__init__(parent)
        self._list = QListWidget()
        self._list.setObjectName("columns.list")
        self._list.setAccessibleName(tr("Columns"))
        self._list.setSpacing(3)
        self._list.setResizeMode(QListWidget.ResizeMode.Adjust)  # else lines keep the height they had without a style
        for one in columns:
            item = QListWidgetItem(f"{tr(one.group)}: {tr(one.title)}" if one.group else tr(one.title))
            item.setData(Qt.ItemDataRole.UserRole, one.path)
            item.setToolTip(tr(one.spec.hint))
            fixed = one.path in shown
            item.setCheckState(Qt.CheckState.Checked if fixed else Qt.CheckState.Unchecked)
            if fixed:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self._list.addItem(item)
        hint = Muted(tr("Columns that are needed or in use are always shown."), wrap=True)
        _laid_out(self, "columns", tr("Columns"), tr("Show"), hint, self._list, stretch=2)
        self.resize(self.width(), self.fontMetrics().height() * 32)

    @property
    def chosen(self) -> frozenset[str]:
        items = [self._list.item(place) for place in range(self._list.count())]
        ticked = [item for item in items if item.checkState() is Qt.CheckState.Checked]
        return frozenset(str(item.data(Qt.ItemDataRole.UserRole)) for item in ticked)


class ReportDialog(QDialog):
    """Accepted: `suffix` and whether with `personal` columns."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._excel = QRadioButton(tr("Excel (.xlsx)"))
        self._text = QRadioButton(tr("Text for any program (.csv)"))
        self._personal = QCheckBox(tr("With the columns that tell who it is about"))
        for name, widget in (("xlsx", self._excel), ("csv", self._text), ("personal", self._personal)):
            widget.setObjectName(f"report.{name}")
        self._excel.setChecked(True)
        self._personal.setChecked(True)
        words = PlainLabel(tr("All rows as they came, with what became of each."), wrap=True)
        _laid_out(self, "report", tr("Save report"), tr("Continue"), words, self._excel, self._text, self._personal)

    @property
    def suffix(self) -> str:
        return ".xlsx" if self._excel.isChecked() else ".csv"

    @property
    def personal(self) -> bool:
        return self._personal.isChecked()
