"""What the window does with backups. Cheap to import: the window has one from its first moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crmdesk.core.errors import KnownError
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from crmdesk.ui.main_window import MainWindow

ENDING = ".crmdesk"


class BackupDesk:
    """`backups` comes with the open data folder, and stays None where nothing is kept. `staged`: a verified copy that
    takes the place of the data with the next start."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.backups: Any = None
        self.staged: Any = None

    def why_not(self) -> str | None:
        if self.backups is not None:
            return None
        if not self._window.attached:
            return tr("Contacts are still being opened.")
        return tr("Nothing is kept in this session, so there is nothing to back up.")

    def back_up(self) -> None:
        self._window.scope.start(self._back_up(), what="make a backup", key="backup", if_busy="keep")

    def restore(self) -> None:
        self._window.scope.start(self._restore(), what="restore a backup", key="backup", if_busy="keep")

    def settings_box(self) -> QWidget:
        """The part of Settings with both."""
        from PySide6.QtWidgets import QWidget

        from crmdesk.ui.kit import Muted, button, column, row

        box, line = QWidget(), QWidget()
        text = tr("A backup is one encrypted file. It has everything in the data folder, also what is not sent yet.")
        buttons = (
            button("settings.backup", tr("Back up…"), self.back_up),
            button("settings.restore", tr("Restore from a backup…"), self.restore),
        )
        for made in buttons:
            made.setEnabled(self.backups is not None)
            made.setToolTip(self.why_not() or "")
        row(line, *buttons, gap=8).addStretch(1)
        column(box, line, Muted(text, wrap=True), gap=4)
        return box

    async def _back_up(self) -> None:
        from crmdesk.ui.backup.dialogs import BackupDialog
        from crmdesk.ui.choosing import choose_place
        from crmdesk.ui.feedback import ask

        window = self._window
        stamp = window.clock.now().astimezone().strftime("%Y-%m-%d %H-%M")
        place = await choose_place(window, f"crmdesk {stamp}{ENDING}")
        if place:
            place = place if place.lower().endswith(ENDING) else place + ENDING  # else the way back does not find it
            await ask(BackupDialog(window, window.scope, self.backups, place))

    async def _restore(self) -> None:
        import asyncio

        from crmdesk.ui.backup.dialogs import RestoreDialog
        from crmdesk.ui.choosing import choose_file
        from crmdesk.ui.feedback import ask

        window = self._window
        source = await choose_file(window, (tr("Backups of crmdesk") + f" (*{ENDING})", tr("All files") + " (*)"))
        if not source:
            return
        try:
            record = await asyncio.to_thread(self.backups.look, source)
        except KnownError as error:
            window.feedback.show(error, "restore a backup")
            return
        dialog = RestoreDialog(window, window.scope, self.backups, source, record)
        if await ask(dialog) and dialog.staged is not None:
            await self._restart(dialog.staged)

    async def _restart(self, staged: Any) -> None:
        """The next start exchanges the files: it has the folder by then."""
        import asyncio

        window = self._window
        try:
            await asyncio.to_thread(staged.put_in_place, window.clock)
        except KnownError as error:
            await asyncio.to_thread(staged.forget)
            window.feedback.show(error, "restore a backup")
            return
        self.staged, window.start_again = staged, True
        window.close()

    def stay(self) -> None:
        """The window is not closed after all: nothing is restored."""
        import asyncio

        staged, self.staged = self.staged, None
        if staged is not None:
            self._window.scope.start(asyncio.to_thread(staged.forget), what="put a copy away")
