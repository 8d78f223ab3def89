"""Parts of Settings: the people who gave their names at this desk, and how much room the data folder takes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from crmdesk.core.tasks import TaskScope
from crmdesk.core.text import fold
from crmdesk.ui.flow import flowing
from crmdesk.ui.kit import Muted, PlainLabel, button, column, tr
from crmdesk.ui.still import StillChoice
from crmdesk.ui.words import isolated, tooltip

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow


class DeskBox(QWidget):
    """Names that are offered to whoever says who they are; one who left can be forgotten."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName("settings.desk.names")
        self._window = window
        self.now = PlainLabel("", wrap=True)
        self.names = StillChoice()
        self.names.setObjectName("settings.names")
        self.names.setSizeAdjustPolicy(StillChoice.SizeAdjustPolicy.AdjustToContents)
        self.names.setAccessibleName(tr("Names at this desk"))
        self.names.setAccessibleDescription(tr("Names at this desk"))  # on Linux Qt takes the value for the name
        self.change = button("settings.names.change", tr("Change who is at the desk…"), self._change)
        self.forget = button("settings.names.forget", tr("Forget this name"), self._forget)
        self.note = Muted(tr("They are offered when somebody says who they are, and stay on this computer."), wrap=True)
        line = flowing(self.names, self.forget, self.change)
        column(self, self.now, line, self.note, gap=6)
        self.names.currentIndexChanged.connect(lambda _index: self._offer())
        window.lock.changed.connect(self.refresh)  # another person is at the desk, or has a PIN now
        self.refresh()

    def refresh(self) -> None:
        """What is so now."""
        settings, chosen = self._window.settings, self.names.currentText()
        name = settings.operator
        self.now.setText(
            tr("At the desk: {name}").replace("{name}", isolated(name)) if name else tr("Nobody has given a name yet.")
        )
        self.names.clear()
        self.names.addItems(list(settings.operators))
        self.names.setCurrentIndex(max(0, self.names.findText(chosen)))
        self.names.setVisible(bool(settings.operators))
        self._offer()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _offer(self) -> None:
        why = self._why_not(self.names.currentText())
        self.forget.setVisible(self.names.count() > 0)
        self.forget.setEnabled(not why)
        self.forget.setToolTip(tooltip(why))
        self.forget.setAccessibleDescription(why)

    def _why_not(self, name: str) -> str:
        if fold(name) == fold(self._window.settings.operator):
            return tr("This person is at the desk now.")
        if self._window.lock.book().has(name):
            return tr("This person has a PIN. Remove it first.")
        return ""

    def _change(self) -> None:
        self._window.commands.run("operator.change")

    def _forget(self) -> None:
        settings, gone = self._window.settings, self.names.currentText()
        if not gone or self._why_not(gone):
            return
        before = list(settings.operators)
        after = [name for name in before if name != gone]
        self._keep(after)
        words = tr("{name} is no longer offered as a name. What they did keeps it.").replace("{name}", gone)
        undo = (tr("Undo"), lambda: self._keep(before))
        self._window.feedback.notice(words, undo, lambda: settings.operators == after)

    def _keep(self, names: list[str]) -> None:
        """Whether guests are masked may depend on how many people work here."""
        self._window.pages.set_settings({"operators": names})
        if self._window.masks is not None:
            self._window.masks.look()
        self.refresh()


class FolderSize(Muted):
    """*The data folder takes 12 MB.*, counted in a thread each time it comes to sight."""

    def __init__(self, folder: str, scope: TaskScope, size_of: Callable[[str], int] | None = None) -> None:
        super().__init__("", wrap=True)
        self.setObjectName("settings.size")
        self._folder, self._scope, self._size_of = folder, scope, size_of or folder_size

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._scope.start(self._count(), what="measure the data folder", key="settings.size", if_busy="keep")

    async def _count(self) -> None:
        size = await asyncio.to_thread(self._size_of, self._folder)
        if isValid(self):
            words = tr("The data folder takes {size}.")
            self.setText(words.replace("{size}", QLocale().formattedDataSize(size)))


def folder_size(folder: str) -> int:
    """Bytes of all files in it. Files that go away meanwhile, or may not be looked at, count nothing. Blocks."""
    total = 0
    for above, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(above, name)).st_size
            except OSError:
                continue
    return total
