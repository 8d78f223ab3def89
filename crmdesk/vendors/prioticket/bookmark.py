"""What stands in a cursor of PrioTicket's: what the list was like when it was read.

A listing is made of one or more *parts*. Mostly there is one, the whole list, and the text is its `Last-Modified` as
the vendor wrote it. Where the whole list is a filtered one (see `connector`) there is a part for each type of contact,
and the text is JSON: the filters of the account, and of each part type, total, pages and `Last-Modified`. With filters
it is JSON, too, so that a `Last-Modified` is never asked about a list that it does not belong to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Part:
    """One list: of all contacts (`kind` ''), or of one type. `stamp` is its `Last-Modified` ('' = none came).

    `total` is None before an answer told it; `pages` are those read, or expected by `total`."""

    kind: str = ""
    total: int | None = None
    pages: int = 0
    stamp: str = ""


class _Text(msgspec.Struct, forbid_unknown_fields=True):
    filters: dict[str, str]
    parts: list[Part]


def write(parts: tuple[Part, ...], filters: Mapping[str, str]) -> str:
    """The text for a checkpoint."""
    if len(parts) == 1 and not parts[0].kind and not filters:
        return parts[0].stamp
    return msgspec.json.encode(_Text(dict(filters), list(parts))).decode()


def write_complete(parts: tuple[Part, ...], filters: Mapping[str, str]) -> str:
    """The text that the next listing asks with; '' where a part has no `Last-Modified`."""
    return write(parts, filters) if all(part.stamp for part in parts) else ""


def read(text: str, filters: Mapping[str, str]) -> tuple[Part, ...]:
    """The parts; () for a text that was written for other filters, or by nobody here."""
    if not text.startswith("{"):
        return () if filters else (Part(stamp=text),)
    try:
        found = msgspec.json.decode(text, type=_Text)
    except (msgspec.DecodeError, UnicodeError):
        return ()
    return tuple(found.parts) if found.filters == dict(filters) else ()
