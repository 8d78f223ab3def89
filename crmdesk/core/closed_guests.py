"""Guests about whom nothing may be sent, recognised in rows that do not say from which contact they were made: those of
a file that was exported elsewhere, or typed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crmdesk.core.batch import BatchKind
from crmdesk.core.text import fold, is_phone, phone_tail

_OPAQUE = 12  # letters of a vendor's id that can be nothing else; shorter ones may be any number


@dataclass(frozen=True, slots=True)
class Closed:
    """One of them: the ids by which rows name the contact (`sync.picked`), and what else is known of it. `whos`: whom
    rows that were made from it and taken were about (`Fingerprints.who`)."""

    keys: frozenset[str]
    email: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    remote_id: str = ""
    whos: frozenset[str] = frozenset()


def names_people(kind: BatchKind) -> bool:
    """Its rows say by e-mail address or an id of ours whom they are about; others know accounts of the vendor only."""
    return bool({"key", "email"} & {name for _, name in kind.picks})


def closed_rows(kind: BatchKind, rows: Sequence[Mapping[str, Any]], guests: Iterable[Closed]) -> frozenset[int]:
    """Places of rows about one of them: the same id, or the same address or number with no other name beside it. A
    whole agency may have one address, a family one line."""
    paths = {name: path for path, name in kind.picks}
    keys: set[str] = set()
    names: dict[str, list[set[str]]] = {}
    for guest in guests:
        keys |= guest.keys
        for clue in clues_of(guest):
            names.setdefault(clue, []).append(words_of(guest.name))
    found = set()
    for place, values in enumerate(rows):
        own = words_of(" ".join(str(values.get(paths.get(part, "")) or "") for part in ("first", "last")))
        known = str(values.get(paths.get("key", "")) or "") in keys
        if known or any(_may_be(clue, own, name) for clue in _ways(kind, values) for name in names.get(clue, ())):
            found.add(place)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Naming:
    """What rows of a kind that knows accounts only have of these guests. `sure`: rows with an id of theirs. `clues`:
    row → their addresses and numbers in it, each of which may be somebody else's, too."""

    sure: frozenset[int]
    clues: Mapping[int, frozenset[str]]


def naming(
    rows: Sequence[Mapping[str, Any]], cells: Sequence[Sequence[str]], whos: Sequence[str], guests: Sequence[Closed]
) -> Naming:
    """`cells`: of the file, also of columns that feed nothing; `whos`: whom each row is about."""
    ids = {key for guest in guests for key in (*guest.keys, guest.remote_id) if len(key) >= _OPAQUE}
    known = {who for guest in guests for who in guest.whos if who}
    wanted = {clue for guest in guests for clue in clues_of(guest)}
    sure, clues = set(), {}
    for place, (values, row, who) in enumerate(zip(rows, cells, whos, strict=True)):
        texts = {*_texts(values), *(cell.strip() for cell in row)}
        if who in known or not ids.isdisjoint(texts):
            sure.add(place)
        elif found := wanted.intersection(filter(None, map(clue_in, texts))):
            clues[place] = frozenset(found)
    return Naming(frozenset(sure), clues)


def shared_clues(
    guests: Iterable[Closed], clues: Collection[str], others: Iterable[tuple[str, str, str]]
) -> frozenset[str]:
    """Those of the clues that somebody of another name has too: a family's address, an agency's number. `others`:
    name, address and number of contacts."""
    names: dict[str, list[set[str]]] = {}
    for guest in guests:
        for clue in clues_of(guest).intersection(clues):
            names.setdefault(clue, []).append(words_of(guest.name))
    found: set[str] = set()
    for name, email, phone in others:
        if both := {clue_in(email), phone_tail(phone)} & names.keys() - found:
            own = words_of(name)
            found |= {clue for clue in both if not any(one_name(own, other) for other in names[clue])}
    return frozenset(found)


def clues_of(guest: Closed) -> frozenset[str]:
    """The guest's address and number, as `clue_in` gives those of a text."""
    return frozenset({clue_in(guest.email), phone_tail(guest.phone)}) - {""}


def clue_in(text: str) -> str:
    """An address in one form, or the last digits of what looks like a phone number; '' for anything else."""
    plain = text.strip().casefold()
    if "@" in plain:
        return plain
    return phone_tail(plain) if is_phone(plain, 1) else ""  # which knows how many digits are one person's


def one_name(one: set[str], other: set[str]) -> bool:
    """Whether words of names (`words_of`) can be one person's: nothing in the shorter one speaks against it."""
    return one <= other or other <= one


def _may_be(clue: str, own: set[str], name: set[str]) -> bool:
    """A number is that of a whole family; an address is rather one person's, whose name may be written otherwise."""
    return one_name(own, name) or ("@" in clue and not own.isdisjoint(name))


def _ways(kind: BatchKind, values: Mapping[str, Any]) -> set[str]:
    """How the row says that its guest is reached, as clues."""
    paths = [(path,) for path, name in kind.picks if name in ("email", "phone")]
    texts = ("".join(str(values.get(path) or "") for path in parts) for parts in (*paths, *kind.numbers))
    return {clue for clue in map(clue_in, texts) if clue}


def words_of(name: str) -> set[str]:
    """The words of a name, folded."""
    return set(fold(name).split())


def _texts(values: Mapping[str, Any]) -> Iterator[str]:
    return (value.strip() for value in values.values() if isinstance(value, str))
