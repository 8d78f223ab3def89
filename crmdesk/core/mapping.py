"""Which column of a table feeds which field of a kind: guessed, chosen, kept by name, and applied. Pure.

A guess is *sure* where a heading is the field's path, label or alias, else a *guess*. Where two columns, or two fields,
claim each other with the same right, nothing is chosen: a person decides.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from crmdesk.core.batch import BatchKind
from crmdesk.core.cells import DECIMALS, ORDERS, Reading, decimals_of, orders_of, value_of
from crmdesk.core.errors import Problem, RejectedError
from crmdesk.core.fields import FieldKind
from crmdesk.core.grid_columns import MOST_LINES, GridColumn, columns_of, put, split
from crmdesk.core.said import said, term, together
from crmdesk.core.sheet import Cell, Table, as_text
from crmdesk.core.submission import NewRow

GROUP_TITLES = ("event group", "event_group")
SAME_SHAPE = 0.8  # of its headings must be there for a kept mapping to be proposed (UX-CMP-11)
TOLD_EVERY = 500  # rows
_EXACT, _LOOSE = 0, 1


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field's values come from: a column (its index), else a constant or the moment of the import. `default`
    stands in for blank cells."""

    column: int | None = None
    default: str = ""
    constant: str = ""
    now: bool = False

    @property
    def gives(self) -> bool:
        """Anything comes from it at all."""
        return self.column is not None or bool(self.constant) or self.now


@dataclass(frozen=True, slots=True)
class Choice:
    """One field, by its grid path, and its source. `sure`: no guess."""

    path: str
    source: Source
    sure: bool = True


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """`group`: the column whose equal values join rows into one event with several lines. `name`: of a kept one."""

    choices: tuple[Choice, ...] = ()
    group: int | None = None
    reading: Reading = field(default_factory=Reading)
    name: str = ""

    def source(self, path: str) -> Source:
        """Of one field; one that gives nothing where it has none."""
        return next((choice.source for choice in self.choices if choice.path == path), Source())

    def with_choice(self, path: str, source: Source) -> ColumnMapping:
        """A person's choice; a source that gives nothing takes the field out."""
        kept = tuple(choice for choice in self.choices if choice.path != path)
        return replace(self, choices=(*kept, Choice(path, source)) if source.gives else kept)


def guess(kind: BatchKind, columns: Sequence[str]) -> ColumnMapping:
    """By path, label, alias, then by a loose form of these."""
    names = _names(kind)
    claims: dict[int, tuple[int, set[str]]] = {}
    for place, title in enumerate(columns):
        for rank, form in ((_EXACT, _tight(title)), (_LOOSE, _loose(title))):
            if form and (paths := names[rank].get(form)):
                claims[place] = (rank, paths)
                break
    chosen: list[Choice] = []
    for path in {path for _, paths in claims.values() for path in paths}:
        rivals = [(rank, place) for place, (rank, paths) in claims.items() if path in paths]
        best = min(rank for rank, _ in rivals)
        places = [place for rank, place in rivals if rank == best]
        if len(places) == 1 and len(claims[places[0]][1]) == 1:
            chosen.append(Choice(path, Source(places[0]), best == _EXACT))
    order = {column.path: number for number, column in enumerate(columns_of(kind, MOST_LINES))}
    group = next((place for place, title in enumerate(columns) if _tight(title) in GROUP_TITLES), None)
    return ColumnMapping(tuple(sorted(chosen, key=lambda choice: order[choice.path])), group)


def lacking(kind: BatchKind, mapping: ColumnMapping) -> list[str]:
    """Titles of what every row needs and nothing feeds; of either-or fields, the first one's."""
    fed = {choice.path for choice in mapping.choices if choice.source.gives}
    titles = {column.path: column.title for column in columns_of(kind)}
    found = []
    for spec in kind.fields:
        if not spec.writable or not spec.required:
            continue
        if spec.kind is FieldKind.RECORDS:
            parts = [f"{spec.path}.0.{part.path}" for part in spec.parts if part.required]
            found += [titles[path] for path in parts if path not in fed]
        elif spec.path not in fed:
            found.append(spec.label)
    for rule in kind.one_of:
        paths = [f"{rule.within}.0.{path}" if rule.within else path for path in rule.paths]
        shown = [path for path in paths if path in titles]
        if rule.required and shown and not fed.intersection(shown):
            found.append(titles[shown[0]])
    return found


def ignored(columns: Sequence[str], mapping: ColumnMapping) -> list[str]:
    """Columns that feed nothing; they are kept for the report."""
    used = {choice.source.column for choice in mapping.choices} | {mapping.group}
    return [title for place, title in enumerate(columns) if place not in used]


def orders_in(kind: BatchKind, table: Table, mapping: ColumnMapping) -> frozenset[str]:
    """`cells.orders_of` the columns that feed dates. Looks at every row."""
    return orders_of(_cells(kind, table, mapping, FieldKind.TIME, FieldKind.DATE))


def decimals_in(kind: BatchKind, table: Table, mapping: ColumnMapping) -> frozenset[str]:
    """`cells.decimals_of` the columns that feed numbers. Looks at every row."""
    return decimals_of(_cells(kind, table, mapping, FieldKind.NUMBER))


def _cells(kind: BatchKind, table: Table, mapping: ColumnMapping, *wanted: FieldKind) -> Iterator[Cell]:
    kinds = {column.path: column.spec.kind for column in columns_of(kind, MOST_LINES)}
    places = {choice.source.column for choice in mapping.choices if kinds.get(choice.path) in wanted}
    return (cells[place] for place in places if place is not None for cells in table.rows)


def apply(
    kind: BatchKind,
    table: Table,
    mapping: ColumnMapping,
    now: datetime,
    *,
    tell: Callable[[int], object] = lambda _done: None,
) -> list[NewRow]:
    """The rows to be stored, with the file's own cells. `now` is local. `tell` hears now and then how many are made,
    and may raise to stop it. RejectedError where rows that are to make one event differ in what an event has once."""
    columns = {column.path: column for column in columns_of(kind, MOST_LINES)}
    chosen = [(columns[choice.path], choice.source) for choice in mapping.choices if choice.path in columns]
    moment = now.replace(tzinfo=None, microsecond=0).isoformat()
    found = []
    for place, cells in enumerate(table.rows):
        if not place % TOLD_EVERY:
            tell(place)
        values: dict[str, Any] = {}
        for column, source in chosen:
            value = _value(column, source, cells, mapping.reading, moment)
            if value is not None:
                values = put(values, column.path, value) if column.line >= 0 else values | {column.path: value}
        found.append(NewRow(_without_gaps(values), tuple(as_text(cell) for cell in cells)))
    return found if mapping.group is None else _joined(kind, found, mapping.group, tell)


def _without_gaps(values: dict[str, Any]) -> dict[str, Any]:
    """A file may fill the columns of a second line alone: then it is the first one."""
    for path, value in values.items():
        if isinstance(value, list) and {} in value:
            values = values | {path: [line for line in value if line]}
    return values


def _value(column: GridColumn, source: Source, cells: Sequence[Any], reading: Reading, moment: str) -> Any:
    value = None
    if source.column is not None and source.column < len(cells):
        value = value_of(column.spec, cells[source.column], reading)
    if value is None:
        given = source.constant or source.default
        value = value_of(column.spec, given, reading) if given else moment if source.now else None
    return value


def _joined(kind: BatchKind, rows: Sequence[NewRow], group: int, tell: Callable[[int], object]) -> list[NewRow]:
    """Rows with the same group are one event; the lines of the later ones follow those of the first."""
    titles = {column.path: column.title for column in columns_of(kind)} | {one.path: one.label for one in kind.fields}
    several = frozenset(spec.path for spec in kind.fields if spec.kind is FieldKind.RECORDS and spec.path != kind.alone)
    made: dict[str, NewRow] = {}
    first: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        if not number % TOLD_EVERY:
            tell(len(rows))  # all of them have been read
        name = row.cells[group].strip() if group < len(row.cells) else ""
        key = name or f"\0{number}"
        if key not in made:
            made[key], first[key] = row, number
            continue
        made[key] = _together(made[key], row, (first[key], number), several, titles)
    return list(made.values())


def _together(
    one: NewRow, other: NewRow, numbers: tuple[int, int], several: frozenset[str], titles: Mapping[str, str]
) -> NewRow:
    """`several`: paths of what a row may have several lines of."""
    values = dict(one.values)
    for path, value in other.values.items():
        if isinstance(value, list) and value and isinstance(value[0], dict) and path in several:
            values[path] = [*values.get(path, ()), *value]
        elif values.setdefault(path, value) != value:
            text = said(
                "Rows {first} and {second} of the table make one event, but differ in “{title}”.",
                first=numbers[0],
                second=numbers[1],
                title=term(titles.get(path, path)),
            )
            raise RejectedError(
                "These rows cannot be joined into events.",
                together(text, "Correct the file, or choose no column for the event group."),
                problems=(Problem(f"{numbers[1]}/{path}", "group", text),),
            )
    cells = tuple(
        mine if mine == theirs else f"{mine}\n{theirs}" for mine, theirs in zip(one.cells, other.cells, strict=True)
    )
    return NewRow(values, cells)


# ── kept mappings ────────────────────────────────────────────────────────────────────────────────────────────────────


def to_json(mapping: ColumnMapping, columns: Sequence[str]) -> str:
    """By the columns' titles, so that it fits the next file."""

    def title(place: int | None) -> str | None:
        return None if place is None else columns[place]

    choices = [
        {
            "path": choice.path,
            "column": title(choice.source.column),
            "default": choice.source.default,
            "constant": choice.source.constant,
            "now": choice.source.now,
        }
        for choice in mapping.choices
    ]
    reading = {"order": mapping.reading.order, "decimal": mapping.reading.decimal}
    kept = {"choices": choices, "group": title(mapping.group), "reading": reading}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def from_json(text: str, columns: Sequence[str], name: str = "") -> ColumnMapping:
    """For a table with these columns; what it does not have is left open. An unreadable text is an empty mapping."""
    places = {title.casefold(): place for place, title in enumerate(columns)}
    kept = _kept(text)

    def place(title: Any) -> int | None:
        return places.get(title.casefold()) if isinstance(title, str) else None

    choices = []
    listed = kept.get("choices")
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict) or not isinstance(one.get("path"), str):
            continue
        source = Source(place(one.get("column")), str(one.get("default") or ""), str(one.get("constant") or ""),
                        one.get("now") is True)  # fmt: skip
        if source.gives:
            choices.append(Choice(one["path"], source))
    return ColumnMapping(tuple(choices), place(kept.get("group")), _reading(kept), name)


def reading_in(text: str) -> Reading:
    """How the file of a kept mapping wrote dates and numbers."""
    return _reading(_kept(text))


def _kept(text: str) -> dict[str, Any]:
    found: Any = None
    with suppress(ValueError):
        found = json.loads(text)
    return found if isinstance(found, dict) else {}


def _reading(kept: Mapping[str, Any]) -> Reading:
    given: Any = kept.get("reading")
    given = given if isinstance(given, dict) else {}
    order, decimal = given.get("order"), given.get("decimal")
    return Reading(order if order in ORDERS else "", decimal if decimal in DECIMALS else "")


def matches(columns: Sequence[str], kept: Sequence[str]) -> float:
    """Which part of a kept mapping's columns this table has, 0 to 1."""
    there = {title.casefold() for title in columns}
    return sum(title.casefold() in there for title in kept) / len(kept) if kept else 0.0


class Kept(Protocol):
    """A kept mapping: the titles it was made for, and `to_json` of it."""

    @property
    def name(self) -> str: ...
    @property
    def columns(self) -> Sequence[str]: ...
    @property
    def content(self) -> str: ...


def best(columns: Sequence[str], kept: Sequence[Kept]) -> ColumnMapping | None:
    """The kept mapping that is proposed for this table: of those that fit well enough the best one, and of equals the
    first. None where none fits."""
    shares = [(matches(columns, one.columns), one) for one in kept]
    share, one = max(shares, key=lambda pair: pair[0], default=(0.0, None))
    return None if one is None or share < SAME_SHAPE else from_json(one.content, columns, one.name)


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _names(kind: BatchKind) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Exact and loose forms of headings → grid paths."""
    exact: dict[str, set[str]] = {}
    loose: dict[str, set[str]] = {}
    for column in columns_of(kind, MOST_LINES):
        part = split(column.path)
        for name in _headings(column, apart=part is not None and part[0] == kind.alone):
            exact.setdefault(_tight(name), set()).add(column.path)
            loose.setdefault(_loose(name), set()).add(column.path)
    return exact, loose


def _headings(column: GridColumn, *, apart: bool) -> Iterator[str]:
    """`apart`: a part of something beside the row's own subject; its bare key (*name*) then is no heading of it."""
    yield column.path
    if column.line <= 0:
        part = split(column.path)
        yield from (column.spec.label, f"{column.group} {column.spec.label}", *column.spec.aliases)
        if part is None:
            yield column.path.replace("_identifier", "")
        else:
            yield f"{part[0]} {part[2]}" if apart else part[2].replace("_identifier", "")
    else:
        number = column.line + 1
        for name in (column.spec.label, *column.spec.aliases):
            yield from (f"{name} ({number})", f"{name} {number}", f"{name}_{number}")


def _tight(title: str) -> str:
    return " ".join(title.split()).casefold()


def _loose(title: str) -> str:
    """Letters and digits alone, without accents: *Net-Amount* is *net_amount*."""
    plain = unicodedata.normalize("NFKD", title).casefold()
    return "".join(char for char in plain if char.isalnum())
