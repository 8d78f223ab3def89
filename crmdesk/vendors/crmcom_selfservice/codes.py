"""Country and language codes between two and three letters. Total: what is unknown stays as it is.

pycountry is slow to import and most starts need none of it, so it is imported with the first code that has to change.
"""

from __future__ import annotations

from functools import lru_cache


def _plain(code: str, length: int) -> bool:
    return len(code) == length and code.isascii() and code.isalpha()


@lru_cache(maxsize=1024)
def country_of_two(code: str) -> str:
    """`CYP` → `CY`; two letters in upper case; anything else as it is."""
    if _plain(code, 2):
        return code.upper()
    if not _plain(code, 3):
        return code
    import pycountry

    found = pycountry.countries.get(alpha_3=code.upper())
    return found.alpha_2 if found is not None else code


@lru_cache(maxsize=1024)
def country_of_three(code: str) -> str:
    """`CY` → `CYP`; three letters in upper case; anything else as it is."""
    if _plain(code, 3):
        return code.upper()
    if not _plain(code, 2):
        return code
    import pycountry

    found = pycountry.countries.get(alpha_2=code.upper())
    return found.alpha_3 if found is not None else code


@lru_cache(maxsize=1024)
def language_of_two(code: str) -> str:
    """`ENG` → `en`, also the library codes such as `GRE`; two letters in lower case; anything else as it is."""
    if _plain(code, 2):
        return code.lower()
    if not _plain(code, 3):
        return code
    import pycountry

    low = code.lower()
    found = pycountry.languages.get(alpha_3=low) or pycountry.languages.get(bibliographic=low)
    return getattr(found, "alpha_2", code)


@lru_cache(maxsize=1024)
def language_of_three(code: str) -> str:
    """`en` → `ENG`; three letters in upper case; anything else as it is."""
    if _plain(code, 3):
        return code.upper()
    if not _plain(code, 2):
        return code
    import pycountry

    found = pycountry.languages.get(alpha_2=code.lower())
    return found.alpha_3.upper() if found is not None else code
