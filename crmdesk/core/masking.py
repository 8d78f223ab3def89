"""Values of which enough is hidden that nobody who reads over a shoulder can use them (UX-PRV-01)."""

from __future__ import annotations

import re

DOTS = "•••"
SHOWN_DIGITS = 3  # of a phone number, its last
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;\"']+")  # an apostrophe may stand before the @
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")
_NUMBER = re.compile(r"\+?\d(?:[\s()./-]{0,2}\d){6,}")


def masked_email(text: str) -> str:
    """`carla@nienow.co.uk` → `c•••@nienow.co.uk`; what is no address is hidden whole."""
    name, at, host = text.rpartition("@")
    if not text:
        return ""
    return f"{name[:1] if len(name) > 1 else ''}{DOTS}@{host}" if at and host and "@" not in name else DOTS


def masked_phone(text: str) -> str:
    """Its last three digits; of a number with hardly more nothing."""
    digits = [letter for letter in text if letter.isdecimal()]
    if not text.strip():
        return ""
    return f"{DOTS} {''.join(digits[-SHOWN_DIGITS:])}" if len(digits) > 2 * SHOWN_DIGITS else DOTS


def masked_year(text: str) -> str:
    """Of a date in whatever words only its year."""
    found = _YEAR.search(text)
    if not text.strip():
        return ""
    return f"{DOTS} {found[0]}" if found else DOTS


def masked_text(text: str) -> str:
    """Free text in which each address and each run of seven digits or more is masked."""
    hidden = _ADDRESS.sub(lambda found: masked_email(found[0]), text)
    return _NUMBER.sub(lambda found: masked_phone(found[0]), hidden)
