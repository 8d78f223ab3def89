"""The colours of the light and the dark look (ux section 24), and how much two of them stand out. The
only file with literal colours."""

from __future__ import annotations

from dataclasses import dataclass


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


BLACK, WHITE = "#000000", "#FFFFFF"  # high contrast
LIGHT_ACCENT, DARK_ACCENT = "#00008B", "#FFFF00"
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


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours as WCAG 2 counts it, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# pairs that carry text (at least 4.5) and pairs of shapes, borders and focus rings (at least 3)
TONES = ("text", "muted", "accent", "ok", "warning", "error", "unknown")
TINTS = ("tint_error", "tint_warn", "tint_ok", "tint_unknown")
SURFACES = ("window", "panel", "selected")
TEXT_PAIRS = (
    *((tone, on) for tone in TONES for on in (*SURFACES, "hover", *TINTS)),  # words of a state, hover, selection
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("window", "text"),  # notices
)
SHAPE_PAIRS = (
    *((shape, on) for shape in ("border", "accent") for on in (*SURFACES, "hover", *TINTS)),
    ("window", "text"),  # the ring in notices
)
