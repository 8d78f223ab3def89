"""Which file: Qt's dialogs, shown and awaited like every other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from crmdesk.ui.feedback import ask
from crmdesk.ui.kit import tr


async def choose_file(parent: QWidget, filters: Sequence[str] = ()) -> str:
    """A file to be read; '' where nobody chose one. `filters` as Qt writes them: *Tables (\\*.csv)*."""
    dialog = QFileDialog(parent, tr("Choose a file"))
    if filters:
        dialog.setNameFilters(list(filters))
    dialog.setObjectName("guest.choose")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return await _chosen(dialog)


async def choose_place(parent: QWidget, name: str) -> str:
    """Where `name` is to be written. Qt does not ask whether a file may be replaced: we do, when it is known."""
    dialog = QFileDialog(parent, tr("Save as"))
    dialog.setObjectName("guest.place")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.selectFile(name)
    return await _chosen(dialog)


async def choose_folder(parent: QWidget, start: str = "") -> str:
    """A folder; '' where nobody chose one."""
    dialog = QFileDialog(parent, tr("Choose a folder"), start)
    dialog.setObjectName("choose.folder")
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return await _chosen(dialog)


async def _chosen(dialog: QFileDialog) -> str:
    accepted = await ask(dialog) == QDialog.DialogCode.Accepted.value
    files = dialog.selectedFiles() if accepted else []
    return files[0] if files else ""
