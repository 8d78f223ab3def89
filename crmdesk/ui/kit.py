"""The widgets everything is made of. No other file makes a QLabel: vendor text is never taken as markup."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from crmdesk.ui.beside import Beside
from crmdesk.ui.flow import flowing
from crmdesk.ui.icons import icon, icon_size, pixmap
from crmdesk.ui.scrolling import AROUND, scroll
from crmdesk.ui.theme import scaled, theme
from crmdesk.ui.turning import Turnable
from crmdesk.ui.words import isolated, number, plural, tooltip, tr

__all__ = [
    "AROUND",
    "Badge",
    "Banner",
    "Card",
    "ChipButton",
    "DetailPanel",
    "ElidedButton",
    "ElidedLabel",
    "FlatButton",
    "Heading",
    "IconButton",
    "IconWord",
    "Muted",
    "Page",
    "PictureLabel",
    "PlainLabel",
    "Popover",
    "SearchEdit",
    "SidePanel",
    "button",
    "column",
    "icon",
    "icon_size",
    "isolated",
    "number",
    "own_viewport",
    "pixmap",
    "plural",
    "restyle",
    "row",
    "scroll",
    "tooltip",
    "tr",
]

GAP = 8
TONE_ICONS = {"ok": "ok", "warning": "warning", "error": "cross", "unknown": "question", "info": "info"}


# text -----------------------------------------------------------------------------------------------------------------


class PlainLabel(QLabel):
    """Text exactly as it is: never markup, never a link. `selectable` allows copying with mouse and keys."""

    def __init__(
        self, text: str = "", parent: QWidget | None = None, *, selectable: bool = False, wrap: bool = False
    ) -> None:
        super().__init__(parent)
        self._wanted = self.alignment()
        self.setAlignment(self._wanted)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setText(text)
        if selectable:
            flags = Qt.TextInteractionFlag
            self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)

    def setAlignment(self, alignment: Qt.AlignmentFlag) -> None:
        """In a mirrored window at its leading side whatever the letters: Qt would put a Latin text at the far edge."""
        where = Qt.AlignmentFlag
        self._wanted = alignment
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        if mirrored and not alignment & (where.AlignHCenter | where.AlignJustify | where.AlignAbsolute):
            side = where.AlignLeft if alignment & where.AlignTrailing else where.AlignRight
            alignment = (alignment & where.AlignVertical_Mask) | side | where.AlignAbsolute
        super().setAlignment(alignment)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self.setAlignment(self._wanted)

    def set_tone(self, tone: str) -> None:
        """ok, warning, error, unknown, accent or '' for the text colour; always beside a word that says it."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            restyle(self)


class Muted(PlainLabel):
    """Quieter text."""


class Heading(PlainLabel):
    """Bold text, `factor` times the size; follows the font scale."""

    def __init__(self, text: str = "", parent: QWidget | None = None, *, factor: float = 1.15) -> None:
        super().__init__(text, parent)
        self._factor = factor
        self.grow()
        theme().changed.connect(self.grow)

    def grow(self) -> None:
        """To the size that the letters around it have. Whoever takes one out of its window and puts it back asks for
        it: Qt then gives it the font of its first time."""
        parent = self.parentWidget()
        font = scaled(parent.font() if parent else theme().font, self._factor)
        font.setWeight(QFont.Weight.Bold)
        self.setFont(font)


class PictureLabel(QLabel):
    """Decoration, centred, without a word and silent for screen readers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)


class ElidedLabel(PlainLabel):
    """One line that ends in "…" where it does not fit; then the tooltip has the whole."""

    padding = 0  # pixels of its style, left and right together; the style takes them from the contents by itself

    def __init__(
        self, text: str = "", parent: QWidget | None = None, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        self._whole = ""
        self._mode = mode
        super().__init__("", parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:
        self._whole = text
        self.setAccessibleName(text)
        self._fit()

    def whole(self) -> str:
        """The text as it was given."""
        return self._whole

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2 + self.padding, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("…") + self.padding, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        room = max(0, self.contentsRect().width())
        shown = self.fontMetrics().elidedText(self._whole, self._mode, room)
        super().setText(shown)
        self.setToolTip(tooltip(self._whole) if shown != self._whole else "")


class MutedLine(ElidedLabel):
    """Quieter text on one line, however little room there is."""


class Badge(PlainLabel):
    """A small rounded word or count."""

    def __init__(self, text: str = "", parent: QWidget | None = None, *, tone: str = "") -> None:
        super().__init__(text, parent)
        self.setProperty("tone", tone)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)


class IconWord(QWidget):
    """A state: shape, word and colour together, so that none of them is needed alone."""

    def __init__(
        self, icon_name: str = "", word: str = "", tone: str = "", parent: QWidget | None = None, *, wrap: bool = False
    ) -> None:
        super().__init__(parent)
        self._picture = QLabel(self)
        self._picture.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._word = PlainLabel("", self, wrap=wrap)
        self._state = (icon_name, word, tone)
        row(self, self._picture, self._word, gap=6, stretch=1)
        theme().changed.connect(self._draw)
        self._draw()

    def set(self, icon_name: str, word: str, tone: str = "") -> None:
        if (icon_name, word, tone) != self._state:
            self._state = (icon_name, word, tone)
            self._draw()

    def word(self) -> str:
        return self._state[1]

    def _draw(self) -> None:
        name, word, tone = self._state
        self._word.setText(word)
        self._word.setVisible(bool(word))
        self._word.set_tone(tone)
        self.setAccessibleName(word)
        self._picture.setVisible(bool(name))
        if name:
            colour = theme().color(tone if tone in TONE_ICONS and tone != "info" else "text")
            self._picture.setPixmap(pixmap(name, colour, icon_size(self), self.devicePixelRatioF()))


# buttons and fields ---------------------------------------------------------------------------------------------------


class ByEnter(QAbstractButton if TYPE_CHECKING else object):  # type: ignore[misc]
    """To be named before a button's class: Enter presses the button that has the focus, as the space bar does. Qt's own
    does it in dialogs only, and there presses the default button."""

    by_enter = True  # False for what acts as long as it is held: Enter would press it and let it go in one

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if self.by_enter and plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.click()
        else:
            super().keyPressEvent(event)


class IconButton(ByEnter, QToolButton):
    """A picture that can be pressed; `text` is its name for tooltips and screen readers. At least 28 pixels wide."""

    def __init__(self, name: str, icon_name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self.setObjectName(name)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme().changed.connect(self._draw)
        self._draw()

    def set_icon(self, icon_name: str) -> None:
        self._icon_name = icon_name
        self._draw()

    def _draw(self) -> None:
        self._size = icon_size(self)
        self.setMinimumSize(self._size + 12, self._size + 12)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture is drawn here, in the one size and colour that is seen: a QIcon wants all it may ever need."""
        super().paintEvent(event)
        colour = theme().color("text" if self.isEnabled() else "border")
        picture = pixmap(self._icon_name, colour, self._size, self.devicePixelRatioF())
        place = QRect(0, 0, self._size, self._size)
        place.moveCenter(self.rect().center())
        QPainter(self).drawPixmap(place.topLeft(), picture)


class PushButton(ByEnter, QPushButton):
    """A button with a frame."""


class FlatButton(PushButton):
    """A word without a frame until it has the focus or the pointer."""

    def __init__(self, name: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setObjectName(name)
        self.setAutoDefault(False)


class ElidedButton(FlatButton):
    """Its words end in "…" where they do not fit; the accessible name is always whole."""

    def __init__(self, name: str, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(name, "", parent)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_words(text)

    def set_words(self, text: str) -> None:
        self._whole = text
        self.setAccessibleName(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = max(0, self.width() - 22)
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room).replace("&", "&&"))


class ChipButton(Turnable, FlatButton):
    """A filter chip."""


class SearchEdit(QLineEdit):
    """The rounded search box."""


def button(
    name: str, text: str, run: Callable[[], object] | None = None, *, main: bool = False, danger: bool = False
) -> QPushButton:
    """A named push button; `main` is the one action of its screen."""
    made = PushButton(text)
    made.setObjectName(name)
    made.setAutoDefault(False)
    made.setProperty("main", main)
    made.setProperty("danger", danger)
    if run is not None:
        made.clicked.connect(lambda _checked=False: run())
    return made


# boxes ----------------------------------------------------------------------------------------------------------------


class Page(QWidget):
    """A whole screen beside the navigation."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


class SidePanel(QWidget):
    """The quieter background of navigation and side lists."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


class DetailPanel(SidePanel):
    """The background of the detail pane, on which cards lie."""


class Card(QFrame):
    """A rounded box; fill it with `column` or `row`."""


class Popover(QFrame):
    """A framed box that lies over the window; Esc and a click outside close it (its owner sees to that)."""


class Banner(QFrame):
    """One fact that needs a person: icon, text, at most a few buttons. `tone`: ok, warning, error, unknown or info.
    Where it is narrow the buttons stand below the text."""

    def __init__(
        self, tone: str, text: str, buttons: Sequence[QPushButton] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon = IconWord(TONE_ICONS.get(tone, "info"), "", tone)
        self._text = PlainLabel(text, wrap=True, selectable=True)
        self._text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._icon.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._buttons = flowing(*buttons)
        self._line = Beside(self._icon, self._text, self._buttons)
        column(self, self._line, margins=(10, 7, 10, 7))
        self._buttons.setVisible(bool(buttons))
        self.set(tone, text)

    def set(self, tone: str, text: str) -> None:
        self.setProperty("tone", tone)
        restyle(self)
        self._icon.set(TONE_ICONS.get(tone, "info"), "", tone)
        self._text.setText(text)
        self.setAccessibleName(text)

    def text(self) -> str:
        return self._text.text()

    def add(self, widget: QWidget) -> None:
        """One more button at the end."""
        flow = self._buttons.layout()
        assert flow is not None  # see `flowing`
        flow.addWidget(widget)
        self._buttons.show()
        self._line.arrange(self._line.width())


# laying out -----------------------------------------------------------------------------------------------------------

Margins = tuple[int, int, int, int]


def row(
    host: QWidget, *items: QWidget, gap: int = GAP, margins: Margins = (0, 0, 0, 0), stretch: int | None = None
) -> QHBoxLayout:
    """Put `items` beside each other in `host`; the item number `stretch` takes what is left."""
    layout = QHBoxLayout(host)
    _fill(layout, items, gap, margins, stretch)
    return layout


def column(
    host: QWidget, *items: QWidget, gap: int = GAP, margins: Margins = (0, 0, 0, 0), stretch: int | None = None
) -> QVBoxLayout:
    """Put `items` below each other in `host`."""
    layout = QVBoxLayout(host)
    _fill(layout, items, gap, margins, stretch)
    return layout


def _fill(
    layout: QHBoxLayout | QVBoxLayout, items: Sequence[QWidget], gap: int, margins: Margins, stretch: int | None
) -> None:
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    for index, item in enumerate(items):
        layout.addWidget(item, 1 if index == stretch else 0)


def own_viewport(area: QAbstractScrollArea) -> None:
    """Exchange Qt's viewport for one made here. To hand out Qt's own, PySide looks for its class among all there are
    and loads each of them: 8 ms of a start."""
    made = QWidget()
    made.setBackgroundRole(QPalette.ColorRole.Base)
    area.setViewport(made)


def restyle(widget: QWidget) -> None:
    """Make the style sheet look at the widget's properties again; while there is none yet it will look anyway."""
    if not theme().dressed:
        return
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
