"""*Restore from a backup*: a wrong passphrase is typed again at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
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


class Slow:
    """Copies, then looks at every page for as long as nobody lets it end."""

    def __init__(self) -> None:
        self.copied, self.looks, self.ends = threading.Event(), threading.Event(), threading.Event()

    def stage(self, source: str, passphrase: str, tell: Any) -> Any:
        tell(50, 100)
        self.copied.wait(20)
        tell(100, 100)
        self.looks.set()
        self.ends.wait(20)
        tell(100, 100)


async def test_a_check_that_takes_long_says_so_and_that_it_stops(look: Theme, scope: TaskScope) -> None:
    async def until(condition: Callable[[], object]) -> None:
        for _ in range(300):
            if condition():
                return
            await asyncio.sleep(0.01)
        assert condition()

    above, slow = QWidget(), Slow()
    above.show()
    record = SimpleNamespace(made_at="2026-11-28T01:00:00+00:00", size=1_000_000)
    dialog = RestoreDialog(above, scope, slow, "/tmp/desk.crmdesk", record)
    dialog.show()
    dialog.passphrase.edit.setText("a long enough one")
    dialog._go_pressed()
    busy = dialog.busy
    try:
        await until(lambda: busy.bar.value() == 50 and busy.bar.maximum() == 100)
        slow.copied.set()
        await until(lambda: slow.looks.is_set() and busy.bar.maximum() == 0)  # nobody knows for how long
        busy.cancel.click()
        assert busy.label.whole() == "Stopping…" and not busy.cancel.isEnabled()
        assert dialog.isVisible(), "it ends in a stated condition"
    finally:
        slow.copied.set()
        slow.ends.set()
    await until(lambda: not dialog.working)
    assert dialog.trouble.text() == "Stopped. Nothing was changed."
    dialog._go_pressed()
    await until(lambda: busy.cancel.isEnabled())
    dialog.reject()
    await until(lambda: not dialog.working)
    dialog.close()


class Broken:
    def stage(self, source: str, passphrase: str, tell: Any) -> Any:
        raise ValueError("our mistake")


async def test_a_mistake_of_ours_leaves_a_dialog_that_can_be_closed(
    look: Theme, scope: TaskScope, errors: list[Any]
) -> None:
    above = QWidget()
    above.show()
    record = SimpleNamespace(made_at="2026-11-28T01:00:00+00:00", size=1_000_000)
    dialog = RestoreDialog(above, scope, Broken(), "/tmp/desk.crmdesk", record)
    dialog.show()
    dialog.passphrase.edit.setText("a long enough one")
    dialog._go_pressed()
    for _ in range(300):
        await asyncio.sleep(0.01)
        if errors:
            break
    assert [str(error) for _, error in errors] == ["our mistake"] and not dialog.working
    dialog.reject()
    assert not dialog.isVisible()
