"""Small parts of the detail pane: sentences of the banners, the page shown while nothing is selected."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from crmdesk.core.types import Flag
from crmdesk.ui.kit import Badge, Muted, column, row, tr

# with the word that the path of the vendor's time field holds
STATE_FLAGS = ((Flag.RESTRICTED, "restrict"), (Flag.FORGET, "forget"), (Flag.CANCELLED, "cancel"))
STATE_TONES = {Flag.RESTRICTED: "warning", Flag.FORGET: "unknown", Flag.CANCELLED: "error"}


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
