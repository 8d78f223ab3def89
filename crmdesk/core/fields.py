"""Fields of a vendor's contact as data: labels, kinds and rules, each with the sentence it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FieldKind(Enum):
    """How a value looks and is shown."""

    TEXT = "text"
    LINES = "lines"  # text of several lines
    EMAIL = "email"
    URL = "url"
    CHOICE = "choice"
    CHOICES = "choices"
    COUNTRY = "country"
    LANGUAGES = "languages"
    PHONES = "phones"  # list of {label, number}
    TIME = "time"
    NUMBER = "number"
    FLAG = "flag"
    SECRET = "secret"  # noqa: S105 - a word, no password


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field. `path` is dotted from the contact's root; `source` the vendor's sentence and document.

    `words` maps vendor codes to words for CHOICE fields. `group` is the heading it stands under in the detail pane."""

    path: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    group: str = ""
    required: bool = False
    max_length: int | None = None
    printable: bool = False
    writable: bool = True
    words: tuple[tuple[str, str], ...] = ()
    source: str = ""
    hint: str = ""
