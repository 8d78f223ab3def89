"""The ring around what has the focus, as it is on screen: grabbed, and looked for by its colour."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget

from crmdesk.ui.theme import theme

THICK = 2  # pixels
NEAR = 80  # of 255: below the pointer the style lightens or darkens it a little
LONGEST = 40  # pixels of a side are enough, where it is longer


def seen(widget: QWidget) -> QImage:
    """It and what lies behind it."""
    corner = widget.mapTo(widget.window(), widget.rect().topLeft())
    return widget.window().grab(widget.rect().translated(corner)).toImage()


def sides(image: QImage) -> int:
    """How many lines of pixels hold a long piece of the ring's colour; a ring of 2 pixels has 4 or more."""
    if image.isNull():  # nothing of it is in the window
        return 0
    flat = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(flat.constBits(), np.uint8).reshape(flat.height(), flat.bytesPerLine() // 4, 4)
    blue, green, red, _ = QColor(theme().color("accent")).rgb().to_bytes(4, "little")
    away = np.abs(pixels[:, : flat.width(), :3].astype(np.int16) - np.array((blue, green, red), np.int16))
    return _lines((away <= NEAR).all(axis=2))


def _lines(mask: np.ndarray) -> int:
    """Rows with a run of at least half of the width, or of `LONGEST` pixels."""
    wanted = max(6, min(LONGEST, mask.shape[1] // 2))
    padded = np.pad(mask.astype(np.int32), ((0, 0), (1, 0)))
    sums = padded.cumsum(axis=1)
    if sums.shape[1] <= wanted:
        return 0
    return int(((sums[:, wanted:] - sums[:, :-wanted]) == wanted).any(axis=1).sum())
