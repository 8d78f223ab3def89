"""Three-way merge of a contact by field: what both sides last agreed on, what is wanted here, what the vendor has.

A field clashes only where both sides changed it, and its kind knows no way to keep both: sets and lists of entries
merge entry by entry, long texts line by line, everything else is one piece. Pure and total: values may be any JSON.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from functools import partial
from typing import Any

from crmdesk.core import foreign
from crmdesk.core.fields import FieldKind, FieldSpec, find
from crmdesk.core.outbox import Clash, FieldChange
from crmdesk.core.text import phone_digits
from crmdesk.core.types import Json

_MOST_LINES = 300  # of a text that is merged line by line; more would take seconds in the worst case
_MOST_LETTERS = 200_000
_LONGEST_NUMBER = 60  # characters of what can be a phone number
_SIZED = (str, list, tuple, dict)
_LIST = (list, tuple)
_CLASH, _GONE = object(), object()


@dataclass(frozen=True, slots=True)
class Rebased:
    """Changes put on top of what the vendor has now. `send`: what is still to be sent, `was` the vendor's value now
    and `now` the merged one. `done`: changes, as they were given, that need nothing any more. `clashes`: a person has
    to choose. Every change given stands in exactly one of them."""

    send: tuple[FieldChange, ...] = ()
    done: tuple[FieldChange, ...] = ()
    clashes: tuple[Clash, ...] = ()


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def is_empty(value: Any) -> bool:
    """Nothing at all: null, '', [] or {}. 0 and false are values."""
    return value is None or (isinstance(value, _SIZED) and not value)


def same(one: Any, other: Any) -> bool:
    """Equal, or both empty. true is not 1, 12.50 is 12.5; inside an object a key without value is no key."""
    if type(one) is str and type(other) is str:
        return one == other
    return _meaning(one) == _meaning(other)


def alike(spec: FieldSpec, one: Any, other: Any) -> bool:
    """As `same`, and the same moment, day, number, answer or text in another spelling is the same. Records are
    compared by what can be written: a vendor adds its own parts to a note that was sent."""
    return _meant(spec, one) == _meant(spec, other)


def _meaning(value: Any) -> tuple[Hashable, ...]:
    """Equal for equal values and hashable; flat and made without recursion, for JSON may be nested as deep as it likes.

    Objects and lists stand as their size with their content behind it."""
    found: list[Hashable] = []
    todo = [value]
    while todo:
        item = todo.pop()
        if is_empty(item):
            found.append(None)
        elif isinstance(item, dict):
            keys = sorted(str(key) for key, part in item.items() if not is_empty(part))
            found.append(("{", len(keys)))
            for key in reversed(keys):
                todo += (item.get(key), key)
        elif isinstance(item, _LIST):
            found.append(("[", len(item)))
            todo += reversed(item)
        else:
            found.append(_plain(item))
    return tuple(found)


def _plain(value: Any) -> Hashable:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, bool):
        return ("flag", value)
    if isinstance(value, Decimal) and value.is_nan():
        return ("number", "NaN")
    return ("number", value) if isinstance(value, int | Decimal) else ("other", repr(value))


def _meant(spec: FieldSpec, value: Any) -> Hashable:
    read = _READ.get(spec.kind)
    found = read(value) if read is not None and not is_empty(value) else None
    if found is not None:
        return (spec.kind, found)
    if spec.kind is FieldKind.RECORDS and isinstance(value, _LIST):
        return tuple(_record_key(spec, entry) for entry in value) or _meaning(None)
    return _meaning(value)


def day(value: Any) -> tuple[int, int, int] | None:
    """The day that is written, as (year, month, day), 0 for a part that is not told; None where it is written in no way
    we know."""
    if isinstance(value, dict):
        year, month, number = (foreign.whole(value.get(part)) or 0 for part in ("year", "month", "day"))
        told = len([part for part in value.values() if not is_empty(part)])
        return (year, month, number) if told == sum(map(bool, (year, month, number))) else None
    written = value[:10] if isinstance(value, str) else foreign.epoch(value)[:10]
    yearless = len(written) == 7 and written.startswith("--")  # `--03-01`, as the editor has a day without its year
    try:
        found = date.fromisoformat(f"2000{written[1:]}" if yearless else written) if "-" in written[:5] else None
    except ValueError:
        return None
    return (0 if yearless else found.year, found.month, found.day) if found is not None else None


def _unified(value: Any) -> str | None:
    return value.replace("\r\n", "\n") if isinstance(value, str) else None


_READ: Mapping[FieldKind, Callable[[Any], Hashable | None]] = {
    FieldKind.TIME: lambda value: foreign.epoch(value) or foreign.utc(value) or None,
    FieldKind.DATE: day,
    FieldKind.NUMBER: foreign.decimal,
    FieldKind.FLAG: foreign.flag,
    FieldKind.LINES: _unified,
}
"""What a value of a kind says; None where it cannot be read as one."""


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def overlay(raw: Json, changes: Iterable[FieldChange]) -> Json:
    """`raw` with the changes in it, as a new object; `raw` stays as it is. An empty value becomes null. Missing
    parents of a dotted path are made, one that is no object is replaced."""
    found: Json = dict(raw) if isinstance(raw, dict) else {}
    own = {id(found): found}  # objects made here: they may be altered
    for change in changes:
        *above, last = change.path.split(".")
        here = found
        for key in above:
            below = here.get(key)
            if id(below) not in own:
                below = here[key] = dict(below) if isinstance(below, dict) else {}
                own[id(below)] = below
            here = own[id(below)]
        here[last] = None if is_empty(change.now) else change.now
    return found


def folded(older: Sequence[FieldChange], newer: Sequence[FieldChange]) -> tuple[FieldChange, ...]:
    """Both as one: per field the older `was` and the newer `now`. What ends where it began is left out."""
    by_path: dict[str, FieldChange] = {}
    for change in (*older, *newer):
        first = by_path.get(change.path, change)
        by_path[change.path] = FieldChange(change.path, first.was, change.now)
    return tuple(change for change in by_path.values() if not same(change.was, change.now))


def opposite(changes: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    """What takes them back. One change per field, as `folded` gives them."""
    return tuple(FieldChange(change.path, change.now, change.was) for change in changes)


def differences(before: Json, after: Json, specs: Sequence[FieldSpec]) -> tuple[FieldChange, ...]:
    """The documented fields, read-only ones too, that are not alike; in the specs' order, with their whole values."""
    found = (FieldChange(spec.path, find(before, spec.path), find(after, spec.path)) for spec in specs)
    return tuple(change for spec, change in zip(specs, found, strict=True) if not alike(spec, change.was, change.now))


def rebase(changes: Sequence[FieldChange], theirs: Json, specs: Sequence[FieldSpec]) -> Rebased:
    """The changes on top of the contact as the vendor has it now. A path that no spec has is one piece.

    Doing it again with what `send` asks for in place gives nothing to send: a change whose answer was lost is no
    change any more when it had arrived."""
    by_path = {spec.path: spec for spec in specs}
    send, done, clashes = [], [], []
    for change in changes:
        spec = by_path.get(change.path) or FieldSpec(change.path, change.path)
        there = find(theirs, change.path)
        wanted = _wanted(spec, change, there)
        if wanted is _CLASH:
            clashes.append(Clash(change.path, change.was, change.now, there))
        elif alike(spec, wanted, there):
            done.append(change)
        else:
            send.append(FieldChange(change.path, there, wanted))
    return Rebased(tuple(send), tuple(done), tuple(clashes))


def _wanted(spec: FieldSpec, change: FieldChange, there: Any) -> Any:
    """The value that holds both sides' changes, or _CLASH."""
    if alike(spec, change.now, there) or alike(spec, change.was, change.now):
        return there
    records = spec.kind is FieldKind.RECORDS  # their entries go on: the vendor's own parts may be new in them
    if same(change.was, there) or (not records and alike(spec, change.was, there)):
        return change.now
    if spec.kind is FieldKind.LINES:
        return _merged_text(change.was, change.now, there)
    return _merged_entries(spec, change.was, change.now, there)


# ── lists of entries ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Way:
    """How entries of a list are told apart. Same `key`: the same entry, at most spelled differently. An entry whose
    key is gone was changed into one with the same value of one of `signs`, or at the same place if `placed`."""

    key: Callable[[Any], Hashable]
    signs: tuple[Callable[[Any], Hashable | None], ...] = ()
    placed: bool = False


def _phone_number(entry: Any) -> Any:
    return entry.get("number") if isinstance(entry, dict) else entry


def _digits(entry: Any) -> str | None:
    number = _phone_number(entry)
    written = number if isinstance(number, str) else foreign.text(number)
    return (phone_digits(written) if len(written) <= _LONGEST_NUMBER else "") or None


def _label(entry: Any) -> Hashable | None:
    found = (entry.get("label") or entry.get("type")) if isinstance(entry, dict) else None
    return found.strip().casefold() or None if isinstance(found, str) else None


def _phone_key(entry: Any) -> Hashable:
    rest = {key: part for key, part in entry.items() if key != "number"} if isinstance(entry, dict) else None
    return (_digits(entry) or _meaning(_phone_number(entry)), _meaning(rest))


def _record_key(spec: FieldSpec, entry: Any) -> Hashable:
    if not isinstance(entry, dict):
        return _meaning(entry)
    given = {part.path for part in spec.parts if not part.writable}
    return _meaning({key: part for key, part in entry.items() if key not in given})


def _record_name(spec: FieldSpec, entry: Any) -> Hashable | None:
    """What an entry is about, where its first part says so: the name of a custom field, the id of a list."""
    first = spec.parts[0] if spec.parts else None
    if first is None or first.kind not in (FieldKind.TEXT, FieldKind.CHOICE) or not isinstance(entry, dict):
        return None
    found = find(entry, first.path)
    return None if is_empty(found) else _meaning(found)


def _way(spec: FieldSpec) -> _Way | None:
    match spec.kind:
        case FieldKind.CHOICES | FieldKind.LANGUAGES:
            return _Way(_meaning)
        case FieldKind.PHONES:
            return _Way(_phone_key, (_label, _digits), placed=True)
        case FieldKind.RECORDS:
            return _Way(partial(_record_key, spec), (partial(_record_name, spec),), placed=True)
    return None


def _merged_entries(spec: FieldSpec, was: Any, now: Any, there: Any) -> Any:
    way = _way(spec)
    if way is None:
        return _CLASH
    sides = [[] if is_empty(value) else value for value in (was, now, there)]
    if all(isinstance(side, _LIST) for side in sides):
        merged = _merged_list(way, *sides)
        emptied = spec.required and not is_empty(now) and not is_empty(there)  # nobody wanted it without any
        return _CLASH if merged == [] and emptied else merged
    lone = not any(isinstance(value, _LIST) for value in (now, there))
    respelled = lone and spec.kind is FieldKind.PHONES and _phone_key(now) == _phone_key(there)
    return there if respelled else _CLASH


def _merged_list(way: _Way, base: Sequence[Any], mine: Sequence[Any], theirs: Sequence[Any]) -> Any:
    """A list in the vendor's order (in ours, if only we changed the order), what came here behind it; or _CLASH."""
    ours, other = _partners(way, base, mine), _partners(way, base, theirs)
    kept: dict[int, Any] = {}
    for place, entry in enumerate(base):
        here = mine[ours[place]] if place in ours else _GONE
        there = theirs[other[place]] if place in other else _GONE
        merged = _merged_entry(way, entry, here, there)
        if merged is _CLASH:
            return _CLASH
        if merged is not _GONE:
            kept[place] = merged
    mine_leads = _moved(ours, kept) and not _moved(other, kept)
    first, second = ((mine, ours), (theirs, other)) if mine_leads else ((theirs, other), (mine, ours))
    places = {index: place for place, index in first[1].items()}
    known = set(second[1].values())
    found = [
        kept[places[index]] if index in places else entry
        for index, entry in enumerate(first[0])
        if index not in places or places[index] in kept
    ]
    found += [entry for index, entry in enumerate(second[0]) if index not in known]
    return _once(way, found, mine, theirs)


def _moved(partners: Mapping[int, int], kept: Mapping[int, Any]) -> bool:
    places = [partners[place] for place in kept]
    return places != sorted(places)


def _once(way: _Way, found: Sequence[Any], mine: Sequence[Any], theirs: Sequence[Any]) -> list[Any]:
    """Without what came on both sides and stands there twice now: nothing stands more often than on either side."""
    left = Counter(map(way.key, mine)) | Counter(map(way.key, theirs))
    once = []
    for entry in found:
        key = way.key(entry)
        if left[key]:
            left[key] -= 1
            once.append(entry)
    return once


def _merged_entry(way: _Way, base: Any, mine: Any, theirs: Any) -> Any:
    """One entry of the base, with what became of it on both sides: a value, _GONE or _CLASH."""
    if mine is _GONE or theirs is _GONE:
        left = theirs if mine is _GONE else mine
        return _GONE if left is _GONE or way.key(left) == way.key(base) else _CLASH
    before, here, there = way.key(base), way.key(mine), way.key(theirs)
    if here == there:
        return mine if same(theirs, base) else theirs  # only spelled anew: where both did, theirs counts
    return theirs if here == before else mine if there == before else _CLASH


def _partners(way: _Way, base: Sequence[Any], side: Sequence[Any]) -> dict[int, int]:
    """Place in `base` → place in `side` of the same entry, also of a changed one. What is left out went or came."""
    found: dict[int, int] = {}
    for sign in (way.key, *way.signs):
        taken = set(found.values())
        waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        for index, entry in enumerate(side):
            if index not in taken:
                waiting[sign(entry)].append(index)
        for place, entry in enumerate(base):
            mark = sign(entry) if place not in found else None
            if mark is not None and waiting.get(mark):
                found[place] = waiting[mark].popleft()
    taken = set(found.values())
    if way.placed:
        found |= {
            place: place for place in range(min(len(base), len(side))) if place not in found and place not in taken
        }
    return found


# ── long texts ───────────────────────────────────────────────────────────────────────────────────────────────────────

_Hunk = tuple[int, int, list[str]]
"""Lines of the base from … up to …, and what stands in their place."""


def _merged_text(was: Any, now: Any, there: Any) -> Any:
    """Line by line, in the vendor's way to end a line; _CLASH where both changed the same lines."""
    texts = ["" if is_empty(value) else value for value in (was, now, there)]
    if not all(isinstance(text, str) and len(text) <= _MOST_LETTERS for text in texts):
        return _CLASH
    base, mine, theirs = (text.replace("\r\n", "\n").split("\n") for text in texts)
    if max(len(base), len(mine), len(theirs)) > _MOST_LINES:
        return _CLASH
    hunks = _joined(_hunks(base, mine), _hunks(base, theirs))
    if hunks is None:
        return _CLASH
    found: list[str] = []
    done = 0
    for start, end, lines in hunks:
        found += base[done:start] + lines
        done = end
    return ("\r\n" if "\r\n" in texts[2] else "\n").join(found + base[done:])


def _hunks(base: list[str], side: list[str]) -> list[_Hunk]:
    codes = SequenceMatcher(None, base, side, autojunk=False).get_opcodes()
    return [(start, end, side[first:last]) for tag, start, end, first, last in codes if tag != "equal"]


def _joined(mine: list[_Hunk], theirs: list[_Hunk]) -> list[_Hunk] | None:
    """Both sides' hunks in order, what both did alike once; None where two of them meet."""
    found: list[_Hunk] = []
    for hunk in sorted([*mine, *theirs], key=lambda hunk: hunk[:2]):
        if found and found[-1] == hunk:
            continue
        if found and _meet(found[-1], hunk):
            return None
        found.append(hunk)
    return found


def _meet(one: _Hunk, next_one: _Hunk) -> bool:
    """Lines that both replaced, or an insertion at the edge of the other's change: nobody can say what stands first."""
    inserted = one[0] == one[1] or next_one[0] == next_one[1]
    return next_one[0] < one[1] or (inserted and next_one[0] == one[1])
