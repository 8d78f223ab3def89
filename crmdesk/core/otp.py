"""One-time codes as people paste them: whole messages, groups, other scripts' digits.

A text gives a code only where it holds exactly one; nothing is guessed between two (UX-OTP-07)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

SHORTEST, LONGEST = 4, 9  # letters of a code
LONGEST_TEXT = 4000  # letters of a pasted text; a longer one is no message with a code

_GAPS = " \t\u00a0\u2007\u202f_\u00b7\u2010-\u2015\u2212-"  # inside a code that stands in groups
_GAP = re.compile(f"[{_GAPS}]")
_TIMES = re.compile(r"(?<!\d)\d++(?:[./:,]\d++)+", re.ASCII)  # also dates, amounts, versions
_PHONE = re.compile(r"\+\s?\d[\d ()/.-]*", re.ASCII)
_DIGITS = re.compile(rf"\d+(?:[{_GAPS}]\d+)*", re.ASCII)
_POINTED = re.compile(r"(\d{3,4})[.,](\d{3,4})", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_PREFIX = re.compile(r"[A-Za-z]-")
_PIECE = re.compile(r"\S+")
_ADDRESS = ("://", "@", "www.")  # what has one of these in it is an address


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`code` is '' unless there is exactly one; `candidates`: how many different codes the text may hold."""

    code: str = field(default="", repr=False)
    candidates: int = 0


def clean(text: str, *, letters: bool = False) -> Cleaned:
    """The code in a typed or pasted text, of 4 to 9 digits (with `letters`: digits and Latin letters). Total."""
    if len(text) > LONGEST_TEXT:
        return Cleaned()
    plain = _plain(text)
    alone = _alone_with_letters(plain) if letters else _alone(plain)
    found = [alone] if alone else _in_words(plain) if letters else _in_text(plain)
    different = list(dict.fromkeys(found))
    return Cleaned(different[0] if len(different) == 1 else "", len(different))


def grouped(code: str) -> str:
    """For people: `123456` → `123 456`, `12345678` → `1234 5678`; short ones as they are."""
    if len(code) < 6:
        return code
    size = 4 if len(code) == 8 else 3
    cut = [code[at : at + size] for at in range(0, len(code), size)]
    if len(cut[-1]) == 1:  # 7: 3 + 4
        cut[-2:] = ["".join(cut[-2:])]
    return " ".join(cut)


def _plain(text: str) -> str:
    """Compatible forms made one (full width), digits of other scripts as ASCII, nothing invisible."""
    shown = (one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) not in ("Cf", "Cs", "Mn"))
    return "".join(_digit(one) for one in shown).strip()


def _digit(one: str) -> str:
    value = unicodedata.decimal(one, None)
    return one if value is None else str(value)


def _alone(plain: str) -> str:
    """The text is nothing but one code, perhaps in groups; else ''."""
    pointed = _POINTED.fullmatch(plain)
    if pointed is not None and len(pointed[1]) == len(pointed[2]):
        return pointed[1] + pointed[2]
    return _fitting("".join(_GAP.split(plain))) if _DIGITS.fullmatch(plain) else ""


def _in_text(plain: str) -> list[str]:
    """Candidates in a message."""
    return [code for run in _DIGITS.findall(_without_others(plain)) for code in _of_run(_GAP.split(run))]


def _without_others(plain: str) -> str:
    """What belongs to an address, a phone number, a date or a time is no code. In time that grows with the text."""
    kept = _PIECE.sub(lambda found: "\n" if any(mark in found[0] for mark in _ADDRESS) else found[0], plain)
    return _TIMES.sub("\n", _PHONE.sub("\n", kept))


def _of_run(groups: list[str]) -> Iterable[str]:
    """Short groups belong together; one that is long enough is a code of its own."""
    if all(len(group) < SHORTEST for group in groups):
        groups = ["".join(groups)]
    return filter(None, map(_fitting, groups))


def _alone_with_letters(plain: str) -> str:
    """As `_alone`; between spaces only what has a digit is a group, any other word is a word."""
    groups = _GAP.split(plain[2:] if _prefixed(plain) else plain)
    joined = "".join(groups)
    words = " " in plain and not all(any(map(str.isdigit, group)) for group in groups)
    return "" if words or not (joined.isascii() and joined.isalnum()) else _fitting(joined)


def _in_words(plain: str) -> list[str]:
    """Only what has a digit: any other word is a word."""
    found = []
    for word in _WORD.findall(_without_others(plain)):
        code = _fitting((word[2:] if _prefixed(word) else word).replace("-", ""))
        if any(map(str.isdigit, code)):
            found.append(code)
    return found


def _prefixed(word: str) -> bool:
    """`G-123456`: a single letter before a whole code is the sender's."""
    rest = word[2:].replace("-", "")
    return bool(_PREFIX.match(word)) and bool(_fitting(rest)) and any(map(str.isdigit, rest))


def _fitting(code: str) -> str:
    return code if SHORTEST <= len(code) <= LONGEST else ""
