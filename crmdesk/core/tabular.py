"""Text that leaves for spreadsheets and terminals: harmless there, and readable back."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

# What spreadsheet programs take for the start of a formula (OWASP, "CSV Injection"), full-width forms included:
# some programs fold them on import.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
GUARD = "'"
ELLIPSIS = "…"


def disarm(cell: str) -> str:
    """The cell as a spreadsheet shows it as text: an apostrophe stands before anything formula-like.

    A cell that starts with the apostrophe itself gets a second one, so that `rearm` gives back exactly what was."""
    return GUARD + cell if cell.startswith((*FORMULA_STARTS, GUARD)) else cell


def rearm(cell: str) -> str:
    """The opposite of `disarm`."""
    return cell[1:] if cell.startswith(GUARD) and cell[1:].startswith((*FORMULA_STARTS, GUARD)) else cell


def printable(text: str) -> str:
    """For a terminal: no control characters, no escape sequences, no direction marks, no line breaks."""
    return "".join(" " if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char for char in text)


def cells_wide(text: str) -> int:
    """Columns the text takes on a terminal: East Asian wide characters take two, combining marks none."""
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def fit(text: str, width: int) -> str:
    """Exactly `width` columns: padded with spaces, or cut with an ellipsis."""
    if cells_wide(text) > width:
        kept = ""
        for char in text:
            if cells_wide(kept) + _width(char) > width - 1:
                break
            kept += char
        text = kept + ELLIPSIS
    return text + " " * (width - cells_wide(text))


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, widest: int = 40) -> list[str]:
    """Lines of a text table: two spaces between columns, no column wider than `widest`."""
    body = [[printable(cell) for cell in row] for row in rows]
    widths = [
        min(widest, max([cells_wide(title), *(cells_wide(row[place]) for row in body)]))
        for place, title in enumerate(header)
    ]
    lines = [header, ["-" * width for width in widths], *body]
    return ["  ".join(fit(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
