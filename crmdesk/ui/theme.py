"""Colours, sizes and the style sheet, as one object.

`Theme.install(app, …)` makes the theme of the program and `theme()` finds it again; everything that paints asks it for
tokens and repaints on `changed`. Tests compute the contrast of every pair of tokens.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Literal, cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from crmdesk.ui.paths import resources
from crmdesk.ui.style import HIGH, STYLE
from crmdesk.ui.theme_colors import DARK, LIGHT, Tokens

if TYPE_CHECKING:
    from crmdesk.settings import Settings

Scheme = Literal["system", "light", "dark"]
Density = Literal["compact", "normal", "large"]
Contrast = Literal["system", "on", "off"]
CONTRASTS: tuple[Contrast, ...] = ("system", "on", "off")
SCHEMES: tuple[Scheme, ...] = ("system", "light", "dark")
DENSITIES: tuple[Density, ...] = ("compact", "normal", "large")
ROW_HEIGHTS: dict[str, int] = {"compact": 24, "normal": 32, "large": 44}
SMALLEST_FONT, LARGEST_FONT = 80, 200
PROPERTY = "crmdesk.theme"  # of the QApplication: where the theme is kept
STYLED = "crmdesk.styled"  # of the QApplication: it began with our widget style (`start.application`)


class Theme(QObject):
    """The look as one object. `changed` comes after palette, style sheet and font have been set."""

    changed = Signal()

    def __init__(
        self,
        app: QApplication,
        scheme: str = "system",
        density: str = "normal",
        font_scale: int = 100,
        *,
        dressed: bool = True,
        high_contrast: str = "system",
    ) -> None:
        super().__init__(app)
        self._app = app
        self._scheme: str = scheme if scheme in SCHEMES else "system"
        self._density: str = density if density in DENSITIES else "normal"
        earlier = app.property(PROPERTY)
        self._system_font = earlier.system_font if isinstance(earlier, Theme) else QFont(app.font())
        self._font_scale = _within(font_scale)
        self._dressed = dressed
        self._high_contrast: str = high_contrast if high_contrast in CONTRASTS else "system"
        if not app.property(STYLED):
            app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._hints = app.styleHints()  # kept: PySide lets go of the hints below with it, for everybody
        self._accessibility = self._hints.accessibility()
        self._accessibility.contrastPreferenceChanged.connect(self._contrast_changed)
        self._apply()

    @staticmethod
    def install(
        app: QApplication,
        scheme: str = "system",
        density: str = "normal",
        font_scale: int = 100,
        *,
        dressed: bool = True,
        high_contrast: str = "system",
    ) -> Theme:
        """Make the program's theme; a second call replaces the first (tests).

        With `dressed` False the style sheet waits for `dress`: a window that is built before it starts faster, because
        each widget is styled once, not each time it gets another parent (measured: 40 of 100 ms)."""
        earlier, made = (
            app.property(PROPERTY),
            Theme(app, scheme, density, font_scale, dressed=dressed, high_contrast=high_contrast),
        )
        app.setProperty(PROPERTY, made)
        if isinstance(earlier, Theme):
            app.styleHints().colorSchemeChanged.disconnect(earlier._system_changed)
            earlier._accessibility.contrastPreferenceChanged.disconnect(earlier._contrast_changed)
        return made

    @staticmethod
    def chosen(app: QApplication, settings: Settings) -> Theme:
        """As `install`, by what is kept in Settings; not dressed yet."""
        scheme, density, size = settings.scheme, settings.density, settings.font_scale
        return Theme.install(app, scheme, density, size, dressed=False, high_contrast=settings.high_contrast)

    # what others ask

    @property
    def scheme(self) -> str:
        """What was chosen: system, light or dark."""
        return self._scheme

    @property
    def dark(self) -> bool:
        """What is shown."""
        if self._scheme == "system":
            return self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return self._scheme == "dark"

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    @property
    def high_contrast(self) -> str:
        """What was chosen: system, on or off."""
        return self._high_contrast

    @property
    def high(self) -> bool:
        """Whether the look of high contrast is shown."""
        return self._high_contrast == "on" or (self._high_contrast == "system" and self._system_high())

    def _system_high(self) -> bool:
        return self._accessibility.contrastPreference() == Qt.ContrastPreference.HighContrast

    def _find_tokens(self) -> Tokens:
        """Own colours; in high contrast the system's, or black and white where the system has none of its own."""
        if not self.high:
            return DARK if self.dark else LIGHT
        from crmdesk.ui.high_contrast import of_palette, plain  # not part of a usual start

        if not self._system_high():
            return plain(dark=self.dark)
        self._app.setPalette(QPalette())  # else it is the one that was set here before
        return of_palette(self._app.palette())

    @property
    def density(self) -> str:
        return self._density

    @property
    def font_scale(self) -> int:
        """Percent of the system's font size."""
        return self._font_scale

    @property
    def system_font(self) -> QFont:
        """As the system has it."""
        return self._system_font

    @property
    def font(self) -> QFont:
        """The system's font in the chosen size."""
        return scaled(self._system_font, self._font_scale / 100)

    @property
    def row_height(self) -> int:
        """Pixels of one list row: by density and font scale, never less than the text needs."""
        wanted = round(ROW_HEIGHTS[self._density] * self._font_scale / 100)
        return max(wanted, QFontMetrics(self._app.font()).height() + 6)

    def color(self, name: str) -> QColor:
        """A token by name, e.g. `color("muted")`; not to be altered: painters ask for the same one for every cell."""
        if (known := self._colors.get(name)) is not None:
            return known
        made = self._colors[name] = QColor(cast(str, getattr(self.tokens, name)))
        return made

    def avatar(self, contact_id: int) -> QColor:
        """The circle of a contact: always the same one for the same id."""
        palette = self.tokens.avatar
        return QColor(palette[(contact_id * 2654435761 >> 7) % len(palette)])

    def dot(self, account_id: int) -> QColor:
        """The dot of an account."""
        palette = self.tokens.dots
        return QColor(palette[account_id % len(palette)])

    # what the settings change

    def set_scheme(self, scheme: str) -> None:
        if scheme != self._scheme and scheme in SCHEMES:
            self._scheme = scheme
            self._apply()

    def set_high_contrast(self, choice: str) -> None:
        if choice != self._high_contrast and choice in CONTRASTS:
            self._high_contrast = choice
            self._apply()

    def set_density(self, density: str) -> None:
        if density != self._density and density in DENSITIES:
            self._density = density
            self.changed.emit()

    def set_font_scale(self, percent: int) -> None:
        if _within(percent) != self._font_scale:
            self._font_scale = _within(percent)
            self._apply()

    @property
    def dressed(self) -> bool:
        """Whether the style sheet is on."""
        return self._dressed

    def dress(self) -> None:
        """Put the style sheet on; once is enough."""
        if not self._dressed:
            self._dressed = True
            self._app.setStyleSheet(self._sheet())

    def _system_changed(self) -> None:
        if self._scheme == "system" or self.high:
            self._apply()

    def _contrast_changed(self) -> None:
        if self._high_contrast == "system":
            self._apply()

    def _sheet(self) -> str:
        mirrored = self._app.layoutDirection() == Qt.LayoutDirection.RightToLeft
        return style_sheet(self.tokens, high=self.high, mirrored=mirrored)

    def _apply(self) -> None:
        self._app.setFont(self.font)
        self._tokens = self._find_tokens()
        self._colors: dict[str, QColor] = {}
        self._app.setPalette(palette_of(self.tokens))
        if self._dressed:
            self._app.setStyleSheet(self._sheet())
        self.changed.emit()


def theme(widget: QWidget | None = None) -> Theme:  # noqa: ARG001  (one theme today; a window may get its own later)
    """The program's theme; made with the defaults where nobody installed one."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise TypeError("a theme needs a QApplication")
    made = app.property(PROPERTY)
    return made if isinstance(made, Theme) else Theme.install(app)


def style_sheet(tokens: Tokens, *, high: bool = False, mirrored: bool = False) -> str:
    """The style sheet of one scheme. Qt mirrors layouts, but no sides of a border: `mirrored` does."""
    values = {item.name: getattr(tokens, item.name) for item in fields(tokens)}
    icons = (resources() / "icons").as_posix()
    name = "dark" if QColor(tokens.window).lightness() < 128 else "light"
    leading = "right" if mirrored else "left"
    return (STYLE + HIGH if high else STYLE).format(**values, icons=icons, name=name, leading=leading)


def palette_of(tokens: Tokens) -> QPalette:
    """The palette of one scheme, for what the style sheet does not reach."""
    role = QPalette.ColorRole
    colours = {
        role.Window: tokens.window, role.WindowText: tokens.text, role.Base: tokens.window,
        role.AlternateBase: tokens.panel, role.Text: tokens.text, role.Button: tokens.panel,
        role.ButtonText: tokens.text, role.BrightText: tokens.error, role.ToolTipBase: tokens.panel,
        role.ToolTipText: tokens.text, role.Highlight: tokens.selected, role.HighlightedText: tokens.text,
        role.Link: tokens.accent, role.LinkVisited: tokens.unknown, role.PlaceholderText: tokens.muted,
        role.Mid: tokens.border, role.Dark: tokens.border, role.Light: tokens.hover, role.Accent: tokens.accent,
    }  # fmt: skip
    palette = QPalette()
    for which, colour in colours.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(tokens.muted))
    return palette


def scaled(font: QFont, factor: float) -> QFont:
    """The font `factor` times as large, whether its size is in points or in pixels."""
    bigger = QFont(font)
    if font.pointSizeF() > 0:
        bigger.setPointSizeF(font.pointSizeF() * factor)
    else:
        bigger.setPixelSize(max(1, round(font.pixelSize() * factor)))
    return bigger


def _within(percent: int) -> int:
    return max(SMALLEST_FONT, min(LARGEST_FONT, percent))
