"""Asks what a view is to be called."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QLineEdit, QWidget

from crmdesk.ui.kit import Heading, Muted, button, column, row, tr


class NameDialog(QDialog):
    """Asks for the name of a view; OK needs one."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName("view.name")
        self.setWindowTitle(tr("Save view"))
        self.name = QLineEdit(name)
        self.name.setObjectName("view.name.text")
        self.name.setMaxLength(60)
        self.name.setAccessibleName(tr("Name of the view"))
        self.name.selectAll()
        save = button("view.name.save", tr("Save view"), self.accept, main=True)
        cancel = button("view.name.cancel", tr("Cancel"), self.reject)
        foot = QWidget()
        row(foot, cancel, save).insertStretch(0, 1)
        save.setDefault(True)
        self.name.textChanged.connect(lambda text: save.setEnabled(bool(text.strip())))
        save.setEnabled(bool(name.strip()))
        label = Muted(tr("It keeps the search, the filters, the order and the columns."), wrap=True)
        column(self, Heading(tr("Name of the view")), self.name, label, foot, gap=10, margins=(20, 18, 20, 16))
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 56)
        self.name.setFocus()  # Qt would begin at the buttons

    def text(self) -> str:
        return self.name.text().strip()
