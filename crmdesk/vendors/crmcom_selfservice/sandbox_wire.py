"""Form of the emulated CRM.COM Self-Service: error bodies, answers, pages of lists, what a request holds.

Written from the source page and the vendor reference; it knows nothing of our connector. The vendor names two error
codes only; every other one begins with EMULATOR and is ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

Json = dict[str, Any]

NOT_FOUND = "CRM.EXCEPTIONS.NOTFOUNDEXCEPTION"
ON_WIFI = "ClientAlreadyAuthorizedException"
_LISTS = frozenset({"page", "size", "sort", "order"})
_SORTS = ("CREATED_DATE", "UPDATED_DATE", "NAME")
_MOST = 100


class Refused(Exception):  # noqa: N818 - what it is to a client
    """The request is answered with the vendor's error body."""

    def __init__(self, status: int, error: str, message: str, *parameters: str) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.parameters = status, error, message, parameters

    def response(self) -> Response:
        body = {
            "status": self.status,
            "error": self.error,
            "message": self.message,
            "parameters": list(self.parameters),
        }
        return JSONResponse(body, self.status)


def invalid(what: str, *parameters: str) -> Refused:
    """A 400 in words of ours."""
    return Refused(400, "EMULATOR.INVALIDINPUT", what, *parameters)


def missing(kind: str, identifier: str, status: int = 400) -> Refused:
    """The one error the source page prints."""
    return Refused(status, NOT_FOUND, "Record not found.", kind, identifier)


async def no_page(_request: Request, _error: Exception) -> Response:
    """A path that does not exist, or not with this method: a page of the server, not the vendor's error body."""
    return HTMLResponse("<!DOCTYPE html><title>404</title><h1>Not Found</h1>", 404)


def empty(status: int = 200) -> Response:
    return Response(status_code=status)


def answer(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False).encode(), status, media_type="application/json")


def json_body(request: Request, body: bytes) -> Json:
    """The request's JSON object. The page's text says form-encoded, every sample is JSON: so is this."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise invalid("The body must be application/json.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise invalid("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise invalid("The body is not an object.")
    return found


def only(body: Mapping[str, Any], known: Sequence[str], *, strict: bool, where: str = "") -> None:
    """In strict mode an unknown key is a mistake of the client."""
    unknown = [key for key in body if key not in known]
    if strict and unknown:
        raise invalid(f"Unknown: {where}{unknown[0]}", f"{where}{unknown[0]}")


def words(body: Mapping[str, Any], *names: str) -> list[str]:
    """The texts under these names; each must be there and not empty."""
    for name in names:
        value = body.get(name)
        if not isinstance(value, str) or not value.strip():
            raise invalid(f"{name} is required.", name)
    return [body[name] for name in names]


def boolean(value: Any, name: str) -> bool:
    """A boolean, or one of the texts the samples have."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise invalid(f"{name} is true or false.", name)


def a_file(request: Request, body: bytes) -> tuple[str, bytes, str]:
    """Name, content and type of the part `file` of a multipart body."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise invalid("A file comes as multipart/form-data.")
    whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + body)
    for part in whole.iter_parts() if whole.is_multipart() else ():
        if part.get_param("name", header="content-disposition") == "file":
            content = part.get_payload(decode=True)
            return part.get_filename() or "", content if isinstance(content, bytes) else b"", part.get_content_type()
    raise invalid("The part called file is missing.", "file")


class Asked:
    """Which part of a list was asked for. An endless list goes round in circles."""

    def __init__(self, request: Request, filters: Sequence[str], *, strict: bool, endless: bool = False) -> None:
        query = request.query_params
        only(query, [*_LISTS, *filters], strict=strict)
        self.page, self.size = _number(query, "page", 1), _number(query, "size", 10)
        if not 1 <= self.size <= _MOST or self.page < 1:
            raise invalid("page begins at 1, size is 1 to 100.", "size")
        for name, known in (("sort", _SORTS), ("order", ("ASC", "DESC"))):
            if query.get(name, known[0]) not in known:
                raise invalid(f"{name} is one of {', '.join(known)}.", name)
        self.ascending = query.get("order", "DESC") == "ASC"
        self.sort = query.get("sort", "CREATED_DATE")
        self._endless = endless

    def answer(self, entries: Sequence[Json], form: str) -> Response:
        """`form`: paging, pages or absent."""
        start = (self.page - 1) * self.size
        if self._endless and entries:
            start %= len(entries)
        total = 10**6 if self._endless else len(entries)
        body: Json = {"content": list(entries[start : start + self.size])}
        if form != "absent":
            body[form] = {"page": self.page, "size": self.size, "total": total}
        return answer(body)


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or len(text) > 9:
        raise invalid(f"{name} is a number.", name)
    return int(text)
