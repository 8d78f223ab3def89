"""A file on the command line to rows of a kind: read, mapped, and nothing guessed that a person would be asked."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from crmdesk.core.batch import BatchKind, shares_unsaid
from crmdesk.core.cells import is_readable, value_of
from crmdesk.core.errors import SettingsError
from crmdesk.core.fields import FieldKind
from crmdesk.core.grid_columns import MOST_LINES, GridColumn, columns_of, put, split
from crmdesk.core.mapping import (
    ColumnMapping,
    Source,
    apply,
    best,
    decimals_in,
    from_json,
    guess,
    ignored,
    lacking,
    orders_in,
)
from crmdesk.core.sheet import Layout, Table, TextForm
from crmdesk.core.submission import NewRow
from crmdesk.store.mappings import KeptMapping
from crmdesk.sync import report
from crmdesk.sync.importing import read_file
from crmdesk.sync.text_tables import NO_SEPARATORS

_SHOWN = 8  # names in one sentence
_ORDERS = "One of: --dates dmy, --dates mdy."


@dataclass(frozen=True, slots=True)
class Rows:
    """What a file gave. `told`: what a person should know about it."""

    table: Table
    mapping: ColumnMapping
    rows: list[NewRow]
    told: tuple[str, ...]


def load(chosen: argparse.Namespace) -> tuple[Table, list[str]]:
    """Blocking. The table and what is odd about it; UnreadableError. Of a result of ours only what failed is taken,
    unless all rows are asked for."""
    separator = {"tab": "\t"}.get(chosen.separator, chosen.separator) or ""
    if len(separator) > 1 or separator in NO_SEPARATORS:
        raise SettingsError(f"--separator {separator} cannot stand between cells.", "Give one sign, or: tab.")
    form = TextForm(chosen.encoding or "", separator)
    layout = Layout(form, chosen.sheet or "", False if chosen.no_header else None)
    path = Path(chosen.file).expanduser()
    if not path.exists():
        raise SettingsError(f"There is no file {path}.", "Look at its name and folder.", field="file")
    table = read_file(path, layout)
    told = [remark.text for remark in table.remarks]
    if report.is_report(table):
        told.append(
            "This is a result of crmdesk: all of its rows are taken as new ones."
            if chosen.all_rows
            else "This is a result of crmdesk: only its rows that failed or were not sent are taken (--all-rows: all)."
        )
        table = report.as_new(table) if chosen.all_rows else report.failed_only(table)
    if not table.rows:
        raise SettingsError("There are no rows in this file.", "Choose another file, or another --sheet.", field="file")
    return table, told


def rows_of(
    kind: BatchKind, table: Table, told: Sequence[str], kept: Sequence[KeptMapping], chosen: argparse.Namespace,
    now: datetime,
) -> Rows:  # fmt: skip
    """The rows, ready to be checked. SettingsError where something must be said first; `now`: local."""
    words = list(told)
    mapping = _mapping(kind, table, kept, chosen, words)
    for text in chosen.fill:
        path, value = _fill(kind, text)
        mapping = mapping.with_choice(path, Source(constant=value))
    mapping = _read_as(kind, table, mapping, chosen)
    if missing := lacking(kind, mapping):
        raise SettingsError(
            f"No column of the file feeds: {_listed(missing)}.",
            f"Columns: {_listed(table.columns)}. Rename one, use --map NAME, or give one value for all with --fill.",
            field="map",
        )
    if unused := ignored(table.columns, mapping):
        words.append(f"Columns that feed nothing: {_listed(unused)}.")
    return Rows(table, mapping, apply(kind, table, mapping, now), tuple(words))


def _mapping(
    kind: BatchKind, table: Table, kept: Sequence[KeptMapping], chosen: argparse.Namespace, told: list[str]
) -> ColumnMapping:
    if chosen.map:
        named = next((one for one in kept if one.name.casefold() == chosen.map.strip().casefold()), None)
        if named is None:
            raise SettingsError(
                f"There is no mapping {chosen.map} for {kind.title}.",
                f"Mappings: {_listed([one.name for one in kept]) or 'none yet'}.",
                field="map",
            )
        return from_json(named.content, table.columns, named.name)
    if (proposed := best(table.columns, kept)) is not None:
        told.append(f"Columns are taken as in the mapping {proposed.name}.")
        return proposed
    found = guess(kind, table.columns)
    unsure = [choice for choice in found.choices if not choice.sure]
    if unsure and not chosen.guess:
        titles = {column.path: column.title for column in columns_of(kind, MOST_LINES)}
        named_so = [
            f"{table.columns[choice.source.column or 0]} → {titles.get(choice.path, choice.path)}" for choice in unsure
        ]
        raise SettingsError(
            f"These columns can only be guessed: {_listed(named_so)}.",
            "Take the guesses with --guess, or rename the columns.",
            field="guess",
        )
    return found


def _read_as(kind: BatchKind, table: Table, mapping: ColumnMapping, chosen: argparse.Namespace) -> ColumnMapping:
    """Order of dates and the decimal sign are asked for, never guessed."""
    orders = orders_in(kind, table, mapping)
    signs = decimals_in(kind, table, mapping)
    order = chosen.dates or mapping.reading.order or _only(orders)
    sign = chosen.decimal or mapping.reading.decimal or _only(signs)
    if len(orders) > 1 and not order:
        raise SettingsError("The file's dates can be read in more than one way.", _ORDERS, field="dates")
    if len(signs) > 1 and not sign:
        hint = "Say which sign stands before the cents: --decimal , or --decimal ."
        raise SettingsError("The file's amounts can be read in more than one way.", hint, field="decimal")
    return replace(mapping, reading=replace(mapping.reading, order=order, decimal=sign))


def _only(found: frozenset[str]) -> str:
    return next(iter(found)) if len(found) == 1 else ""


def _fill(kind: BatchKind, text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    choices = [choice for choice in guess(kind, [name]).choices if choice.sure]
    if not sign or not value.strip() or len(choices) != 1:
        known = _listed([column.title for column in columns_of(kind) if column.essential])
        raise SettingsError(
            f"--fill {text} makes no sense.", f"Write FIELD=VALUE, with one of: {known} …", field="fill"
        )
    return choices[0].path, value.strip()


def request_of(kind: BatchKind, texts: Sequence[str]) -> Mapping[str, Any]:
    """`--option NAME=VALUE`: what stands once in each call, by path or label; a part of a purchase as
    `purchase.price`. SettingsError."""
    options = [one for one in columns_of(replace(kind, fields=kind.request)) if one.spec.kind is not FieldKind.RECORDS]
    found: dict[str, Any] = {}
    for text in texts:
        name, sign, given = text.partition("=")
        fits = [one for one in options if name.strip().casefold() in _names_of(one)]
        one = fits[0] if len(fits) == 1 and sign else None
        value = value_of(one.spec, given) if one is not None else None
        if one is None or value is None or not is_readable(one.spec, value):
            known = _listed([_short(one.path) for one in options], most=len(options)) or "none"
            raise SettingsError(f"--option {text} makes no sense.", f"{kind.title} has: {known}.", field="option")
        found = put(found, one.path, value)
    return found


def _names_of(option: GridColumn) -> tuple[str, ...]:
    names = (option.path, _short(option.path), option.title, f"{option.group} {option.title}")
    return tuple(name.casefold() for name in names)


def _short(path: str) -> str:
    """There is one of it in a call, which needs no number."""
    part = split(path)
    return f"{part[0]}.{part[2]}" if part else path


def refuse_unsaid(kind: BatchKind, rows: int, request: Mapping[str, Any]) -> None:
    """What speaks for all rows of a call is for one guest, unless somebody says that they share it. SettingsError."""
    if not shares_unsaid(kind, rows, request):
        return
    path, tick = kind.shared or ("", "")
    label = next(spec.label for spec in kind.request if spec.path == path)
    raise SettingsError(
        f"{label}: there is one for {rows:,} rows.",
        f"Say that all of them share it with --option {tick}=yes, or give each row its own, in columns of the file.",
        field="option",
    )


def _listed(names: Sequence[str], most: int = _SHOWN) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
