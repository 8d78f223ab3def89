"""Which file: Qt's dialogs, shown and awaited like every other, each kind where it was left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QDialog, QFileDialog, QHeaderView, QToolButton, QTreeView, QWidget

from crmdesk.ui.feedback import ask
from crmdesk.ui.icons import icon
from crmdesk.ui.kit import tr

ICONS = {  # Qt's own are dark on every background, and the style sheet's buttons leave them no room
    "backButton": "back", "forwardButton": "forward", "toParentButton": "up", "newFolderButton": "plus",
    "listModeButton": "cards", "detailModeButton": "columns",
}  # fmt: skip
LETTERS = 110  # of the dialog's width: name, size, kind and date are seen whole
_last: dict[str, str] = {}  # folders by kind, while the program runs


async def choose_file(parent: QWidget, filters: Sequence[str] = ()) -> str:
    """A file to be read; '' where nobody chose one. `filters` as Qt writes them: *Tables (\\*.csv)*."""
    kind = f"read {''.join(filters)}"
    dialog = QFileDialog(parent, tr("Choose a file"), _begin(kind))
    if filters:
        dialog.setNameFilters(list(filters))
    dialog.setObjectName("guest.choose")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return await _chosen(dialog, kind)


async def choose_place(parent: QWidget, name: str) -> str:
    """Where `name` is to be written. Qt does not ask whether a file may be replaced: we do, when it is known."""
    kind = f"write {Path(name).suffix}"
    dialog = QFileDialog(parent, tr("Save as"), _begin(kind))
    dialog.setObjectName("guest.place")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.selectFile(name)
    return await _chosen(dialog, kind)


async def choose_folder(parent: QWidget, start: str = "") -> str:
    """A folder; '' where nobody chose one."""
    dialog = QFileDialog(parent, tr("Choose a folder"), start or _begin("folder"))
    dialog.setObjectName("choose.folder")
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return await _chosen(dialog, "folder")


async def _chosen(dialog: QFileDialog, kind: str) -> str:
    _dress(dialog)
    accepted = await ask(dialog) == QDialog.DialogCode.Accepted.value
    files = dialog.selectedFiles() if accepted else []
    if files:
        _last[kind] = str(Path(files[0]).parent)
    return files[0] if files else ""


def _begin(kind: str) -> str:
    """The folder that the last one of this kind was left in, else the person's documents: not where the program
    happened to be started."""
    places = QStandardPaths.StandardLocation
    return _last.get(kind) or QStandardPaths.writableLocation(places.DocumentsLocation)


def _dress(dialog: QFileDialog) -> None:
    """Qt's own dialog has parts to be dressed; that of the system has none."""
    for part in dialog.findChildren(QToolButton):
        if name := ICONS.get(part.objectName()):
            part.setIcon(icon(name))
            part.setStyleSheet("padding: 4px;")
    tree = dialog.findChild(QTreeView, "treeView")
    if tree is None:
        return
    letters = dialog.fontMetrics().averageCharWidth()
    header = tree.header()
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for place in range(1, header.count()):
        header.setSectionResizeMode(place, QHeaderView.ResizeMode.ResizeToContents)
    dialog.resize(letters * LETTERS, dialog.fontMetrics().height() * 30)
