"""What the search indices hold of one contact, and the questions that are answered by looking at it.

The document is the contact's folded words by field, kept beside the raw JSON: FTS5 forgets a contentless row only when
told its exact words, phrases are verified on it, and it says in which field a hit lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crmdesk.core.query import TEXT_FIELDS, And, Joined, Node, Or, Phrase, Word
from crmdesk.core.text import MIN_NEEDLE, digit_needles, fold, phone_digits, words
from crmdesk.core.types import Summary

BETWEEN_FIELDS = "\x1f"
# Stands before the last label of an e-mail address ("com"): that word is in the document but not in the word index,
# where "c" would find every address of the world. It is a mark instead, see `mark_of_ending`.
ENDING = "\x02"
BETWEEN_NUMBERS = "x"  # no phrase of digits runs from one phone number into the next
VISIBLE_FIELDS = frozenset({"name", "first", "last", "email", "phone", "company", "city", "country"})
_PLACES = {name: place for place, name in enumerate(TEXT_FIELDS)}


class Document(NamedTuple):
    """`words`: TEXT_FIELDS in order, joined by BETWEEN_FIELDS. `digits`: overlapping groups of four digits of every
    phone number in order, so that any run of digits is a phrase. `marks`: exact facts, one word each."""

    words: str
    digits: str
    marks: str


def document(summary: Summary) -> Document:
    texts = summary.texts
    columns = [" ".join(words(texts[name])) if texts.get(name) else "" for name in TEXT_FIELDS]
    email, endings = _email_words(texts.get("email", ""))
    columns[_PLACES["email"]] = email
    marks = [mark_of_ending(ending) for ending in endings]
    if summary.country:
        marks.append(mark_of_country(summary.country))
    marks += [mark_of_language(language) for language in summary.languages]
    numbers = (groups for phone in summary.phones if (groups := groups_of(phone_digits(phone.number))))
    return Document(
        BETWEEN_FIELDS.join(columns), f" {BETWEEN_NUMBERS} ".join(numbers), " ".join(dict.fromkeys(filter(None, marks)))
    )


def _email_words(text: str) -> tuple[str, list[str]]:
    """Words of the e-mail field with ENDING before each address's last label, and those labels."""
    found: list[str] = []
    endings: list[str] = []
    for piece in text.split():
        parts = words(piece)
        ending = ending_of(piece) if "@" in piece else ""
        if ending:
            parts[-1] = ENDING + ending
            endings.append(ending)
        found += parts
    return " ".join(found), endings


def ending_of(text: str) -> str:
    """The folded last label behind the last dot of an address (or of one being typed), '' if there is none."""
    tail = words(text.rpartition(".")[2]) if "." in text else []
    return tail[0] if len(tail) == 1 else ""


def groups_of(digits: str) -> str:
    """`33612` → `3361 3612`."""
    return " ".join(digits[at : at + MIN_NEEDLE] for at in range(len(digits) - MIN_NEEDLE + 1))


def has_digits(digits: str, needle: str) -> bool:
    """Whether a document's `digits` would be found by this run of digits (three of them begin a group of four)."""
    groups = digits.split(" ")
    if len(needle) < MIN_NEEDLE:
        return any(group.startswith(needle) for group in groups)
    wanted = groups_of(needle).split(" ")
    return any(groups[at : at + len(wanted)] == wanted for at in range(len(groups) - len(wanted) + 1))


def _mark(kind: str, text: str) -> str:
    return kind + joined if (joined := "".join(words(text))) else ""


def mark_of_ending(label: str) -> str:
    return _mark("t", label)


def mark_of_country(country: str) -> str:
    return _mark("c", country)


def mark_of_language(language: str) -> str:
    return _mark("l", language)


def index_columns(doc: str) -> list[str]:
    """The document as the word index takes it: one text per field, e-mail endings left out."""
    columns = doc.split(BETWEEN_FIELDS)
    if ENDING in doc:
        place = _PLACES["email"]
        columns[place] = " ".join(word for word in columns[place].split(" ") if not word.startswith(ENDING))
    return columns


def index_words(doc: str) -> list[str]:
    """Every word of the document that the word index holds, in any field."""
    return [word for word in doc.replace(BETWEEN_FIELDS, " ").split() if not word.startswith(ENDING)]


def all_words(doc: str) -> list[str]:
    return doc.replace(ENDING, "").replace(BETWEEN_FIELDS, " ").split()


def field_words(doc: str, field: str) -> str:
    """Folded words of one field ('' = all of them), space-joined; `name` means first and last name too."""
    plain = doc.replace(ENDING, "")
    if not field:
        return plain
    columns = plain.split(BETWEEN_FIELDS)
    return BETWEEN_FIELDS.join(columns[_PLACES[name]] for name in columns_of(field))


def columns_of(field: str) -> tuple[str, ...]:
    """The columns of the index a field name asks."""
    return ("name", "first", "last") if field == "name" else (field,)


def has_phrase(text: str, phrase: Iterable[str]) -> bool:
    """Whether these words stand side by side in this order in one field of `text`."""
    spaced = text.replace(BETWEEN_FIELDS, f" {BETWEEN_FIELDS} ")
    return f" {' '.join(phrase)} " in f" {spaced} "


def hidden_words(row_texts: Iterable[str], wanted: list[str]) -> list[str]:
    """Those of the folded word starts `wanted` that the visible columns `row_texts` do not show."""
    texts = " ".join(row_texts)
    plain = " " + fold(texts)
    missing = [term for term in wanted if f" {term}" not in plain]  # nearly always none
    if not missing:
        return []
    seen = words(texts)
    return [term for term in missing if not _starts(seen, term)]


def field_of(doc: str, hidden: list[str]) -> str:
    """Name of the field, not shown in the list, that holds one of these word starts; '' if none does."""
    columns = doc.replace(ENDING, "").split(BETWEEN_FIELDS)
    for name, text in zip(TEXT_FIELDS, columns, strict=False):
        if name not in VISIBLE_FIELDS and any(_starts(text.split(" "), term) for term in hidden):
            return name
    return ""


def _starts(found: list[str], term: str) -> bool:
    return any(word.startswith(term) for word in found)


def wanted_words(node: Node) -> Iterator[str]:
    """Folded word starts that explain why a row was found. Phone numbers are left out, their column shows them; so is
    what was asked of one field: it is named in the search."""
    match node:
        case Word(text=text) | Phrase(text=text):
            if not digit_needles(text):
                yield from words(text)
        case Joined(words=parts, needles=needles):
            for part in parts if not needles else ():
                yield from words(part.text)
        case And(nodes=nodes) | Or(nodes=nodes):
            for inner in nodes:
                yield from wanted_words(inner)
        case _:
            return


def folded(text: str) -> str:
    """Form in which account titles are compared."""
    return fold(text).strip()
