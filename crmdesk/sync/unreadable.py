"""Why a file cannot be imported."""

from __future__ import annotations

import unicodedata

from crmdesk.core.errors import KnownError, Recovery
from crmdesk.core.said import said


class UnreadableError(KnownError):
    """The title names file and place, the hint the remedy. Nothing was written."""

    recovery = Recovery.EDIT


_OTHER_KINDS = (  # by their first bytes: pictures, documents, archives
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"%PDF", b"{\\rtf", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!",
)  # fmt: skip
_LOOKED_AT = 8192  # bytes
_CONTROLS = frozenset({*range(1, 9), *range(14, 27), *range(28, 32), 127})  # that no text has; NUL is mended
_MOST_ODD = 0.02  # of a text


def no_table(name: str) -> UnreadableError:
    """A picture, a document, a program: dropped or chosen."""
    return UnreadableError(
        said("{file} is not a table.", file=name), "Choose a CSV, Excel (XLSX, XLS) or ODS file with rows."
    )


def is_binary(data: bytes) -> bool:
    """It is no text, whatever its name says. Workbooks are looked for before."""
    sample = data[:_LOOKED_AT]
    if data.startswith(_OTHER_KINDS):
        return True
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    if sample.count(0) > len(sample) // 5:  # UTF-16 without its mark, or none
        little = sample[1::2].count(0) >= sample[::2].count(0)
        text = sample.decode("utf-16-le" if little else "utf-16-be", "replace")
        odd = sum(char == "\ufffd" or unicodedata.category(char) in ("Cn", "Co", "Cs") or ord(char) in _CONTROLS
                  for char in text)  # fmt: skip
        return odd > _MOST_ODD * len(text)
    return sum(byte in _CONTROLS for byte in sample) > _MOST_ODD * len(sample)


def cancelled() -> UnreadableError:
    """A person stopped the reading."""
    return UnreadableError("Reading was stopped.", "Nothing was imported.")
