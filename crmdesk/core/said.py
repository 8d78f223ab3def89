"""Sentences made of parts that can be said again in another language. Pure.

`said("{vendor} did not answer.", vendor=title)` is a plain str for whoever only shows, stores or compares it; the
window translates its template and fills in the parts. `mark` names a message for the catalogues where a constant alone
does not read like words."""

from __future__ import annotations

from collections.abc import Callable


class Said(str):
    """An English sentence with the `template` and the `parts` it was made of."""

    template: str
    parts: dict[str, str]

    def in_words(self, tr: Callable[[str], str]) -> str:
        """The same in another language; parts that are themselves sentences are translated too."""
        return _filled(tr(self.template), {name: _part(part, tr) for name, part in self.parts.items()})


def said(template: str, **parts: object) -> Said:
    """The template with its {parts}; `template` must be a literal, so that translators get it."""
    texts = {name: part if isinstance(part, Said) else str(part) for name, part in parts.items()}
    made = Said(_filled(template, texts))
    made.template, made.parts = template, texts
    return made


def mark(text: str) -> str:
    """Nothing: it only names a message that is translated where it is shown."""
    return text


def _part(part: str, tr: Callable[[str], str]) -> str:
    return part.in_words(tr) if isinstance(part, Said) else part


def _filled(template: str, parts: dict[str, str]) -> str:
    """One pass over the template: a part may hold such a word itself."""
    made, rest = "", template
    while rest:
        before, opened, tail = rest.partition("{")
        name, closed, after = tail.partition("}")
        if opened and closed and name in parts:
            made, rest = made + before + parts[name], after
        else:
            made, rest = made + before + opened, tail
    return made
