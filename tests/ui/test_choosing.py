"""Qt's own dialog for files: it can be read, and begins where the last one of its kind was left."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QFileDialog, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui import choosing
from crmdesk.ui.theme import Theme


async def test_each_kind_of_dialog_begins_where_the_last_one_was_left(
    look: Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    above, began, chosen = QWidget(), [], tmp_path / "rows.csv"
    chosen.write_text("a")

    async def answer(dialog: QFileDialog) -> int:
        began.append(Path(dialog.directory().absolutePath()))
        dialog.selectFile(str(chosen))
        return QDialog.DialogCode.Accepted.value

    monkeypatch.setattr(choosing, "_last", {})
    monkeypatch.setattr(choosing, "ask", answer)
    assert Path(await choosing.choose_file(above, ("Tables (*.csv)",))) == chosen
    await choosing.choose_file(above, ("Tables (*.csv)",))
    await choosing.choose_file(above, ("Backups (*.crmdesk)",))
    assert began[1] == tmp_path
    assert began[0] != tmp_path and began[2] == began[0], "each kind has a place of its own"


def test_buttons_have_pictures(look: Theme, qtbot: QtBot) -> None:
    dialog = QFileDialog()
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    qtbot.addWidget(dialog)
    choosing._dress(dialog)
    buttons = [one for one in dialog.findChildren(QToolButton) if one.objectName() in choosing.ICONS]
    assert len(buttons) == len(choosing.ICONS)
    assert not any(one.icon().isNull() or not one.styleSheet() for one in buttons)
