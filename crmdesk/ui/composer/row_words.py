"""A row in words: whom it is about, what it is and when, enough to find it in a back office. Pure: no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from crmdesk.core.batch import BatchKind
from crmdesk.core.cells import text_of
from crmdesk.core.grid_columns import get, used_columns
from crmdesk.ui.composer.rows import GridRow

MOST_TEXTS, LONGEST = 4, 60  # of what a row is


def described(kind: BatchKind, row: GridRow) -> str:
    """Two lines: who and when; then what."""
    used = used_columns(kind, [row.values])
    texts = {column.path: text_of(column.spec, get(row.values, column.path)) for column in used}
    who, when = _who(kind, row.values), texts.pop(kind.performed, "")
    what = (text for path, text in texts.items() if text and path not in kind.who and path != kind.reference)
    first = " · ".join(part for part in (who, when) if part)
    second = " · ".join(_short(text) for text in islice(what, MOST_TEXTS))
    return "\n".join(part for part in (first, second) if part)


def in_one_line(kind: BatchKind, row: GridRow, number: str = "") -> str:
    """To look for it elsewhere: as `described`, and our own number of it; `number`: where that is not its last uid."""
    reference = str(row.values.get(kind.reference) or number or row.uid)
    return " · ".join(part for part in (described(kind, row).replace("\n", " · "), reference) if part)


def _who(kind: BatchKind, values: Mapping[str, Any]) -> str:
    return next((str(values[path]) for path in kind.who if values.get(path)), "")


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
