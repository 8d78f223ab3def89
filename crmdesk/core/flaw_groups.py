"""Findings put together: those of one code at one column make a group, with one title and one correction. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmdesk.core.batch import BatchKind
from crmdesk.core.grid_columns import columns_for
from crmdesk.core.row_checks import REPEAT, Flaw, Severity
from crmdesk.core.said import said, term

VENDOR_SAYS = "V-VENDOR"
"""Code of what a vendor's own rules find; only its text says what."""
TITLES: Mapping[str, str] = {
    "V-REQ": "{column} missing",
    "V-ONEOF": "{column} missing",
    "V-BOTH": "Too many identifiers",
    "V-IDFORM": "{column} unlike earlier ones",
    "V-DATE": "{column} not readable",
    "V-FUT": "In the future",
    "V-OLD": "Long ago",
    "V-CLOCK": "Where the clocks change",
    "V-ENUM": "{column} not allowed",
    "V-SELF": "Refers to itself",
    "V-SUM": "Total does not fit",
    "V-NEG": "{column} negative",
    "V-CUR": "Another currency than before",
    "V-NUM": "{column} not a number",
    "V-CELL": "{column}: an error in the file",
    "V-CARD": "{column}: a card number",
    "V-CHARS": "{column}: hidden characters",
    "V-MAIL": "{column} unlike an address",
    "V-LEN": "{column} too long",
    "V-TWIN": "Twice in these rows",
    REPEAT: "Sent before",
    "V-KNOWNBAD": "{column} refused before",
    "V-RID": "{column} given twice",
    "V-RESTR": "Restricted guests",
    "V-OPTOUT": "Did not agree to marketing",
    "V-CONSENT": "{column} without proof",
    VENDOR_SAYS: "{column} not taken",
    "N-KNOWN": "Good to know: {column} was accepted before",
}
_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_PROPOSED_OUT = frozenset({REPEAT})


@dataclass(frozen=True, slots=True)
class FlawGroup:
    """Findings of one code at one column; `rows` in their order. `title` has the count: *Account missing (12)*."""

    code: str
    path: str
    severity: Severity
    title: str
    rows: tuple[int, ...]


def group(kind: BatchKind, flaws: Iterable[Flaw], rows: Sequence[Mapping[str, Any]] = ()) -> list[FlawGroup]:
    """Errors first, then the largest."""
    labels = {column.path: column.title for column in columns_for(kind, rows)}
    found: dict[tuple[str, str, Severity], list[int]] = {}
    for flaw in flaws:
        found.setdefault((flaw.code, flaw.path, flaw.severity), []).append(flaw.row)
    groups = []
    for (code, path, severity), places in found.items():
        column = labels.get(path) or next((spec.label for spec in kind.request if spec.path == path), "") or "Row"
        title = said(TITLES.get(code, code), column=term(column))
        unique = tuple(dict.fromkeys(places))
        groups.append(FlawGroup(code, path, severity, said("{title} ({n})", title=title, n=len(unique)), unique))
    return sorted(groups, key=lambda one: (_RANK[one.severity], -len(one.rows), one.title))


def to_leave_out(flaws: Iterable[Flaw]) -> dict[int, str]:
    """Rows that are proposed to be left out, with why: what was sent before already."""
    return {flaw.row: flaw.text for flaw in flaws if flaw.code in _PROPOSED_OUT}


def rows_with(flaws: Iterable[Flaw], severity: Severity) -> frozenset[int]:
    """Places of rows that have a finding of this severity."""
    return frozenset(flaw.row for flaw in flaws if flaw.severity is severity)
