"""Fields of a vendor's contact as data: labels, kinds and rules, each with the sentence it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any


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
    PHONES = "phones"  # list of {label, number} (or one object), or a number as text
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
    then relative to the entry; of PHONES those that stand behind the number. `masked`: shown as dots until asked for
    (identity documents). `selects`, of a credential: it decides whose contacts are listed, so that with another value
    the list is another one. `default`, of a CHOICE credential: the code that an empty value means. `suggests` are what
    the editor offers where anything may be typed: labels of PHONES; of LANGUAGES the codes that the vendor takes.
    `single`, of PHONES and LANGUAGES: one value as text, not a list. `upcoming`, of CHOICE: codes that the vendor has
    announced and may refuse yet. `most`, of NUMBER: the greatest one taken. `three_letters`, of COUNTRY: codes of three
    letters are taken too. `when`, of a credential: the path of a CHOICE credential and those of its codes with which
    this one is asked for; () = always. `form_of`: the same field in another form or under another name, by the path of
    the first one: `forms_in` says by which of them a contact is edited. `aliases`: other headings it
    has in files. `refuses`, of FLAG: true asks to be left alone by this kind of field (EMAIL, PHONES). `meaning`: what
    it has in common with fields of other vendors, one of `meanings.MEANINGS`. `ends`, of DATE: something is valid until
    then, so that a day that has passed is doubtful. `implied`, of NUMBER: what the vendor takes an absent one for.
    `whole`, of NUMBER: no part of one. `yearless`, of DATE: the year may be missing. `e164`, of PHONES: the vendor
    wants + and digits, and nothing else. `place`, of a credential: it says together with `base_url` whose records those
    are. `no_card`: whole numbers of cards must not stand in it."""

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
    selects: bool = False
    default: str = ""
    suggests: tuple[str, ...] = ()
    single: bool = False
    upcoming: tuple[str, ...] = ()
    most: int | None = None
    three_letters: bool = False
    when: tuple[str, ...] = ()
    form_of: str = ""
    aliases: tuple[str, ...] = ()
    refuses: FieldKind | None = None
    meaning: str = ""
    ends: bool = False
    implied: str = ""
    place: bool = False
    no_card: bool = False
    whole: bool = False
    yearless: bool = False
    e164: bool = False


def asked_for(specs: Sequence[FieldSpec], values: Mapping[str, str]) -> list[FieldSpec]:
    """Those of an account's credentials that are asked for while the others have these `values` (by path; '' and a
    missing one mean the choice's `default`)."""
    by_path = {spec.path: spec for spec in specs}

    def asked(spec: FieldSpec) -> bool:
        if not spec.when:
            return True
        choice = by_path[spec.when[0]]
        chosen = values.get(choice.path, "").strip() or choice.default
        return chosen in spec.when[1:] and asked(choice)

    return [spec for spec in specs if asked(spec)]


def find(raw: Any, path: str) -> Any:
    """Value at a dotted path of a contact's JSON, None where there is none."""
    for key in path.split("."):
        if not isinstance(raw, Mapping):
            return None
        raw = raw.get(key)
    return raw


def forms_in(specs: Sequence[FieldSpec], raw: Any) -> list[FieldSpec]:
    """The specs without all but one form of each field (`form_of`): the form that came with this contact; where none
    did, the one whose group of fields came; else the first."""
    by_field: dict[str, list[FieldSpec]] = {}
    for spec in specs:
        by_field.setdefault(spec.form_of or spec.path, []).append(spec)
    return [_form_in(forms, raw) for forms in by_field.values()]


def _form_in(forms: Sequence[FieldSpec], raw: Any) -> FieldSpec:
    if len(forms) > 1:
        for spec in forms:
            if find(raw, spec.path) not in (None, "", [], {}):
                return spec
        for spec in forms:
            if "." in spec.path and isinstance(find(raw, spec.path.rpartition(".")[0]), Mapping):
                return spec
    return forms[0]


def undocumented(raw: Mapping[str, Any], specs: Sequence[FieldSpec], widest: int = 60) -> Iterator[tuple[str, Any]]:
    """Path and value of everything that no spec names. An object is opened once, and wherever a spec's path goes
    deeper; one with more than `widest` keys is no group of fields but data, and stays whole."""
    yield from _unnamed(raw, {spec.path for spec in specs}, "", widest)


def _unnamed(raw: Mapping[str, Any], known: set[str], above: str, widest: int) -> Iterator[tuple[str, Any]]:
    for key, value in raw.items():
        path = f"{above}{key}"
        if path in known:
            continue
        deeper = any(name.startswith(f"{path}.") for name in known)
        small = isinstance(value, Mapping) and 0 < len(value) <= widest
        if small and (deeper or not above):
            yield from _unnamed(value, known, f"{path}.", widest)
        elif not (deeper and value is None):  # a group that is not there
            yield path, value
