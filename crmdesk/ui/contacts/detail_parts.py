"""Small parts of the detail pane: sentences of the banners, the page shown while nothing is selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from crmdesk.core.types import Flag
from crmdesk.ui.kit import Badge, ElidedLabel, Heading, Muted, PlainLabel, column, row, tr

# with the word that the path of the vendor's time field holds
STATE_FLAGS = ((Flag.RESTRICTED, "restrict"), (Flag.FORGET, "forget"), (Flag.CANCELLED, "cancel"))
STATE_TONES = {Flag.RESTRICTED: "warning", Flag.FORGET: "unknown", Flag.CANCELLED: "error"}


if TYPE_CHECKING:
    from crmdesk.core.outbox import Op

    _Label = PlainLabel
else:
    _Label = object  # Qt takes the style of what is named last: of the heading, of the muted text


class _OwnSide(_Label):
    """What it says begins where the label does, at the top. Qt would put an Arabic name at the far edge, away from the
    label that it belongs to."""

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._align()

    def setText(self, text: str) -> None:
        super().setText(text)
        self._align()

    def _align(self) -> None:
        where, mirrored = Qt.AlignmentFlag, self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        self.setAlignment(where.AlignTop | where.AlignAbsolute | (where.AlignRight if mirrored else where.AlignLeft))


class ValueLabel(_OwnSide, PlainLabel):
    """A vendor's text."""


class NameLabel(_OwnSide, Heading):
    """The name of a contact."""


class SecondLine(_OwnSide, Muted):
    """What stands below the name."""


class PlaceBadge(ElidedLabel, Badge):
    """Vendor and account: ends in "…" where the pane is narrow."""

    padding = 14

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setIndent(0)  # Qt's own, of a styled label, would cut off the last letter


def banner_text(flag: Flag, when: str) -> str:
    """One sentence per state, with its time where the vendor gave one."""
    if flag is Flag.RESTRICTED:
        first = tr("Restricted since {time}.").replace("{time}", when) if when else tr("Restricted.")
        return f"{first} " + tr("This person asked that the data is kept but not used: read it, do not pass it on.")
    if flag is Flag.FORGET:
        first = tr("To be forgotten on {time}.").replace("{time}", when) if when else tr("To be forgotten.")
        return f"{first} " + tr("From then on this contact is erased from this computer.")
    first = tr("Cancelled on {time}.").replace("{time}", when) if when else tr("Cancelled.")
    return f"{first} " + tr("The vendor has deleted this contact but still lists it.")


def hint_page(text: str, keys: Sequence[tuple[str, str]]) -> QWidget:
    """Centred words and a few keys with what they do."""
    page, box = QWidget(), QWidget()
    lines: list[QWidget] = [Muted(text, wrap=True)]
    for key, what in keys[:3]:
        line = QWidget()
        row(line, Badge(key), Muted(what), gap=10).addStretch(1)
        lines.append(line)
    column(box, *lines, gap=10)
    box.setMaximumWidth(340)
    outer = column(page, margins=(24, 24, 24, 24))
    outer.addStretch(2)
    middle = QWidget()
    middle_row = row(middle)
    middle_row.addStretch(1)
    middle_row.addWidget(box, 4)
    middle_row.addStretch(1)
    outer.addWidget(middle)
    outer.addStretch(3)
    return page


def on_its_way(ops: Sequence[Op]) -> bool:
    """Whether something of this contact is still to be sent, and nothing of it waits for a person: so long does it
    hold that it was saved and will be sent."""
    return bool(ops) and not any(op.state.needs_you for op in ops)
