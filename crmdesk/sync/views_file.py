"""Saved views as a file for another desk. Reading takes over nothing by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmdesk.core.query_nodes import SORT_COLUMNS
from crmdesk.core.query_parser import MAX_TEXT
from crmdesk.core.text import one_line
from crmdesk.core.types import SavedView, Sort
from crmdesk.sync.settings_file import Form, read_document, write_document

VIEWS = Form(
    "crmdesk views",
    1,
    "views",
    list,
    "“{name}” holds no views of crmdesk.",
    "Choose a file that was made with “Save the views as a file…”.",
)
LONGEST = 80  # letters of a title
MOST = 500  # views of one file
_ACCOUNT = re.compile(r"\baccount:(\d+(?:,\d+)*)(?=[\s)]|$)")


@dataclass(frozen=True, slots=True)
class BroughtViews:
    """What a file brings, and how many entries nobody here can use."""

    views: Sequence[SavedView]
    unusable: int = 0


def write_views(path: Path, views: Sequence[SavedView], accounts: Mapping[int, str]) -> None:
    """`accounts` are the titles of accounts: their numbers are others on another computer. Whole or not at all.
    StorageError. Blocks."""
    content = [
        {
            "title": view.title,
            "query": named(view.query, accounts),
            "sort": [[sort.column, sort.descending] for sort in view.sort],
            "columns": list(view.columns),
        }
        for view in views
    ]
    write_document(path, VIEWS, content)


def read_views(path: Path) -> BroughtViews:
    """SettingsFileError says what is wrong with the file. Blocks."""
    given = read_document(path, VIEWS)
    found = [view for entry in given[:MOST] if (view := _view(entry)) is not None]
    return BroughtViews(found, len(given) - len(found))


def named(query: str, accounts: Mapping[int, str]) -> str:
    """The query with accounts by their titles."""

    def titles(found: re.Match[str]) -> str:
        known = [accounts.get(int(number), "").replace('"', "").strip() for number in found[1].split(",")]
        return "account:" + ",".join(f'"{title}"' for title in known) if all(known) else found[0]

    return _ACCOUNT.sub(titles, query)


def _view(entry: Any) -> SavedView | None:
    """None for what is no view, or one of a field that is not known here."""
    if not isinstance(entry, dict):
        return None
    title, query, sort, columns = (entry.get(name) for name in ("title", "query", "sort", "columns"))
    if not isinstance(title, str) or not one_line(title) or not isinstance(query, str) or len(query) > MAX_TEXT:
        return None
    if not isinstance(sort, list) or not all(map(_is_sort, sort)):
        return None
    if not isinstance(columns, list) or not all(name in SORT_COLUMNS for name in columns if isinstance(name, str)):
        return None
    if not all(isinstance(name, str) for name in columns):
        return None
    keys = tuple(Sort(column, descending) for column, descending in sort)
    return SavedView(0, one_line(title, LONGEST), one_line(query, MAX_TEXT), keys, tuple(columns))


def _is_sort(given: Any) -> bool:
    return (
        isinstance(given, list)
        and len(given) == 2
        and isinstance(given[0], str)
        and given[0] in SORT_COLUMNS
        and isinstance(given[1], bool)
    )
