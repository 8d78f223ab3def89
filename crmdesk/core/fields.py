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
    TIME = "time"  # ISO text, or seconds since 1970 as a number or digits
    DATE = "date"  # ISO text, seconds since 1970, or {year, month, day}
    NUMBER = "number"
    FLAG = "flag"  # true and false, also as text
    RECORDS = "records"  # list of objects (or one object), each with `parts`
    SECRET = "secret"  # noqa: S105 - a word, no password; one piece of plain letters, as tokens and keys are
    PASSWORD = "password"  # noqa: S105 - a secret that a person made up: any letters, also spaces

    @property
    def secret(self) -> bool:
        """Never shown, never written down in clear."""
        return self in (FieldKind.SECRET, FieldKind.PASSWORD)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field. `path` is dotted from the contact's root; `source` the vendor's sentence and document.

    `words` maps vendor codes to words for CHOICE fields; of a URL credential they are the addresses to choose from.
    `group` is the heading it stands under in the detail pane. `parts` are the fields of one entry of RECORDS, `path`
    then relative to the entry. `masked`: shown as dots until asked for (identity documents)."""

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
    parts: tuple[FieldSpec, ...] = ()
    masked: bool = False
