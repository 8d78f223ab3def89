"""Requests and answers of the emulated back office: the envelope, strict bodies, flattened identifiers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from starlette.responses import HTMLResponse, Response

from crmdesk.vendors.crmcom_events.sandbox_data import Json

_NOT_FOUND = "<!DOCTYPE html><html><head><title>404</title></head><body><h1>HTTP Status 404</h1></body></html>"


class CallRefused(Exception):  # noqa: N818 - the vendor's word about the whole call
    """Becomes a failed status; nothing was done."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message


def refuse(code: str, message: str) -> CallRefused:
    """A refusal with a code of our own [A]."""
    return CallRefused(f"Emulator{code}Exception", message)


def success(data: Any) -> Json:
    return {"data": data, "status": {"code": "OK", "description": "", "message": ""}}


def failed(error: CallRefused) -> Json:
    return {"data": None, "status": {"code": error.code, "description": "", "message": error.message}}


def response(body: Json, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False).encode(), status, media_type="application/json")


def no_page() -> Response:
    return HTMLResponse(_NOT_FOUND, 404)


def read_body(body: bytes) -> Json:
    """The JSON object of a POST; a key that stands twice is refused."""
    try:
        read = json.loads(body, object_pairs_hook=_once, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise refuse("MalformedRequest", "The body is no JSON object.") from None
    if not isinstance(read, dict):
        raise refuse("MalformedRequest", "The body is no JSON object.")
    return read


def _once(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise refuse("RepeatedKey", "A key stands twice in one object.")
    return found


def read_query(query: Mapping[str, str]) -> Json:
    """`name_identifier=key=value` becomes `{"name_identifier": {key: value}}`; numbers of pages become numbers."""
    found: Json = {}
    for name, value in query.items():
        if name.endswith("_identifier"):
            key, equals, rest = value.partition("=")
            if not equals:
                raise refuse("Identifier", f"{name} is not like number=ACR1.")
            found[name] = {key: rest}
        elif name in ("number_of_results", "offset"):
            found[name] = int(value) if value.isdecimal() and len(value) < 10 else value
        else:
            found[name] = value
    return found


def paged(rows: Sequence[Any], asked: Mapping[str, Any], *, endless: bool = False) -> list[Any]:
    """`offset` rows are skipped, `number_of_results` given; without the latter all [D]. An endless list forgets the
    offset."""
    offset, most = asked.get("offset", 0), asked.get("number_of_results", len(rows))
    if any(type(number) is not int or number < 0 for number in (offset, most)):
        raise refuse("Paging", "number_of_results and offset are whole numbers.")
    start = 0 if endless else offset
    return list(rows[start : start + most])


def only(data: Json, fields_set: Any) -> Json:
    """What `fields_set` leaves of the rows of an answer; a set that loses all its fields goes, too."""
    if not isinstance(fields_set, str):
        return data
    names = {name.strip() for name in fields_set.split(",")}
    cut = {name: [{key: row[key] for key in row.keys() & names} for row in rows] for name, rows in data.items()}
    return {name: rows for name, rows in cut.items() if name in names or any(rows)}
