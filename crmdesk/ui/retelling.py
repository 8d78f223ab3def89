"""Sentences that were kept in English, said in the language of the program.

What became of an account's check, an edit or a row is stored as the sentence that was made then, in English: log,
command line and every desk of a shared folder read the same. The window finds the message it was made from and fills
its parts into the translation. A text that is no message of ours (a vendor's own words) stays as it is."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from crmdesk.core.said import Voice, filled

Original = tuple[str, ...]  # the message, or its singular and plural
OURS = frozenset(
    {"field", "fields", "why", "what", "kind", "state", "contacts", "purchases"}
)  # parts that are messages
_LEAST = 8  # letters of a message outside its parts: less would be found in other texts
_MOST_SENTENCES = 8
_LONGEST = 2000
_PART = re.compile(r"\{(\w+)\}")
_END = re.compile(r"(?<=[.?!:])\s+(?=\S)")
_LIST = ", "
_COUNT = re.compile(r"(\d[\d,]*) .+")  # a piece of "1 new, 3 changed."


def originals(catalogue: bytes) -> Iterator[Original]:
    """All messages that a compiled catalogue (.mo) translates."""
    order = "<" if catalogue[:4] == b"\xde\x12\x04\x95" else ">"
    count, table = struct.unpack_from(f"{order}2I", catalogue, 8)
    for place in range(count):
        length, start = struct.unpack_from(f"{order}2I", catalogue, table + 8 * place)
        texts = catalogue[start : start + length].decode("utf-8").split("\0")
        if texts[0]:
            yield tuple(texts)


class _Template:
    """One form of a message with parts."""

    __slots__ = ("_found", "_text", "ends", "letters", "original", "starts")

    def __init__(self, text: str, original: Original) -> None:
        self._text, self._found, self.original = text, None, original
        plain = _PART.split(text)[::2]
        self.starts, self.ends = plain[0], plain[-1]
        self.letters = sum(letter.isalpha() for piece in plain for letter in piece)

    def parts_of(self, text: str) -> dict[str, str] | None:
        """What stands at its parts; None where the text is not made from it."""
        if not (text.startswith(self.starts) and text.endswith(self.ends)):
            return None
        if self._found is None:
            self._found = re.compile(_pattern(self._text), re.DOTALL)
        found = self._found.fullmatch(text)
        return found.groupdict() if found else None

    _found: re.Pattern[str] | None


def _pattern(template: str) -> str:
    made, known = "", set()
    for place, piece in enumerate(_PART.split(template)):
        if place % 2 == 0:
            made += re.escape(piece)
        else:
            made += f"(?P={piece})" if piece in known else f"(?P<{piece}>.+?)"
            known.add(piece)
    return made


class Retelling:
    """Says kept sentences in one language."""

    def __init__(self, messages: Iterable[Original], voice: Voice) -> None:
        self._voice = voice
        messages = tuple(messages)
        self._one = {message[0]: message for message in messages if len(message) > 1}
        self._counted = {form: message for message in messages if len(message) > 1 for form in message}
        found = [_Template(form, message) for message in messages for form in message if "{" in form]
        self._templates = sorted(
            (one for one in found if one.letters >= _LEAST), key=lambda one: one.letters, reverse=True
        )
        self.told = lru_cache(maxsize=1000)(self._told)

    def _told(self, text: str) -> str:
        """In the language, or as it is."""
        if len(text) > _LONGEST:
            return text
        return self._whole(text) or self._by_counts(text) or self._by_sentences(text) or text

    def _whole(self, text: str) -> str:
        """'' where it is no message."""
        if text in self._one:  # a catalogue's own look-up would leave its {n} unfilled
            return self._said(self._one[text], {"n": "1"})
        if (said := self._voice.gettext(text)) != text:
            return said
        for template in self._templates:
            if (parts := template.parts_of(text)) is not None:
                return self._said(template.original, parts)
        return ""

    def _by_counts(self, text: str) -> str:
        """*1 new, 3 changed.*: nothing but counts, whose own message has no words of its own to be found by; '' where a
        piece is no count of ours."""
        told = [self._count(piece) for piece in text.removesuffix(".").split(_LIST)]
        return _LIST.join(told) + ("." if text.endswith(".") else "") if all(told) else ""

    def _count(self, piece: str) -> str:
        found = _COUNT.fullmatch(piece)
        if found is None:
            return ""
        number = found[1]
        original = self._counted.get(piece) or self._counted.get("{n}" + piece[len(number) :])
        return self._said(original, {"n": number}) if original is not None else ""

    def _said(self, original: Original, found: Mapping[str, str]) -> str:
        parts = {name: self._part(name, text) for name, text in found.items()}
        if len(original) == 1:
            return filled(self._voice.gettext(original[0]), parts)
        count = int(re.sub(r"\D", "", found.get("n", "1")) or 1)
        parts |= {"n": self._voice.number(count)} if "n" in parts else {}
        return filled(self._voice.ngettext(original[0], original[1], count), parts)

    def _part(self, name: str, text: str) -> str:
        if name not in OURS:
            return text
        if name == "fields":
            return _LIST.join(self._part("field", one) for one in text.split(_LIST))
        capital = text[:1].upper() + text[1:]
        return self._whole(text) or self._whole(capital) or text

    def _by_sentences(self, text: str) -> str:
        """Several messages, one after the other; '' where none of them is one."""
        rest, made, any_told = _END.split(text), [], False
        if not 1 < len(rest) <= _MOST_SENTENCES:
            return ""
        while rest:
            for count in range(len(rest), 0, -1):
                words = " ".join(rest[:count])
                if told := self._whole(words) or self._by_counts(words):
                    any_told = True
                    break
            made.append(told or rest[0])
            del rest[: count if told else 1]
        return " ".join(made) if any_told else ""
