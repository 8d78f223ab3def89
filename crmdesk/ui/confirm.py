"""A question with the safe answer first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget

from crmdesk.ui.kit import Heading, Muted, PlainLabel, button, column, scroll
from crmdesk.ui.words import tr

MOST_LINES = 14  # of the detail that are seen at once
MARGINS = 2 * 20  # pixels beside what is in the dialog


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
    if box.sizeHint().width() + MARGINS > parent.window().width():  # with large letters
        box.setOrientation(Qt.Orientation.Vertical)
    items: list[QWidget] = [Heading(title, dialog), PlainLabel(text, wrap=True)]
    if detail:
        items.append(_detail(detail, f"{name}.detail"))
    column(dialog, *items, box, gap=12, margins=(20, 18, 20, 16))
    dialog.setMinimumWidth(QFontMetrics(dialog.font()).averageCharWidth() * 62)
    cancel.setDefault(True)
    cancel.setFocus()
    return dialog


def _detail(text: str, name: str) -> QWidget:
    """All of it can be read: many lines scroll, by keys too."""
    label = Muted(text, wrap=True)
    if text.count("\n") < MOST_LINES:
        return label
    area = scroll(label, name)
    area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    area.setAccessibleName(text)
    area.setFixedHeight(label.fontMetrics().lineSpacing() * MOST_LINES)
    return area


def _finisher(dialog: QDialog, result: int) -> Callable[[], None]:
    return lambda: dialog.done(result)
