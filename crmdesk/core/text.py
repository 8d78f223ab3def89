"""Folding, words, digits and one-line texts: the same functions for indexing and for searching."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_WORD: Final = 40  # characters of a word that count, in the index and in a query alike
_TAIL = 9  # enough to be one person's, without country code and zeros
MAX_DIGITS: Final = 40  # digits of a phone text that count
MIN_NEEDLE: Final = 4  # fewer digits are no phone number (UX-SRC-04)
_MIN_BARE: Final = 3  # what must be left of a number once its leading zeros are dropped

# ── folding ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_LETTERS: Final = {
    "ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t",
    "ʼ": "'", "ʻ": "'", "ʹ": "'",  # letters to Unicode, apostrophes to people: O'Brien must be one word count
}  # fmt: skip
_BLANK: Final = frozenset("\0\u034f\u115f\u1160\u17b4\u17b5\u0640")  # NUL, joiner, invisible letters, Arabic stretcher
_HANGUL: Final = range(0xAC00, 0xD7A4)
_TABLE_LIMIT: Final = 8192  # remembered characters; hostile text must not fill memory


def _fold_piece(piece: str) -> str:
    """One character after case folding and decomposition; '' where it is a mark or invisible."""
    if unicodedata.combining(piece) or piece in _BLANK or unicodedata.category(piece) in ("Cf", "Me", "Cs"):
        return ""
    if unicodedata.name(piece, "").startswith("VARIATION SELECTOR"):
        return ""
    digit = unicodedata.decimal(piece, None)
    return str(digit) if digit is not None else _LETTERS.get(piece, piece)


def _fold_char(char: str) -> str:
    """Folding works character by character; only loose Hangul letters are put together afterwards."""
    if ord(char) in _HANGUL:
        return char
    loose = unicodedata.normalize("NFKD", char.casefold())
    return "".join(map(_fold_piece, unicodedata.normalize("NFKD", loose.casefold())))


class _FoldTable(dict[int, str]):
    """For `str.translate`: what each character folds to, worked out when first met."""

    def __missing__(self, code: int) -> str:
        folded = _fold_char(chr(code))
        if len(self) < _TABLE_LIMIT:
            self[code] = folded
        return folded


_FOLDS: Final = _FoldTable()
_LOOSE_HANGUL: Final = re.compile("[\u1100-\u11ff]+")  # Korean letter by letter, as macOS writes it


def _fold_wide(text: str) -> str:
    return _LOOSE_HANGUL.sub(lambda found: unicodedata.normalize("NFC", found[0]), text.translate(_FOLDS))


def fold(text: str) -> str:
    """Case- and accent-free form; `fold(fold(x)) == fold(x)`. Lone surrogates, NUL and invisible characters vanish.

    ß→ss, æ→ae, œ→oe, ø→o, ł→l, đ→d, ı→i, þ→th; full-width forms and digits of any script become ASCII."""
    if text.isascii():
        return text.lower().replace("\0", "")
    return _fold_wide(text)


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_ASCII_SPACED: Final = bytes(code if chr(code).isalnum() else 32 for code in bytes(range(128)).lower()) + b" " * 128
_PICTURE_SCRIPTS: Final = (  # Hangul, radicals, kana, bopomofo, Han: first and last characters
    "\u1100\u11ff", "\u2e80\u2fdf", "\u3005\u3007", "\u3021\u3029", "\u3031\u3035", "\u3038\u303c", "\u3040\u3096",
    "\u309d\u30fa", "\u30fc\u318f", "\u31a0\u31bf", "\u31f0\u31ff", "\u3400\u4dbf", "\u4e00\u9fff", "\ua960\ua97c",
    "\uac00\ud7fb", "\uf900\ufaff", "\U0001b000\U0001b16f", "\U00020000\U0003fffd",
)  # fmt: skip


def _is_picture(char: str) -> bool:
    return any(first <= char <= last for first, last in _PICTURE_SCRIPTS)


def is_pictures(text: str) -> bool:
    """Whether all its letters are Chinese, Japanese or Korean."""
    letters = [char for char in text if char.isalpha()]
    return bool(letters) and all(map(_is_picture, letters))


def _spaced(piece: str) -> str:
    """A folded character as it stands among words: itself, alone between spaces, or a space."""
    if not piece.isalnum() and unicodedata.category(piece) not in ("Mc", "Mn"):
        return " "
    return f" {piece} " if _is_picture(piece) else piece


class _WordTable(dict[int, str]):
    """For `str.translate`: what each character becomes before the text is split at spaces."""

    def __missing__(self, code: int) -> str:
        spaced = "".join(map(_spaced, _fold_char(chr(code))))
        if len(self) < _TABLE_LIMIT:
            self[code] = spaced
        return spaced


_WORDS: Final = _WordTable()


def words(text: str) -> list[str]:
    """Folded words in order: runs of letters and digits; every Han, Kana or Hangul character is a word of its own.

    No word holds ASCII punctuation or space, none is longer than MAX_WORD (cut, in index and query alike)."""
    if text.isascii():
        spaced = text.replace("\0", "").encode("ascii").translate(_ASCII_SPACED).decode("ascii")
    else:
        spaced = text.translate(_WORDS)
        if _LOOSE_HANGUL.search(spaced):
            spaced = _fold_wide(text).translate(_WORDS)
    found = spaced.split()
    if len(spaced) <= MAX_WORD or max(map(len, found), default=0) <= MAX_WORD:
        return found
    return [word[:MAX_WORD] for word in found]


_DIGITS_AFTER: Final = "\U0010fffc"  # greater than any letter, in Python and in SQLite's byte order
_EMPTY_LAST: Final = "\U0010fffd"


def sort_key(name: str) -> str:
    """Key that orders displayed names (as text, byte by byte): letters, then digits, then names without either.

    Whether family or first names lead is decided by whoever made `name`; here it is only folded. A prefix of a name
    has a key that is a prefix of the name's key, so type-ahead compares `sort_key(typed)`."""
    key = " ".join(words(name))
    if not key:
        return _EMPTY_LAST
    return _DIGITS_AFTER + key if key[0].isdigit() else key


def key_words(key: str) -> list[str]:
    """The words that a `sort_key` was made of."""
    return key.removeprefix(_DIGITS_AFTER).removeprefix(_EMPTY_LAST).split()


# ── phone digits ─────────────────────────────────────────────────────────────────────────────────────────────────────

_BRACKETED_ZERO: Final = re.compile(r"\(\s*0\s*\)").sub
_NOT_DIGITS: Final = re.compile(r"[^0-9]+").sub
_PHONE_LIKE: Final = re.compile(r"[0-9+()\-./\s]+").fullmatch
_WHOLE_PHONE: Final = re.compile(r"[+(]{0,2}\d[\d .()/\u00a0\u202f\u2010-\u2015-]{0,38}").fullmatch
# E.164 country codes of one and two digits; all others have three.
_SHORT_CODES: Final = re.compile(
    r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
).match  # fmt: skip


def _digits(folded: str) -> str:
    return _NOT_DIGITS("", _BRACKETED_ZERO("", folded))


def phone_digits(number: str) -> str:
    """ASCII digits of a phone text: `(0)` dropped, a leading 00 dropped, at most MAX_DIGITS. '' if it has none."""
    return _digits(fold(number)).removeprefix("00")[:MAX_DIGITS]


def is_phone(text: str, least: int) -> bool:
    """Whether the whole text is one phone number as people write them, with at least so many digits."""
    return _WHOLE_PHONE(text.strip()) is not None and len(phone_digits(text)) >= least


_HIDDEN = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)


def has_hidden(text: str, *, lines: bool = False) -> bool:
    """Whether it holds characters that nobody sees and that make it another text; line breaks and tabs are such unless
    it may have `lines`. What joins letters (Persian, emoji) belongs to them."""
    if text.isprintable() and text.isascii():
        return False
    return _HIDDEN.search(text) is not None or (not lines and any(sign in text for sign in "\n\r\t"))


def without_hidden(text: str) -> str:
    """What is seen of it."""
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub("", text)


def phone_tail(number: str) -> str:
    """The digits by which two written phone numbers are one person's, '' where there are too few of them."""
    digits = phone_digits(number)
    return digits[-_TAIL:] if len(digits) >= _TAIL else ""


def digit_tokens(number: str) -> list[str]:
    """Every ending of the number with at least MIN_NEEDLE digits, so that a prefix match finds it anywhere inside."""
    digits = phone_digits(number)
    return [digits[start:] for start in range(len(digits) - MIN_NEEDLE + 1)]


def _national(digits: str) -> tuple[str, ...]:
    """The number behind its country code as it is written at home (0…); () while too little of it is typed."""
    short = _SHORT_CODES(digits)
    rest = digits[short.end() if short else 3 :]
    return ("0" + rest,) if len(rest) >= MIN_NEEDLE else ()


def digit_needles(text: str) -> tuple[str, ...]:
    """What to look for (as a prefix of `digit_tokens`) when `text` is a phone number or part of one, else ().

    `0612312` also looks for `612312`, which is inside +33 612312; `+33612312` and `0033612312` also for `0612312`."""
    folded = fold(text)
    if not _PHONE_LIKE(folded):
        return ()
    typed = _digits(folded)[:MAX_DIGITS]
    if len(typed) < MIN_NEEDLE:
        return ()
    bare = typed[2:] if typed.startswith("00") else typed.removeprefix("0")
    found = [typed] + ([bare] if bare != typed and len(bare) >= _MIN_BARE else [])
    if folded.lstrip(" (").startswith(("+", "00")):
        found += _national(bare)
    return tuple(found)


# ── texts for the screen ─────────────────────────────────────────────────────────────────────────────────────────────

_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+").sub
# Bidi controls would reorder the text around a name; zero-width ones make two names look alike; surrogates cannot be
# stored. Joiners (U+200C, U+200D) stay: Persian and emoji need them.
_UNSEEN: Final = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]").sub


def one_line(text: str, limit: int = 300) -> str:
    """`text` fit for one line of screen: no control characters, bidi controls or lone surrogates, cut with '…'."""
    if not text.isprintable():
        text = _UNSEEN("", _BREAKS(" ", text))
    text = text.strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _first_letter(word: str) -> str:
    """The first letter or digit of a word with up to two marks that sit on it, in upper case; '' if it has none."""
    start = next((index for index, char in enumerate(word) if char.isalnum()), len(word))
    end = start + 1
    while end < min(len(word), start + 3) and unicodedata.category(word[end]).startswith("M"):
        end += 1
    letter = word[start:end]
    upper = letter.upper()
    return upper if len(upper) == len(letter) else letter


def initials(name: str) -> str:
    """One or two letters for an avatar, '' where the name has none: first and last word; one for Han, Arabic, ….

    Scripts without upper case get one letter: two of them beside each other would join or read as another word."""
    parts = unicodedata.normalize("NFC", one_line(name)).split()
    letters = [letter for letter in map(_first_letter, parts) if letter]
    if not letters:
        return ""
    without_case = letters[0].lower() == letters[0] and not letters[0].isdigit()
    if len(letters) == 1 or without_case:
        return letters[0]
    return letters[0] + letters[-1]
