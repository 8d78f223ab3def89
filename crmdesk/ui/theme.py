"""Colours, sizes and the one style sheet: the only file with literal colours.

`Theme.install(app, …)` makes the theme of the program and `theme()` finds it again; everything that paints asks it for
tokens and repaints on `changed`. The values are the table of ux section 24; tests compute the contrast of every pair.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from crmdesk.ui.paths import resources

Scheme = Literal["system", "light", "dark"]
Density = Literal["compact", "normal", "large"]
SCHEMES: tuple[Scheme, ...] = ("system", "light", "dark")
DENSITIES: tuple[Density, ...] = ("compact", "normal", "large")
ROW_HEIGHTS: dict[str, int] = {"compact": 24, "normal": 32, "large": 44}
SMALLEST_FONT, LARGEST_FONT = 80, 200
PROPERTY = "crmdesk.theme"  # of the QApplication: where the theme is kept
STYLED = "crmdesk.styled"  # of the QApplication: it began with our widget style (`start.application`)


@dataclass(frozen=True, slots=True)
class Tokens:
    """One scheme. `hairline` and `hover` are decoration only; nothing may be told by them alone."""

    window: str
    panel: str
    selected: str
    text: str
    muted: str
    accent: str
    ok: str
    warning: str
    error: str
    unknown: str
    border: str
    tint_error: str
    tint_warn: str
    tint_ok: str
    tint_unknown: str
    on_accent: str
    accent_hover: str
    hairline: str
    hover: str
    avatar_text: str
    avatar: tuple[str, ...]  # circles behind initials, text on them is `avatar_text`
    dots: tuple[str, ...]  # one per account, beside its name


AVATARS = (
    "#2563C9",
    "#0B7A6E",
    "#6B46C1",
    "#B8236F",
    "#B4450C",
    "#44529E",
    "#0E7A3E",
    "#8A5A00",
    "#A33030",
    "#2F6F8F",
)
LIGHT = Tokens(
    window="#FFFFFF",
    panel="#F4F6F8",
    selected="#D6E6FA",
    text="#1B1F24",
    muted="#57606A",
    accent="#0B5CAD",
    ok="#1A6E32",
    warning="#7A4F00",
    error="#B42318",
    unknown="#5B3BA6",
    border="#7A838D",
    tint_error="#FDECEA",
    tint_warn="#FFF4DB",
    tint_ok="#E6F4EA",
    tint_unknown="#EFE9FB",
    on_accent="#FFFFFF",
    accent_hover="#084A8D",
    hairline="#E1E5EA",
    hover="#E9EDF2",
    avatar_text="#FFFFFF",
    avatar=AVATARS,
    dots=AVATARS,
)
DARK = Tokens(
    window="#1E2126",
    panel="#272B31",
    selected="#24466E",
    text="#E8EBEF",
    muted="#AAB3BE",
    accent="#8ABFFF",
    ok="#74D08C",
    warning="#E9BC5B",
    error="#FFA197",
    unknown="#CDB4FF",
    border="#89929D",
    tint_error="#4A2320",
    tint_warn="#45371A",
    tint_ok="#1F3A28",
    tint_unknown="#352A4D",
    on_accent="#10243D",
    accent_hover="#B1D5FF",
    hairline="#373D45",
    hover="#31363E",
    avatar_text="#FFFFFF",
    avatar=AVATARS,
    dots=(
        "#7FB2FF",
        "#4CC9B8",
        "#B79CFF",
        "#FF8FC4",
        "#FF9B66",
        "#9FB0FF",
        "#6FD394",
        "#E9BC5B",
        "#FFA197",
        "#7CC4E8",
    ),
)

STYLE = """
QToolTip {{ background: {panel}; color: {text}; border: 1px solid {border}; padding: 3px; }}
QMainWindow, Page {{ background: {window}; }}
UnlockPage, WelcomePage {{ background: {panel}; }}
SidePanel, DetailPanel {{ background: {panel}; }}
QMenuBar {{ background: {panel}; border-bottom: 1px solid {hairline}; }}
QMenuBar::item {{ padding: 4px 9px; background: transparent; border-radius: 5px; }}
QMenuBar::item:selected {{ background: {selected}; }}
QMenu {{ background: {window}; border: 1px solid {border}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px; border-radius: 5px; }}
QMenu::item:selected {{ background: {selected}; color: {text}; }}
QMenu::item:disabled {{ color: {muted}; }}
QMenu::separator {{ height: 1px; background: {hairline}; margin: 4px 8px; }}
QStatusBar {{ background: {panel}; border-top: 1px solid {hairline}; }}
QStatusBar::item {{ border: none; }}
QSplitter::handle {{ background: {hairline}; }}
QSplitter::handle:hover {{ background: {accent}; }}
QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QAbstractSpinBox {{
    background: {window}; color: {text}; border: 1px solid {border}; border-radius: 7px; padding: 5px 8px;
    selection-background-color: {accent}; selection-color: {on_accent}; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{
    border: 2px solid {accent}; padding: 4px 7px; }}
QLineEdit[wrong="true"], QComboBox[wrong="true"] {{ border: 2px solid {error}; padding: 4px 7px; }}
QLineEdit:read-only, QLineEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled {{
    background: {panel}; color: {muted}; }}
QComboBox::drop-down, QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
    border: none; background: transparent; width: 24px; }}
QComboBox::down-arrow, QAbstractSpinBox::down-arrow {{ image: url("{icons}/mark-down-{name}.svg"); width: 12px; }}
QAbstractSpinBox::up-arrow {{ image: url("{icons}/mark-up-{name}.svg"); width: 12px; }}
QAbstractSpinBox {{ padding: 3px 26px 3px 2px; }}
QAbstractSpinBox:focus {{ padding: 2px 25px 2px 1px; }}
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {{ border: none; padding: 2px 6px; }}
QCheckBox {{ spacing: 8px; padding: 3px; border: 2px solid transparent; border-radius: 6px; }}
QCheckBox:focus {{ border-color: {accent}; }}
QCheckBox::indicator {{ width: 16px; height: 16px; border: 1px solid {border}; border-radius: 4px;
    background: {window}; }}
QCheckBox::indicator:checked {{ background: {accent}; border-color: {accent};
    image: url("{icons}/mark-tick-{name}.svg"); }}
QCheckBox::indicator:indeterminate {{ background: {accent}; border-color: {accent};
    image: url("{icons}/mark-dash-{name}.svg"); }}
QRadioButton {{ spacing: 8px; padding: 2px; border: 2px solid transparent; border-radius: 6px; }}
QRadioButton:focus {{ border-color: {accent}; }}
QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {border}; border-radius: 8px;
    background: {window}; }}
QRadioButton::indicator:checked {{ width: 6px; height: 6px; border: 5px solid {accent}; background: {window}; }}
QComboBox QAbstractItemView {{ border: 1px solid {border}; background: {window}; padding: 3px; }}
QPushButton, QToolButton {{
    background: {window}; color: {text}; border: 1px solid {border}; border-radius: 7px; padding: 5px 13px; }}
QPushButton:hover, QToolButton:hover {{ background: {hover}; }}
QPushButton:pressed, QToolButton:pressed, QPushButton:checked, QToolButton:checked {{ background: {selected}; }}
QPushButton:focus, QToolButton:focus {{ border: 2px solid {accent}; padding: 4px 12px; }}
QPushButton:disabled, QToolButton:disabled {{ background: {panel}; color: {muted}; border-color: {hairline}; }}
QPushButton[main="true"] {{ background: {accent}; color: {on_accent}; border-color: {accent}; font-weight: 600; }}
QPushButton[main="true"]:hover {{ background: {accent_hover}; }}
QPushButton[main="true"]:focus {{ border: 2px solid {text}; }}
QPushButton[main="true"]:disabled {{ background: {hover}; color: {muted}; border-color: {hairline}; }}
QPushButton[danger="true"] {{ color: {error}; border-color: {error}; }}
QPushButton[danger="true"]:disabled {{ color: {muted}; border-color: {hairline}; }}
QToolButton::menu-indicator, QPushButton::menu-indicator {{ image: none; width: 0; }}
IconButton {{ border: 2px solid transparent; background: transparent; padding: 4px; }}
IconButton:focus {{ border: 2px solid {accent}; padding: 4px; }}
IconButton:disabled {{ background: transparent; border-color: transparent; }}
FlatButton {{ border: 2px solid transparent; background: transparent; padding: 3px 7px; }}
FlatButton:focus {{ border: 2px solid {accent}; padding: 3px 7px; }}
FlatButton:disabled {{ background: transparent; border-color: transparent; }}
FlatButton[leading="true"] {{ text-align: left; }}
FlatButton[link="true"] {{ color: {accent}; text-decoration: underline; }}
FlatButton[link="true"]:disabled {{ color: {muted}; text-decoration: none; }}
FlatButton[snug="true"], FlatButton[snug="true"]:focus {{ padding: 3px 1px; }}
ChipButton {{ background: {panel}; border: 1px solid {border}; border-radius: 9px; padding: 4px 10px; }}
ChipButton:focus {{ border: 2px solid {accent}; padding: 3px 9px; }}
ChipButton:checked {{ background: {selected}; border-color: {accent}; }}
CodeLine {{ border-radius: 10px; padding: 11px 12px; }}
CodeLine:focus, CodeLine[wrong="true"] {{ padding: 10px 11px; }}
Told {{ border: 2px solid transparent; border-radius: 6px; padding: 3px 1px; }}
Told:focus {{ border-color: {accent}; }}
SearchEdit {{ border-radius: 10px; padding: 7px 10px; background: {panel}; }}
SearchEdit:focus {{ padding: 6px 9px; background: {window}; }}
Card {{ background: {window}; border: 1px solid {hairline}; border-radius: 10px; }}
CodeChip {{ background: {selected}; border-radius: 9px; }}
EditorFooter {{ background: {panel}; border-top: 1px solid {hairline}; }}
Badge, PlaceBadge {{ background: {hover}; color: {text}; border-radius: 8px; padding: 1px 7px; }}
Badge[tone="ok"] {{ background: {tint_ok}; color: {ok}; }}
Badge[tone="warning"] {{ background: {tint_warn}; color: {warning}; }}
Badge[tone="error"] {{ background: {tint_error}; color: {error}; }}
Badge[tone="unknown"] {{ background: {tint_unknown}; color: {unknown}; }}
Banner {{ background: {panel}; border: 1px solid {border}; border-radius: 8px; }}
Banner[tone="ok"] {{ background: {tint_ok}; border-color: {ok}; }}
Banner[tone="warning"] {{ background: {tint_warn}; border-color: {warning}; }}
Banner[tone="error"] {{ background: {tint_error}; border-color: {error}; }}
Banner[tone="unknown"] {{ background: {tint_unknown}; border-color: {unknown}; }}
LessonCard {{ background: {panel}; border: none; border-bottom: 1px solid {hairline}; }}
PracticeStrip {{ background: {tint_unknown}; border: none; border-bottom: 2px solid {unknown}; }}
Toast, UndoBar {{ background: {text}; border-radius: 9px; }}
Toast PlainLabel, UndoBar PlainLabel {{ color: {window}; }}
Toast FlatButton, UndoBar FlatButton {{ color: {window}; font-weight: 600; text-decoration: underline; }}
Toast FlatButton:hover, UndoBar FlatButton:hover {{ background: transparent; }}
Toast FlatButton:focus, UndoBar FlatButton:focus {{ border-color: {window}; }}
Popover {{ background: {window}; border: 1px solid {border}; border-radius: 12px; }}
Muted, MutedLine {{ color: {muted}; }}
PlainLabel[tone="ok"] {{ color: {ok}; }}
PlainLabel[tone="warning"] {{ color: {warning}; }}
PlainLabel[tone="error"] {{ color: {error}; }}
PlainLabel[tone="unknown"] {{ color: {unknown}; }}
PlainLabel[tone="accent"] {{ color: {accent}; }}
QProgressBar {{ background: {hairline}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}
QAbstractItemView {{ background: {window}; color: {text}; border: none; outline: none;
    selection-background-color: {selected}; selection-color: {text}; }}
SidePanel QAbstractItemView {{ background: {panel}; }}
QHeaderView {{ background: {window}; border: none; }}
QHeaderView::section {{ background: {window}; color: {muted}; border: none; border-bottom: 1px solid {border};
    padding: 5px 6px; }}
QHeaderView::section:vertical {{ border-bottom: 1px solid {hairline}; padding: 2px 6px; }}
QTableView {{ gridline-color: {hairline}; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {hairline}; }}
QTabBar::tab {{ background: transparent; color: {muted}; padding: 7px 12px; border: none;
    border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {accent}; border-bottom: 2px solid {accent}; font-weight: 600; }}
QTabBar::tab:hover {{ color: {text}; }}
QTabBar::scroller {{ width: 26px; }}
QTabBar QToolButton {{ background: {panel}; border: 1px solid {hairline}; border-radius: 5px; padding: 0px; }}
QTabBar:focus::tab:selected {{ background: {selected}; }}
QScrollArea {{ background: transparent; border: none; }}
QScrollArea > QWidget > QWidget {{ background: transparent; }}
QScrollBar {{ background: transparent; }}
QScrollBar:vertical {{ width: 12px; }}
QScrollBar:horizontal {{ height: 12px; }}
QScrollBar::handle {{ background: {border}; border-radius: 4px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QDialog {{ background: {window}; }}
"""


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
    ) -> None:
        super().__init__(app)
        self._app = app
        self._scheme: str = scheme if scheme in SCHEMES else "system"
        self._density: str = density if density in DENSITIES else "normal"
        earlier = app.property(PROPERTY)
        self._system_font = earlier.system_font if isinstance(earlier, Theme) else QFont(app.font())
        self._font_scale = _within(font_scale)
        self._dressed = dressed
        if not app.property(STYLED):
            app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._apply()

    @staticmethod
    def install(
        app: QApplication,
        scheme: str = "system",
        density: str = "normal",
        font_scale: int = 100,
        *,
        dressed: bool = True,
    ) -> Theme:
        """Make the program's theme; a second call replaces the first (tests).

        With `dressed` False the style sheet waits for `dress`: a window that is built before it starts faster, because
        each widget is styled once, not each time it gets another parent (measured: 40 of 100 ms)."""
        earlier, made = app.property(PROPERTY), Theme(app, scheme, density, font_scale, dressed=dressed)
        app.setProperty(PROPERTY, made)
        if isinstance(earlier, Theme):
            app.styleHints().colorSchemeChanged.disconnect(earlier._system_changed)
        return made

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
        return DARK if self.dark else LIGHT

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
        """A token by name, e.g. `color("muted")`."""
        return QColor(cast(str, getattr(self.tokens, name)))

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
            self._app.setStyleSheet(style_sheet(self.tokens))

    def _system_changed(self) -> None:
        if self._scheme == "system":
            self._apply()

    def _apply(self) -> None:
        self._app.setFont(self.font)
        self._app.setPalette(palette_of(self.tokens))
        if self._dressed:
            self._app.setStyleSheet(style_sheet(self.tokens))
        self.changed.emit()


def theme(widget: QWidget | None = None) -> Theme:  # noqa: ARG001  (one theme today; a window may get its own later)
    """The program's theme; made with the defaults where nobody installed one."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise TypeError("a theme needs a QApplication")
    made = app.property(PROPERTY)
    return made if isinstance(made, Theme) else Theme.install(app)


def style_sheet(tokens: Tokens) -> str:
    """The style sheet of one scheme."""
    values = {item.name: getattr(tokens, item.name) for item in fields(tokens)}
    icons = (resources() / "icons").as_posix()
    return STYLE.format(**values, icons=icons, name="dark" if tokens is DARK else "light")


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


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours as WCAG 2 counts it, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# pairs that carry text (at least 4.5) and pairs of shapes, borders and focus rings (at least 3)
SURFACES = ("window", "panel", "selected")
TEXT_PAIRS = (
    *((name, on) for name in ("text", "muted", "accent", "ok", "warning", "error", "unknown") for on in SURFACES),
    *((name, tint) for tint in ("tint_error", "tint_warn", "tint_ok", "tint_unknown") for name in ("text", "muted")),
    ("error", "tint_error"),
    ("warning", "tint_warn"),
    ("ok", "tint_ok"),
    ("unknown", "tint_unknown"),
    ("text", "hover"),
    ("muted", "hover"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("window", "text"),
)
SHAPE_PAIRS = (
    *(("border", on) for on in SURFACES),
    *(("accent", on) for on in SURFACES),
)
