"""A question with the safe answer first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget

from crmdesk.ui.kit import Heading, Muted, PlainLabel, button, column
from crmdesk.ui.words import tr


def confirm(
    parent: QWidget, name: str, title: str, text: str, buttons: Sequence[tuple[str, str, bool]], *, detail: str = ""
) -> QDialog:
    """A question for `feedback.ask`: the answer is the 1-based number of the button, 0 for Esc or Cancel.

    `buttons` are (object name, words, dangerous); *Cancel* is added, is safest and has the focus."""
    dialog = QDialog(parent)
    dialog.setObjectName(name)
    dialog.setWindowTitle(title)
    box = QDialogButtonBox(dialog)
    for position, (key, words, danger) in enumerate(buttons, start=1):
        made = button(f"{name}.{key}", words, _finisher(dialog, position), danger=danger)
        box.addButton(made, QDialogButtonBox.ButtonRole.ActionRole)
    cancel = button(f"{name}.cancel", tr("Cancel"), dialog.reject)
    box.addButton(cancel, QDialogButtonBox.ButtonRole.RejectRole)
    items: list[QWidget] = [Heading(title, dialog), PlainLabel(text, wrap=True)]
    if detail:
        items.append(Muted(detail, wrap=True))
    column(dialog, *items, box, gap=12, margins=(20, 18, 20, 16))
    dialog.setMinimumWidth(QFontMetrics(dialog.font()).averageCharWidth() * 62)
    cancel.setDefault(True)
    cancel.setFocus()
    return dialog


def _finisher(dialog: QDialog, result: int) -> Callable[[], None]:
    return lambda: dialog.done(result)
