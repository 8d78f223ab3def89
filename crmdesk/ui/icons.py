"""Our own line icons, tinted from the text colour, so that none is ever dark on dark."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from crmdesk.ui.paths import resources
from crmdesk.ui.theme import theme


@lru_cache(maxsize=256)
def _drawn(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    """One line icon in one colour. QtSvg is loaded with the first icon, not with the program."""
    from PySide6.QtSvg import QSvgRenderer

    source = (resources() / "icons" / f"{name}.svg").read_bytes().replace(b"currentColor", colour.encode())
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(source)).render(painter)
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def pixmap(name: str, colour: QColor | None = None, size: int = 16, ratio: float = 1.0) -> QPixmap:
    """One icon as a picture of `size` logical pixels, by default in the text colour."""
    return _drawn(name, (colour or theme().color("text")).name(), size, ratio)


def program_icon() -> QIcon:
    """Of the window and its entry in the task bar."""
    return QIcon(str(resources() / "crmdesk.png"))


def icon(name: str, colour: QColor | None = None, size: int = 16) -> QIcon:
    """An icon tinted from the text role (or `colour`), sharp at 1x and 2x. Ask again after `Theme.changed`."""
    made = QIcon()
    for ratio in (1.0, 2.0):
        made.addPixmap(pixmap(name, colour, size, ratio))
        made.addPixmap(pixmap(name, theme().color("border"), size, ratio), QIcon.Mode.Disabled)
    return made


def icon_size(widget: QWidget) -> int:
    """Icons grow with the text beside them."""
    return max(16, round(QFontMetrics(widget.font()).height() * 0.95))
