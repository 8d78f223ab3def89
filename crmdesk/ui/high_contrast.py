"""The look where a person or the system asks for high contrast: the system's own colours, and nothing told by tint."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QColor, QPalette

from crmdesk.ui.theme_colors import BLACK, DARK, DARK_ACCENT, LIGHT, LIGHT_ACCENT, WHITE, Tokens, contrast

READABLE, SEEN = 4.5, 3.0  # least contrast of text, and of borders and rings


def plain(*, dark: bool) -> Tokens:
    """Black and white, where the system has no colours of high contrast by itself."""
    ground, text = (BLACK, WHITE) if dark else (WHITE, BLACK)
    accent = DARK_ACCENT if dark else LIGHT_ACCENT
    return _made(dark, ground, ground, text, accent, ground)


def of_palette(palette: QPalette) -> Tokens:
    """The system's colours where they can be read, else `plain`."""
    role = QPalette.ColorRole
    ground, panel = _name(palette, role.Base), _name(palette, role.Window)
    text, highlight, on = (_name(palette, one) for one in (role.Text, role.Highlight, role.HighlightedText))
    dark = contrast(ground, BLACK) < contrast(ground, WHITE)
    if min(contrast(text, ground), contrast(text, panel)) < 7:
        return plain(dark=dark)
    accent = highlight if min(contrast(highlight, one) for one in (ground, panel)) >= READABLE else text
    return _made(dark, ground, panel, text, accent, on)


def _made(dark: bool, ground: str, panel: str, text: str, accent: str, on_accent: str) -> Tokens:
    if contrast(on_accent, accent) < READABLE:
        on_accent = ground
    selected = _tinted(ground, accent, text)
    return replace(
        DARK if dark else LIGHT, window=ground, panel=panel, selected=selected, text=text, muted=text, accent=accent,
        ok=text, warning=text, error=text, unknown=text, border=text, tint_error=ground, tint_warn=ground,
        tint_ok=ground, tint_unknown=ground, on_accent=on_accent, accent_hover=accent, hairline=text, hover=ground,
        avatar_text=ground, avatar=(text,), dots=(text,),
    )  # fmt: skip


def _tinted(ground: str, accent: str, text: str) -> str:
    """The ground with as much of the accent as leaves text and accent on it readable."""
    for part in (0.35, 0.25, 0.15, 0.08):
        mixed = _mixed(ground, accent, part)
        if contrast(text, mixed) >= 7 and contrast(accent, mixed) >= READABLE:
            return mixed
    return ground


def _mixed(one: str, other: str, part: float) -> str:
    a, b = QColor(one), QColor(other)
    pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return QColor(*(round(first + (second - first) * part) for first, second in pairs)).name()


def _name(palette: QPalette, role: QPalette.ColorRole) -> str:
    return palette.color(QPalette.ColorGroup.Active, role).name()
