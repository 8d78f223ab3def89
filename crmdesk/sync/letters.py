"""Which 8-bit encoding a text file has. A guess: what decides is which letters would come out of it."""

from __future__ import annotations

import locale
import re
import unicodedata
from collections.abc import Sequence
from itertools import islice

WESTERN, EASTERN, GREEK, CYRILLIC = "cp1252", "cp1250", "cp1253", "cp1251"
EIGHT_BITS = frozenset({WESTERN, EASTERN, GREEK, CYRILLIC})
"""Those that are guessed."""
ENCODING_WORDS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    WESTERN: "Windows (Western)",
    GREEK: "Windows (Greek)",
    EASTERN: "Windows (Central Europe)",
    CYRILLIC: "Windows (Cyrillic)",
    "iso8859-15": "ISO 8859-15",
    "mac_roman": "Mac",
}
"""What a person may choose, in words."""
_SHOWN = 4  # words of a sample
_LONG = 4  # letters of another alphabet that no western word has in a row
_WORD = re.compile(r"[^\W\d_]+")
# Š, Ž and what Windows-1252 does not have; Polish letters in a word, where it has £ ¯ ³ ¹ ¿ (but not *m³* and *¿Qué*)
_EASTERN = re.compile(
    rb"[\x8a\x8d\x8e\x8f\x9a\x9d\x9e]|(?<=[A-Za-z\xc0-\xff]{2})[\xaf\xb3\xb9\xbf]|[\xa3\xaf\xb3\xb9](?=[a-z\xc0-\xff])"
)
_WESTERN = re.compile(rb"[\xc0\xc5\xe0\xe5]")  # À Å à å; in Windows-1250 letters of Slovak that hardly occur
_LANGUAGES = {
    GREEK: ("el",),
    CYRILLIC: ("ru", "uk", "be", "bg", "sr", "mk"),
    EASTERN: ("pl", "cs", "sk", "hu", "sl", "hr", "ro", "bs"),
}
_HARDLY_GREEK = frozenset("ΰΐ")  # where Windows-1251 has А and а


def eight_bits(sample: bytes, language: str | None = None) -> str:
    """Windows-1252, unless words of another alphabet, or letters that stand where it has signs, speak for another one.
    `language`: of this computer's user (None = asked of the system); it decides only where the letters do not."""
    own = _language() if language is None else language
    fits = [encoding for encoding in (GREEK, CYRILLIC) if _is_alphabet(sample, encoding, own)]
    if fits:
        return fits[0] if len(fits) == 1 else _greek_or_cyrillic(sample)
    eastern, western = len(_EASTERN.findall(sample)), len(_WESTERN.findall(sample))
    if eastern == western == 0 and own in _LANGUAGES[EASTERN]:
        return EASTERN
    return EASTERN if eastern > western else WESTERN


def sample_of(text: str) -> str:
    """A few words with letters beyond ASCII, as they were read: a wrong guess is seen in them."""
    words = (word for word in _WORD.findall(text) if not word.isascii())
    return ", ".join(islice(dict.fromkeys(words), _SHOWN))


def _language() -> str:
    try:
        return (locale.getlocale()[0] or "")[:2].lower()
    except ValueError:  # a setting of the system that Python does not know
        return ""


def _is_alphabet(sample: bytes, encoding: str, own: str) -> bool:
    """Its words are of this alphabet throughout: Latin letters in the middle of such words are the sure sign that it
    is another one (*Grüße* would be *Gróίe*)."""
    words = [word for word in _WORD.findall(sample.decode(encoding, "replace")) if not word.isascii()]
    whole = [word for word in words if all(_script(char) == _script_of(encoding) for char in word)]
    longest = max(map(len, whole), default=0)
    enough = _LONG if own not in _LANGUAGES[encoding] else 2
    return longest >= enough and len(words) - len(whole) <= len(whole) // 4 and _odd(whole) * 2 <= len(whole)


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


def _script_of(encoding: str) -> str:
    return "GREEK" if encoding == GREEK else "CYRILLIC"


def _odd(words: Sequence[str]) -> int:
    """Words with a capital behind a small letter, or with letters that hardly occur."""
    return sum(
        not (word.islower() or word.isupper() or word.istitle()) or not _HARDLY_GREEK.isdisjoint(word) for word in words
    )


def _greek_or_cyrillic(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample[:20_000], cp_isolation=[GREEK, CYRILLIC]).best()
    return best.encoding if best is not None else GREEK
