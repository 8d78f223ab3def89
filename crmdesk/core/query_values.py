"""What a value after `field:` means, and the hints for names and values that cannot be used."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from crmdesk.core.query_nodes import (
    AGE_FIELDS,
    CHOICES,
    EMPTY,
    FIELDS,
    LATER_FIELDS,
    LATER_VALUES,
    OPEN_CHOICES,
    TIME_FIELDS,
    Choice,
    Lexicon,
    Node,
    Or,
    Phrase,
    TextIs,
    Word,
)
from crmdesk.core.query_scan import Value
from crmdesk.core.query_times import AGE_HINT, TIME_HINT, read_time, unfinished, when
from crmdesk.core.said import said
from crmdesk.core.text import digit_needles, fold, words

_MOST_NAMED: Final = 8  # people or kinds in one remark
MAX_WORDS: Final = 16  # words of one term that are searched for

_SYNONYMS: Final = {
    "forgotten": "forget", "canceled": "cancelled", "e-mail": "email", "unknown": "never", "never asked": "never",
    "not asked": "never", "pending": "waiting", "needs you": "needsyou", "needs-you": "needsyou",
    "unknown outcome": "unknown", "unsaved": "draft", "failed": "needsyou",
}  # fmt: skip
_SCHEMES: Final = frozenset(("http", "https", "mailto", "tel", "sip", "file", "ftp"))
_NAME: Final = re.compile(r"([^\W\d_]{2,30})[:：](.*)", re.DOTALL).fullmatch


@dataclass(frozen=True, slots=True)
class Reading:
    """A value understood. `node` None: nothing to search for yet. `hint` '' = nothing to remark."""

    node: Node | None
    hint: str = ""


def read_value(field: str, value: Value, now: datetime, lexicon: Lexicon) -> Reading:
    """The condition that `field:value` means. A value that cannot be used is searched as text, with a hint: leaving
    it out would show more contacts than were asked for, and actions may be run on all that match."""
    if field in TIME_FIELDS or field in AGE_FIELDS:
        return _time(field, value.text, now)
    if field in CHOICES:
        return _choice(field, value.text)
    if field in OPEN_CHOICES:
        return _open_choice(field, value.text, lexicon)
    return Reading(_code(field, value.text, lexicon) or _text(field, value))


def _text(field: str, value: Value) -> Node | None:
    text = short(value.text if value.quoted else value.text.rstrip("*"))
    if not words(text):
        return None
    as_digits = field == "phone" and digit_needles(text)  # quotation marks make no difference to a number
    return TextIs(field, Phrase(text) if value.quoted and not as_digits else Word(text))


def _time(field: str, text: str, now: datetime) -> Reading:
    typed = read_time(field, text)
    if typed:
        return Reading(when(field, typed, now))
    if unfinished(text):
        return Reading(None)
    return Reading(Word(short(f"{field}:{text}")), value_hint(field))


def short(text: str) -> str:
    """`text` as far as its first MAX_WORDS words reach (a word is at least one character)."""
    if len(words(text)) <= MAX_WORDS:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(words(text[:middle])) <= MAX_WORDS else (low, middle - 1)
    return text[:low]


# ── choices ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _choice(field: str, text: str) -> Reading:
    """One of the field's own values, or their one that begins so (`has:em`)."""
    key = fold(text).strip()
    if not key:
        return Reading(None)
    found = _one({**{name: name for name in CHOICES[field]}, **_synonyms(field)}, key)
    if found:
        return Reading(Choice(field, found))
    as_text = Word(short(f"{field}:{text}")) if words(text) else None
    if any(later.startswith(key) for later in LATER_VALUES[field]):
        return Reading(as_text, said("{word} is not available yet. It is searched as text.", word=f"{field}:{key}"))
    return Reading(as_text, value_hint(field))


def _synonyms(field: str) -> dict[str, str]:
    return {typed: name for typed, name in _SYNONYMS.items() if name in CHOICES[field]}


def _open_choice(field: str, text: str, lexicon: Lexicon) -> Reading:
    """An account as typed; a vendor by key or title, or all whose key or title begins so (`vendor:prio`)."""
    key = fold(text).strip()
    if not key:
        return Reading(None)
    if field == "account":
        return Reading(Choice(field, text.strip()))
    if field == "by":
        remark = "" if _is_known(key, lexicon.operators) else _known(field, lexicon)
        return Reading(Choice(field, text.strip()), remark)  # it is searched for all the same
    if field == "event":
        return _event(key, lexicon)
    found = _meant(lexicon.vendors, key.rstrip("*"))
    if found:
        nodes = tuple(Choice(field, vendor) for vendor in found)
        return Reading(Or(nodes) if len(nodes) > 1 else nodes[0])
    return Reading(Choice(field, key), _known(field, lexicon))


def _known(field: str, lexicon: Lexicon) -> str:
    """What may follow `vendor:`, `by:` or `event:` as far as it is known; '' where nothing is."""
    names = list(lexicon.operators) if field == "by" else sorted(set(lexicon.vendors.values()))
    if field == "event":
        first = {kind: name for name, kind in (*lexicon.events.items(),)[::-1]}  # of each kind its first name
        names = [*first.values()][::-1]
    if field not in ("vendor", "by", "event") or not names:
        return ""
    text = "{word} takes a number, or {values}." if field == "event" else "{word} takes {values}."
    return said(text, word=f"{field}:", values=_listed(names[:_MOST_NAMED]))


def _is_known(key: str, people: Sequence[str]) -> bool:
    return any(name.startswith(key) for one in people for name in (fold(one), *words(one)))


def _event(key: str, lexicon: Lexicon) -> Reading:
    """A kind by its name in the desk's language, or what it begins with; else a number or id as it is typed."""
    found = _meant(lexicon.events, key.rstrip("*"))
    nodes = tuple(Choice("event", kind) for kind in found or (key,))
    plausible = bool(found) or any(letter.isdigit() for letter in key)
    return Reading(Or(nodes) if len(nodes) > 1 else nodes[0], "" if plausible else _known("event", lexicon))


def _code(field: str, text: str, lexicon: Lexicon) -> Node | None:
    """A country or a language by code or by name, as far as the lexicon knows it."""
    names = {"country": lexicon.countries, "lang": lexicon.languages}.get(field)
    if names is None:
        return None
    key = fold(text).strip(" *")
    code = names.get(key) or _known_code(names, key) or _one(names, key)
    if not code:
        return None
    return Choice(field, code.upper() if field == "country" else code.lower())


def _known_code(names: Mapping[str, str], key: str) -> str | None:
    if names:
        return next((code for code in names.values() if code.lower() == key), None)
    return key if len(key) == 2 and key.isascii() and key.isalpha() else None


def _one(names: Mapping[str, str], key: str) -> str | None:
    """What `key` names: exactly, or as the beginning of names that all mean the same. `key` is folded."""
    meant = _meant(names, key)
    return meant[0] if len(meant) == 1 else None


def _meant(names: Mapping[str, str], key: str) -> tuple[str, ...]:
    """Everything that `key` may name, each once: what it names exactly, else what it is the beginning of."""
    if key in names or not key:
        return (names[key],) if key in names else ()
    return tuple(dict.fromkeys(value for name, value in names.items() if name.startswith(key)))


# ── hints ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def name_hint(word: str) -> tuple[int, str] | None:
    """How many characters of a plain word look like a field's name, and what to say about it; None if none do."""
    found = _NAME(word)
    if not found or found[2].startswith("//") or (name := fold(found[1])) in _SCHEMES:
        return None
    length = len(found[1]) + 1
    if name in LATER_FIELDS:
        return length, said("{word} is not available yet. It is searched as text.", word=f"{name}:")
    close = difflib.get_close_matches(name, FIELDS, n=3, cutoff=0.6)
    if close:
        return length, said("Did you mean {values}?", values=_listed([f"{one}:" for one in close]))
    return length, said("There is no field {word} here. It is searched as text.", word=f"{name}:")


def value_hint(field: str, lexicon: Lexicon = EMPTY) -> str:
    """What may follow `field:`."""
    if known := _known(field, lexicon):
        return known
    if field in AGE_FIELDS:
        return said(AGE_HINT, word=f"{field}:")
    if field in TIME_FIELDS:
        return said(TIME_HINT, word=f"{field}:")
    if field in CHOICES:
        names = ["forgotten" if name == "forget" else name for name in CHOICES[field]]
        return said("{word} takes {values}.", word=f"{field}:", values=_listed(names))
    return said("Type what to look for after {word}", word=f"{field}:")


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return names[0]
    return said("{first} or {last}", first=", ".join(names[:-1]), last=names[-1])
