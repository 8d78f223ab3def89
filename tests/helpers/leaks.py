"""The forms in which a secret may stand in a file."""

from __future__ import annotations

import base64
from collections.abc import Iterable


def forms(word: str) -> dict[str, bytes]:
    """How a word may stand in a file."""
    plain = word.encode()
    kept = {
        "plain": plain,
        "reversed": plain[::-1],
        "utf-16": word.encode("utf-16-le"),
        "utf-16 big": word.encode("utf-16-be"),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
        "percent": word.replace(" ", "%20").replace("@", "%40").encode(),
    }
    for shift in range(3):  # where in a longer text it begins
        middle = base64.b64encode(b"x" * shift + plain)[4 if shift else 0 : -4]
        kept[f"base64 {shift}"] = middle
        kept[f"base64 url {shift}"] = middle.replace(b"+", b"-").replace(b"/", b"_")
    return kept


def found_in(content: bytes, words: Iterable[str]) -> list[str]:
    return [f"{word} ({form})" for word in words for form, needle in forms(word).items() if needle in content]
