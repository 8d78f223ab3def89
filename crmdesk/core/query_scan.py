"""Typed text → tokens. Any text is tokens of some kind; brackets and quotation marks need no partner.

`tokens` takes one step per term and never looks back, so its time grows with the text only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from crmdesk.core.query_nodes import ALSO, FIELDS
from crmdesk.core.text import fold, phone_digits

JOIN_FROM: Final = 6  # digits in all from which numbers typed with spaces are one number (UX-SRC-10)


class Kind(Enum):
    OPEN = "("
    CLOSE = ")"
    OR = "OR"
    WORD = "word"
    PHRASE = "phrase"
    NUMBER = "number"  # digits with spaces or a bracket
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class Value:
    """One value after a field's colon; `quoted` if it stood in quotation marks (gone from `text`)."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is the word, the phrase without its marks and extra spaces, or the field's name.

    It came from [start, end) of the typed text."""

    kind: Kind
    start: int
    end: int
    text: str = ""
    negated: bool = False
    values: tuple[Value, ...] = ()


# Typographic marks and full-width signs are what phones, word processors and East Asian keyboards put in.
_PLAIN: Final = str.maketrans("“”„‟«»＂（）：，｜", '"""""""():,|')

_SPACE: Final = re.compile(r"\s+").match
_NOT: Final = re.compile(r'-(?=[^\W\d_]|["(])').match
_PHRASE: Final = re.compile(r'"((?:\\"|[^"])*)"?').match
_WORD: Final = re.compile(r'[^\s"()|]+').match
_VALUE: Final = re.compile(r'[^\s"(),|]+').match
_NAME: Final = re.compile(r"([^\W\d_]+):").match
_OPERATOR: Final = re.compile(r'OR(?=[\s"()|]|$)').match
# After `city:` or a comma a space is forgiven if a value follows it, rather than the next term.
_GAP: Final = re.compile(r'\s+(?=["\w+<>])(?!OR(?:[\s"()|]|$)|[^\W\d_]+:)').match
_MORE: Final = r"""(?:\s+(?:[-./]\s+)?\+?\d[\d.\-/]*   # 12, with or without a dash between
                    |\s*\(\+?\d+\)[\d.\-/]*)"""  # (0)6
_NUMBER: Final = re.compile(
    rf"""(?:\(\+?\d+\)[\d.\-/]+{_MORE}*                # (030)123456
          |(?:\(\+?\d+\)|\+?\d[\d.\-/]*){_MORE}+)    # (030) 12, 06 12, +33 (0)6
        (?=[\s"()|,]|$)""",
    re.VERBOSE,
).match
_FIRST_CHUNK: Final = re.compile(r"\S+").match


def tokens(text: str) -> Iterator[Token]:
    """The tokens of `text` in order, with their places in it."""
    plain = text.translate(_PLAIN)
    at = 0
    while at < len(plain):
        if space := _SPACE(plain, at):
            at = space.end()
            continue
        token = _sign(plain, at) or _term(plain, at)
        yield token
        at = token.end


def _sign(plain: str, at: int) -> Token | None:
    """A bracket or an OR; a bracket that begins a phone number is no bracket."""
    if operator := _OPERATOR(plain, at):
        return Token(Kind.OR, at, operator.end())
    opened = 1 if _NOT(plain, at) and plain[at + 1] == "(" else 0
    match plain[at + opened]:
        case "|":
            return Token(Kind.OR, at, at + 1)
        case ")":
            return Token(Kind.CLOSE, at, at + 1)
        case "(" if opened or not _number(plain, at):
            return Token(Kind.OPEN, at, at + opened + 1, negated=bool(opened))
    return None


def _term(plain: str, start: int) -> Token:
    negation = _NOT(plain, start)
    at, negated = (negation.end(), True) if negation else (start, False)
    if phrase := _PHRASE(plain, at):
        return Token(Kind.PHRASE, start, phrase.end(), _unquoted(phrase[1]), negated)
    if end := _number(plain, at):
        return Token(Kind.NUMBER, start, end, plain[at:end])
    name = _NAME(plain, at)
    field = ALSO.get(fold(name[1]), fold(name[1])) if name else ""
    if name and field in FIELDS:
        values, end = _values(plain, name.end(), field)
        return Token(Kind.FIELD, start, end, field, negated, values)
    word = _WORD(plain, at)
    assert word  # all that a word cannot begin with has been read above
    return Token(Kind.WORD, start, word.end(), word[0], negated)


def _unquoted(inside: str) -> str:
    return " ".join(inside.replace('\\"', '"').split())


def _number(plain: str, at: int) -> int:
    """Where a number typed with spaces ends that begins here; 0 if none does."""
    found = _NUMBER(plain, at)
    return found.end() if found and len(phone_digits(found[0])) >= JOIN_FROM else 0


def _values(plain: str, at: int, field: str) -> tuple[tuple[Value, ...], int]:
    """The values that begin here, and where they end."""
    values: list[Value] = []
    while True:
        gap = _GAP(plain, at)
        begin = gap.end() if gap else at
        if read := _value(plain, begin, field):
            value, at = read
            values.append(value)
        if plain[at : at + 1] != ",":
            return tuple(values), at
        at += 1


def _value(plain: str, at: int, field: str) -> tuple[Value, int] | None:
    if phrase := _PHRASE(plain, at):
        return Value(_unquoted(phrase[1]), quoted=True), phrase.end()
    if field == "phone" and (end := _phone(plain, at)):
        return Value(" ".join(plain[at:end].split())), end
    word = _VALUE(plain, at)
    return (Value(word[0]), word.end()) if word else None


def _phone(plain: str, at: int) -> int:
    """As `_number`, but a whole number stays alone: the 2021 of `phone:0612312 2021` is another term."""
    chunk = _FIRST_CHUNK(plain, at)
    if chunk and "(" not in chunk[0] and len(phone_digits(chunk[0])) >= JOIN_FROM:
        return 0
    return _number(plain, at)
