"""What a typed search means: the tree the store turns into SQL, the hints the search box shows, names of fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from crmdesk.core.said import mark

TEXT_FIELDS: Final[tuple[str, ...]] = (
    "name", "first", "last", "email", "company", "phone", "address", "city", "zip", "state", "country", "lang",
    "gender", "website", "notes", "id", "type",
)  # fmt: skip
"""Search field names whose text is in the index."""

SORT_COLUMNS: Final[tuple[str, ...]] = (
    "name", "account", "email", "phone", "city", "country", "languages", "type", "consent", "updated", "as_of",
    "created", "notes", "remote_id", "state", "changed_by",
)  # fmt: skip
"""Names a `core.types.Sort` may have."""

TimeTarget: TypeAlias = Literal["updated", "created", "fetched", "as_of"]
TIME_FIELDS: Final[tuple[str, ...]] = ("updated", "created", "fetched")
AGE_FIELDS: Final[tuple[str, ...]] = ("stale",)
CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "is": (
            "restricted",
            "forget",
            "cancelled",
            "waiting",
            "conflict",
            "needsyou",
            "unknown",
            "draft",
            "linked",
            "duplicate",
        ),
        "has": ("email", "phone", "address", "notes", "website"),
        "no": ("email", "phone", "address", "notes", "website"),
        "consent": ("yes", "no", "never"),
    }
)
"""Fields with a closed list of values; these are the values a Choice of that field may have."""

OPEN_CHOICES: Final[tuple[str, ...]] = ("vendor", "account", "by", "event")
"""Choice fields whose values core does not know: `vendor` a vendor key, `account` an account's title or id, `by` words
of the name of who changed the contact here, `event` a number, id or kind of what was sent about it in bulk."""

FIELDS: Final[tuple[str, ...]] = (*TEXT_FIELDS, *OPEN_CHOICES, *CHOICES, *TIME_FIELDS, *AGE_FIELDS)
"""Every field name that may stand before a colon."""

ALSO: Final[Mapping[str, str]] = MappingProxyType({"ref": "id"})
"""Other names of fields: beside the vendor's id stand the numbers that other systems gave the contact."""

LATER_FIELDS: Final[tuple[str, ...]] = ("tag", "reseller", "distributor")
LATER_VALUES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "is": ("new", "trashed"),
        "has": ("revisions",),
        "no": ("revisions",),
        "consent": ("disagree",),
    }
)
"""Words of the full grammar for data this version does not keep: searched as text, with a hint."""


class Op(StrEnum):
    """How a field is compared, as filters offer it (UX-FLT-02). The first four are for text and choices."""

    IS = mark("is")
    EXACTLY = "is exactly"  # whole words: the value in quotation marks
    STARTS = "starts with"
    EMPTY = "is empty"
    ON = mark("on")  # a day, a month or a year
    LAST = "in the last"  # an age
    OLDER = "more than"  # an age
    BEFORE = mark("before")
    UNTIL = mark("until")
    AFTER = mark("after")
    SINCE = mark("since")
    BETWEEN = mark("between")


@dataclass(frozen=True, slots=True)
class Word:
    """Every one of `core.text.words(text)` starts some word of the searched text. Where `digit_needles(text)` is not
    empty, one of these in a phone number is a match too. `exact` is False for now. Never without words."""

    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """`words(text)` whole, in this order, side by side, in one field. Never without words."""

    text: str


@dataclass(frozen=True, slots=True)
class TextIs:
    """`value` in that one of TEXT_FIELDS. In `phone` a value with `digit_needles` is looked for among the digits."""

    field: str
    value: Word | Phrase


@dataclass(frozen=True, slots=True)
class Choice:
    """A fact about the contact. `field`: one of CHOICES (value from its list), one of OPEN_CHOICES, `country`
    (upper-case alpha-2) or `lang` (code)."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class When:
    """A time within [low, high), UTC ISO text as in `core.seams.iso`; None = open. `as_of` is never typed: it is
    what `stale:` means."""

    field: TimeTarget
    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class Joined:
    """A phone number typed with spaces (UX-SRC-10): any of `needles` starts one of the contact's `digit_tokens`, or
    all `words` match. `digits` is the number's `phone_digits`; `needles` what `digit_needles` makes of it as typed."""

    digits: str
    words: tuple[Word, ...]
    needles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Everything:
    """No condition."""


@dataclass(frozen=True, slots=True)
class Not:
    """What `node` does not match."""

    node: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of at least two."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of at least two."""

    nodes: tuple[Node, ...]


Node: TypeAlias = Word | Phrase | TextIs | Choice | When | Joined | Everything | Not | And | Or


@dataclass(frozen=True, slots=True)
class Hint:
    """A remark about `text[start:end]` of what was typed. It never stops a search."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Term:
    """One of the terms that must all match, and where it stands in the typed text."""

    node: Node
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Query:
    """A typed search, understood. `top` are its top-level terms (one, if the whole is an OR); `node` all of them.

    Two queries with equal `node` find the same contacts."""

    text: str
    node: Node
    hints: tuple[Hint, ...] = ()
    top: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Names people may type for codes, keys folded by `core.text.fold`: country name → alpha-2, language name →
    code, vendor title or key → key, kind of event → its key. Without an entry a two-letter country or language code is
    taken as it is. `operators`: who is known to have changed something here."""

    countries: Mapping[str, str] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    vendors: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    operators: tuple[str, ...] = ()


EMPTY: Final = Lexicon()
