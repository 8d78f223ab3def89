"""Cells that hold an error of their spreadsheet (#N/A) in the place of a value. Pure.

Whether they came from a workbook, a text file or the clipboard, they are texts by then, and a field of text would send
them as if somebody had typed them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NO_RESULT = "#ERROR"
"""Of a formula whose result was never stored."""
_WORDS = frozenset(
    word.casefold()
    for word in (
        NO_RESULT, "#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#ERROR!", "#SPILL!", "#CALC!",
        "#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#GETTING_DATA",
        "#NV", "#BEZUG!", "#WERT!", "#ZAHL!", "#ÜBERLAUF!",
        "#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!",
        "#N/D", "#¡REF!", "#¡DIV/0!", "#¡VALOR!", "#¿NOMBRE?", "#¡NUM!", "#¡NULO!",
    )
)  # fmt: skip
"""As Excel writes them in the four languages of the screen; LibreOffice uses the same."""


def is_error(value: Any) -> bool:
    """The text is an error of a spreadsheet and nothing else."""
    return isinstance(value, str) and value[:1] == "#" and value.strip().casefold() in _WORDS


def errors_in(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Grid path and text of each such cell of a row."""
    for path, value in values.items():
        if is_error(value):
            yield path, value
        elif isinstance(value, list):
            for number, line in enumerate(value):
                if is_error(line):
                    yield path, line
                elif isinstance(line, Mapping):
                    yield from ((f"{path}.{number}.{part}", text) for part, text in line.items() if is_error(text))
