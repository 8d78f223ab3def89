"""Form of the emulated BookingSync answers: envelope, page links and totals, hourly limit, error pages."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from crmdesk.vendors.bookingsync.sandbox_shape import Json, encode

PAGE = 100
_API_TYPE = "application/vnd.api+json; charset=utf-8"
_NOT_FOUND = "<!DOCTYPE html><html><head><title>404</title></head><body><h1>The page doesn't exist.</h1></body></html>"


class HourWindow:
    """So many requests in each hour of the clock [D, O]: the count starts anew on the full hour."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._hour = self._used = 0

    def take(self, seconds: int) -> bool:
        hour = seconds // 3600
        self._used = self._used + 1 if hour == self._hour else 1
        self._hour = hour
        return self._used <= self.limit

    def headers(self, exhausted: bool) -> dict[str, str]:
        left = 0 if exhausted else max(0, self.limit - self._used)
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": str((self._hour + 1) * 3600),
        }


class Paging:
    """Which part of a list was asked for, and the links and totals that go with it [D docs, O].

    `url` is the list's address without a query. An endless list always has a next page; it goes round in circles."""

    def __init__(self, query: Mapping[str, str], url: str, count: int, *, endless: bool = False) -> None:
        self.size = min(_number(query.get("per_page"), PAGE), PAGE)
        self.page = _number(query.get("page"), 1)
        pages = max(1, math.ceil(count / self.size))
        self.start = ((self.page - 1) % pages if endless else self.page - 1) * self.size
        self.totals = {
            "X-Total-Pages": str(pages),
            "X-Total-Count": str(count),
            "X-Per-Page": str(self.size),
        }
        rels = {"first": 1, "prev": self.page - 1, "next": self.page + 1, "last": pages}
        if self.page == 1:
            del rels["prev"]
        if self.page >= pages and not endless:
            del rels["next"]
        self.links = {rel: f"{url}?{_query(query, page)}" for rel, page in rels.items()}


def _query(query: Mapping[str, str], page: int) -> str:
    """The filters of the request stay in the links."""
    kept = {name: value for name, value in query.items() if name != "page"}
    return urlencode({"page": page, **kept})


def _number(text: str | None, default: int) -> int:
    """A positive number, else the default."""
    return int(text) if text and text.isdecimal() and len(text) < 10 and int(text) > 0 else default


def envelope(status: int, base: str, contacts: bytes, meta: Json, headers: dict[str, str]) -> Response:
    links = encode({"contacts.account": f"{base}/accounts/{{contacts.account}}"})
    body = b'{"links":' + links + b',"contacts":[' + contacts + b'],"meta":' + encode(meta) + b"}"
    return Response(body, status, {**headers, "ETag": f'W/"{zlib.adler32(body):08x}{len(body):x}"'}, _API_TYPE)


def answer(status: int, body: Json, headers: dict[str, str] | None = None, media_type: str = _API_TYPE) -> Response:
    return Response(encode(body), status, headers, media_type)


async def no_page(_request: Request, _error: Exception) -> Response:
    return not_found()


def not_found() -> Response:
    return HTMLResponse(_NOT_FOUND, 404)
