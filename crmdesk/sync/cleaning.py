"""Cleaning of what somebody typed or pasted: what nobody sees is taken out, and said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec

HIDDEN = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff]"
)
"""What nobody sees: control characters, soft hyphens, zero-width and bidi marks, lone surrogates. Joiners (U+200C,
U+200D) stay: Persian and emoji need them."""
_BREAKS = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
_BREAKS_AND_TABS = re.compile("\r\n|[\t\n\v\f\r\x85\u2028\u2029]")
_JOINERS = re.compile("[\u200c\u200d]")
_ODD_SPACES = re.compile("[\t\xa0\u2000-\u200a\u202f\u205f\u3000]")
_ONE_PIECE = frozenset({FieldKind.EMAIL, FieldKind.URL, FieldKind.PHONES, FieldKind.COUNTRY, FieldKind.LANGUAGES})
_MOST_ENTRIES = 500  # of a list; a longer one is refused, not cleaned


def cleaned(value: Any, spec: FieldSpec) -> tuple[Any, int]:
    """The value without spaces at its ends and invisible characters, also inside lists and entries, and how many
    invisible characters were taken out. Breaks become spaces in a text of one line. What is clean comes back as it is.

    Doing it twice does nothing more."""
    if spec.kind.secret:
        return value, 0
    if isinstance(value, str):
        return _cleaned_text(value, spec.kind)
    if isinstance(value, list | tuple):
        return _cleaned_list(value, spec)
    return value, 0


def _cleaned_text(given: str, kind: FieldKind) -> tuple[str, int]:
    if given.isprintable() and given.isascii():
        return given.strip(), 0
    text, hidden = HIDDEN.subn("", given)
    if kind in _ONE_PIECE:
        text, joiners = _JOINERS.subn("", _ODD_SPACES.sub(" ", text))
        hidden += joiners
    text = _BREAKS.sub("\n", text) if kind is FieldKind.LINES else _BREAKS_AND_TABS.sub(" ", text)
    text = text.strip()
    return (given if text == given else text), hidden


def _cleaned_list(items: Sequence[Any], spec: FieldSpec) -> tuple[Any, int]:
    made = list(items)
    hidden = 0
    for place, item in enumerate(items[:_MOST_ENTRIES]):
        if isinstance(item, Mapping):
            made[place], count = _cleaned_entry(item, spec)
            hidden += count
        elif isinstance(item, str):
            made[place], count = _cleaned_text(item, spec.kind)
            hidden += count
    return (items if _as_before(zip(made, items, strict=True)) else made), hidden


def _cleaned_entry(entry: Mapping[str, Any], spec: FieldSpec) -> tuple[Any, int]:
    parts = {part.path: part.kind for part in spec.parts}
    made, hidden = dict(entry), 0
    for key, text in entry.items():
        if isinstance(text, str):
            kind = parts.get(key, FieldKind.PHONES if key == "number" else FieldKind.TEXT)
            made[key], count = _cleaned_text(text, kind)
            hidden += count
    return (entry if _as_before((made[key], entry[key]) for key in made) else made), hidden


def _as_before(pairs: Iterable[tuple[Any, Any]]) -> bool:
    """Texts are compared, everything else is the same object unless it was made anew."""
    return all(new is old or (isinstance(old, str) and new == old) for new, old in pairs)
