"""BookingSync's word that values cannot be saved, in both documented forms, as problems by field.

`{"errors": [{"code": "validation_failed", "field": "email", "title": "can't be blank"}]}` (recordings; the same entry
may come twice), and `{"errors": {"country_code": ["is required"]}}` (tests of the official client).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from crmdesk.core.errors import Problem, RejectedError
from crmdesk.core.foreign import items, mapping, text
from crmdesk.core.said import said_of
from crmdesk.core.text import one_line
from crmdesk.net.redact import hide_secrets
from crmdesk.vendors.bookingsync.fields import FIELDS

REFUSED = "refused"
"""Code of a problem where the vendor gives none, as in the form by field."""

_LARGEST = 1_000_000  # bytes of an error body that are looked at
_MOST = 100  # problems; a contact has twenty fields
_DEEPEST = 4  # {"phones": [{"number": ["…"]}]}
_PATHS = frozenset(spec.path for spec in FIELDS)
_PLACE = re.compile(r"phones\.(\d{1,3})(?:\.(label|number))?")
_OTHER_NAMES: Mapping[str, str] = {"account": "links.account", "base": ""}
"""Of the page's table, and of the framework behind it for what is wrong with the record as a whole."""


def envelope(body: bytes) -> Any:
    """What stands under `errors` or, in 2014, `error` (recordings); None where this is no error of the vendor's form:
    then somebody else may have answered."""
    if len(body) > _LARGEST:
        return None
    try:
        said = mapping(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return next((said[key] for key in ("errors", "error") if said.get(key) is not None), None)


def refused(body: bytes, details: Mapping[str, str]) -> RejectedError:
    """The error for a 422. Nothing was changed by the request, whatever stands in the body."""
    problems = read_problems(body)
    fields = len({problem.path.split(".")[0] for problem in problems})
    if not problems:
        title, hint = "BookingSync refused the values without saying which.", "Look through them, then try again."
    else:
        title = said_of(
            fields, "BookingSync refused a field of this contact.", "BookingSync refused {n} fields of this contact."
        )
        hint = "What it says stands at each field." if fields > 1 else "What it says stands at the field."
    return RejectedError(title, hint, problems=problems, details=details)


def read_problems(body: bytes) -> tuple[Problem, ...]:
    """Each refused value once, in the vendor's order and words; () where it names none."""
    said = envelope(body)
    found = _listed(said) if isinstance(said, list) else _by_field("", said, _DEEPEST)
    return tuple(dict.fromkeys(problem for problem, _ in zip(found, range(_MOST), strict=False)))


def _listed(entries: list[Any]) -> Iterator[Problem]:
    for entry in entries[:_MOST]:
        said = mapping(entry)
        words = _words(said.get("title")) or _words(said.get("code")) or _words(entry)
        if words:
            yield Problem(path_of(text(said.get("field"))), _words(said.get("code")) or REFUSED, words)


def _by_field(path: str, said: Any, deeper: int) -> Iterator[Problem]:
    """Texts below names of fields; of a list of objects the place in it belongs to the name."""
    if isinstance(said, dict) and deeper:
        for name, inner in said.items():
            yield from _by_field(f"{path}.{name}" if path else text(name), inner, deeper - 1)
        return
    for place, item in enumerate(items(said, _MOST)):
        if isinstance(item, dict) and deeper:
            yield from _by_field(f"{path}.{place}", item, deeper - 1)
        elif words := _words(item):
            yield Problem(path_of(path), REFUSED, words)


def path_of(field: str) -> str:
    """The `FieldSpec.path` of a field as the vendor names it: `phones[1].number` → `phones.1.number`. What stands
    inside of a known field but cannot be placed belongs to the field; an unknown one keeps its own name."""
    name = re.sub(r"[\[\]/.]+", ".", field).strip(".")
    name = _OTHER_NAMES.get(name, name)
    if not name or name in _PATHS or _PLACE.fullmatch(name):
        return name
    placed = _PLACE.match(name)
    first = placed[0] if placed else name.split(".")[0]
    return first if placed or first in _PATHS else one_line(field)


def _words(value: Any) -> str:
    """The server's own words, without what must not be shown. They are not scrubbed: they stand at the field whose
    value they quote."""
    return one_line(hide_secrets(text(value)))
