"""*Restore from a backup*: a wrong passphrase is typed again at once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from PySide6.QtWidgets import QWidget

from crmdesk.core.errors import SecretsError
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.backup.dialogs import RestoreDialog
from crmdesk.ui.theme import Theme


class Backups:
    def stage(self, source: str, passphrase: str, tell: Any) -> Any:
        raise SecretsError("This is not the passphrase of the backup.")


async def test_a_wrong_passphrase_leaves_the_focus_in_its_field_with_everything_selected(
    look: Theme, scope: TaskScope
) -> None:
    above = QWidget()
    above.show()
    record = SimpleNamespace(made_at="2026-11-28T01:00:00+00:00", size=1_000_000)
    dialog = RestoreDialog(above, scope, Backups(), "/tmp/desk.crmdesk", record)
    dialog.show()
    dialog.activateWindow()
    edit = dialog.passphrase.edit
    edit.setText("no idea at all")
    edit.setFocus()
    dialog._go_pressed()
    for _ in range(300):
        await asyncio.sleep(0.01)
        if dialog.trouble.isVisible():
            break
    assert dialog.trouble.text().startswith("This is not the passphrase")
    assert dialog.focusWidget() is edit and edit.selectedText() == "no idea at all"
    dialog.close()
