"""Sentences made of parts that can be said again in another language. Pure.

`said("{vendor} did not answer.", vendor=title)` is a plain English str for whoever only shows, stores or compares it;
the window translates its template and fills in the parts. `said_of` is the same for a count, with a plural form. A
whole number among the parts is grouped as the desk's locale does it; what is no amount (a status, a version) is given
as text.
`mark` names a message for the catalogues where a constant alone does not read like words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

Part = str | int


class Voice(Protocol):
    """A language: its messages, plural forms and numbers."""

    def gettext(self, message: str) -> str: ...

    def ngettext(self, one: str, many: str, count: int, /) -> str: ...

    def number(self, value: int) -> str: ...


class Said(str):
    """An English sentence with the `template` and the `parts` it was made of; `many` is the template's plural, for the
    part `n`, or ''."""

    template: str
    many: str
    parts: Mapping[str, Part]

    def in_words(self, voice: Voice) -> str:
        """The same in another language; parts that are themselves sentences are translated too."""
        count = self.parts.get("n")
        if self.many and isinstance(count, int):
            text = voice.ngettext(self.template, self.many, count)
        else:
            text = voice.gettext(self.template)
        return filled(text, {name: _part(part, voice) for name, part in self.parts.items()})


class Joined(Said):
    """Whole sentences or words, one after the other."""

    joint: str
    pieces: tuple[Said, ...]

    def in_words(self, voice: Voice) -> str:
        return self.joint.join(piece.in_words(voice) for piece in self.pieces)


class Named(Said):
    """A name that people gave: the same in every language, also where it happens to be a message of ours."""

    def in_words(self, voice: Voice) -> str:
        return str(self)


def named(text: str) -> Named:
    """For what is translated wherever it is shown, but was named by somebody (the label of a custom field)."""
    made = Named(text)
    made.template, made.many, made.parts = text, "", {}
    return made


def said(template: str, **parts: object) -> Said:
    """The template with its {parts}; `template` must be a literal, so that translators get it."""
    return _made(template, "", {name: _kept(part) for name, part in parts.items()})


def said_of(n: int, one: str, many: str, **parts: object) -> Said:
    """`one` for 1, else `many`, in a translation by its own rule; `{n}` in either stands for the grouped number."""
    return _made(one, many, {"n": n, **{name: _kept(part) for name, part in parts.items()}})


def term(text: str, shown: str = "") -> Said:
    """A text that is a message elsewhere (the label of a field), as a part of a sentence; `shown` is its English form
    in there where that differs."""
    if isinstance(text, Said):
        return text
    made = Said(shown or text)
    made.template, made.many, made.parts = text, "", {}
    return made


def together(*sentences: str) -> Said:
    """Whole sentences, one after the other; empty ones are left out."""
    return _joined(" ", sentences)


def listed(texts: Iterable[str], joint: str = ", ") -> Said:
    """Words of ours in a row (labels of fields)."""
    return _joined(joint, texts)


def mark(text: str) -> str:
    """Nothing: it only names a message that is translated where it is shown."""
    return text


def filled(template: str, parts: Mapping[str, str]) -> str:
    """The template with its {parts}, in one pass: a part may hold such a word itself."""
    made, rest = "", template
    while rest:
        before, opened, tail = rest.partition("{")
        name, closed, after = tail.partition("}")
        if opened and closed and name in parts:
            made, rest = made + before + parts[name], after
        else:
            made, rest = made + before + opened, tail
    return made


def _made(template: str, many: str, parts: dict[str, Part]) -> Said:
    english = many if many and parts["n"] != 1 else template
    made = Said(filled(english, {name: f"{part:,}" if isinstance(part, int) else part for name, part in parts.items()}))
    made.template, made.many, made.parts = template, many, parts
    return made


def _joined(joint: str, texts: Iterable[str]) -> Said:
    pieces = tuple(text if isinstance(text, Said) else term(text) for text in texts if text)
    made = Joined(joint.join(pieces))
    made.template, made.many, made.parts, made.joint, made.pieces = str(made), "", {}, joint, pieces
    return made


def _kept(part: object) -> Part:
    """Sentences and amounts as they are, for the window; anything else as text."""
    amount = isinstance(part, int) and not isinstance(part, bool)
    return part if isinstance(part, Said) or amount else str(part)  # type: ignore[return-value]


def _part(part: Part, voice: Voice) -> str:
    if isinstance(part, Said):
        return part.in_words(voice)
    return voice.number(part) if isinstance(part, int) else part
