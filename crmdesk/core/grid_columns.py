"""The columns of a grid of rows: one for each field of a kind, and for each part of each line of a RECORDS field.

A path here is that of a field, or `products_set.0.net_amount` for a part of a line. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmdesk.core.batch import BatchKind
from crmdesk.core.fields import FieldKind, FieldSpec

MOST_LINES = 20  # of one row, that a grid shows
_PART = re.compile(r"^(.+?)\.([0-9]+)\.(.+)$")


@dataclass(frozen=True, slots=True)
class GridColumn:
    """`spec` says how its cells are read and shown. `essential`: shown from the start, others once they are used or
    asked for. `line`: of a part of a RECORDS field, counted from 0; else -1."""

    path: str
    title: str
    spec: FieldSpec
    group: str
    essential: bool
    line: int = -1


def columns_of(kind: BatchKind, lines: int = 1, once: int = 1) -> tuple[GridColumn, ...]:
    """All columns of a kind, in the order of its fields, with so many lines of its RECORDS fields. What a row has once
    (`BatchKind.alone`) has one, or `once` of them where rows of an earlier version have more: they must be seen to be
    taken away. What crmdesk fills in itself has none."""
    found: list[GridColumn] = []
    for spec in kind.fields:
        if not spec.writable:
            continue
        if spec.kind is FieldKind.RECORDS:
            found += _parts(kind, spec, max(1, min(once if spec.path == kind.alone else lines, MOST_LINES)))
        else:
            found.append(GridColumn(spec.path, spec.label, spec, spec.group, _essential(kind, spec.path, spec)))
    return tuple(found)


def split(path: str) -> tuple[str, int, str] | None:
    """Field, line and part of a path such as `products_set.0.net_amount`; None for the path of a field."""
    found = _PART.match(path)
    return (found[1], int(found[2]), found[3]) if found else None


def get(values: Mapping[str, Any], path: str) -> Any:
    """The value in a cell, None where there is none."""
    if (part := split(path)) is None:
        return values.get(path)
    lines = values.get(part[0])
    if not isinstance(lines, list | tuple) or part[1] >= len(lines) or not isinstance(lines[part[1]], Mapping):
        return None
    return lines[part[1]].get(part[2])


def put(values: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The values with another one in a cell; None takes it away. A line goes when its last part does: those behind it
    move up only where nothing stands between."""
    changed = dict(values)
    if (part := split(path)) is None:
        if value is None:
            changed.pop(path, None)
        else:
            changed[path] = value
        return changed
    name, number, inner = part
    kept = changed.get(name)
    lines = [dict(line) if isinstance(line, Mapping) else {} for line in kept] if isinstance(kept, list | tuple) else []
    if value is not None:
        lines += [{} for _ in range(number + 1 - len(lines))]
        lines[number][inner] = value
    elif number < len(lines):
        lines[number].pop(inner, None)
    while lines and not lines[-1]:
        lines.pop()
    if lines:
        changed[name] = lines
    else:
        changed.pop(name, None)
    return changed


def columns_beyond(kind: BatchKind, paths: Collection[str]) -> tuple[GridColumn, ...]:
    """Those that reach these grid paths, and a further line of what a row may have several of."""
    return columns_of(kind, most_lines(paths) + 1, most_lines(path for path in paths if _of_once(kind, path)))


def most_lines(paths: Iterable[str]) -> int:
    """How many lines such grid paths reach; at least 1."""
    return max((part[1] + 1 for path in paths if (part := split(path))), default=1)


def columns_for(kind: BatchKind, rows: Sequence[Mapping[str, Any]]) -> tuple[GridColumn, ...]:
    """With as many lines as these rows have."""
    once = lines_in({kind.alone: row[kind.alone]} for row in rows if kind.alone in row)
    return columns_of(kind, lines_in(rows), once)


def _of_once(kind: BatchKind, path: str) -> bool:
    part = split(path)
    return part is not None and part[0] == kind.alone


def lines_in(rows: Iterable[Mapping[str, Any]]) -> int:
    """The most lines that a RECORDS field of these rows has; at least 1."""
    return max((len(value) for row in rows for value in row.values() if isinstance(value, list)), default=1) or 1


def used_columns(kind: BatchKind, rows: Sequence[Mapping[str, Any]]) -> list[GridColumn]:
    """Those in which some row has a value."""
    return [
        column for column in columns_for(kind, rows) if any(get(values, column.path) is not None for values in rows)
    ]


def _parts(kind: BatchKind, spec: FieldSpec, lines: int) -> list[GridColumn]:
    found = []
    for number in range(lines):
        for part in spec.parts:
            title = part.label if number == 0 else f"{part.label} ({number + 1})"
            essential = spec.required and number == 0 and _essential(kind, part.path, part, within=spec.path)
            found.append(GridColumn(f"{spec.path}.{number}.{part.path}", title, part, spec.group, essential, number))
    return found


def _essential(kind: BatchKind, path: str, spec: FieldSpec, within: str = "") -> bool:
    """Required by itself, or the first of those of which one is."""
    rules = (rule for rule in kind.one_of if rule.within == within and rule.required)
    return spec.required or any(rule.paths[0] == path for rule in rules)
