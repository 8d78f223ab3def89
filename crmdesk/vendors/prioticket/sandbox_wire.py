"""Form of the emulated PrioTicket answers, and its two limits: requests a minute, and refusals a minute."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette.responses import Response

from crmdesk.vendors.prioticket import sandbox_rules as rules
from crmdesk.vendors.prioticket.sandbox_shape import Json, encode

API_VERSION = "3.8.0"
PER_PAGE = 10
MINUTE = 60
_JSON = "application/json"


class Limits:
    """`per_minute` requests in any minute; after `refusals` answers of 4xx in one, nothing for a minute [D limits].

    Who called is not told apart: one emulator is one address. Times are whole seconds of the emulator's clock."""

    def __init__(self, per_minute: int, refusals: int = 60) -> None:
        self._per_minute, self._most_refusals = per_minute, refusals
        self._requests: deque[int] = deque()
        self._refusals: deque[int] = deque()
        self._blocked_until = 0

    def take(self, now: int) -> bool:
        """Counts a request; False if it is one too many, or comes while the client is locked out."""
        if now < self._blocked_until:
            return False
        _drop(self._requests, now)
        if len(self._requests) >= self._per_minute:
            return False
        self._requests.append(now)
        return True

    def note(self, status: int, now: int) -> None:
        """Counts an answer."""
        if not 400 <= status < 500 or now < self._blocked_until:
            return
        _drop(self._refusals, now)
        self._refusals.append(now)
        if len(self._refusals) >= self._most_refusals:
            self._refusals.clear()
            self._blocked_until = now + MINUTE


def _drop(times: deque[int], now: int) -> None:
    while times and times[0] <= now - MINUTE:
        times.popleft()


class Paging:
    """Which part of a list was asked for, and the numbers that go with it. ValueError names a bad parameter.

    `size` is the server's own page size where it does not honour items_per_page; `most` its cap."""

    def __init__(self, query: Mapping[str, str], count: int, *, size: int | None, most: int, empty_pages: int) -> None:
        asked = _named("items_per_page", query, PER_PAGE, 500)
        self.size = size or min(asked, most)
        index = _named("start_index", query, 1, 10_000)
        self.page = _named("page", query, index // self.size + 1, 10**9)
        self.start = (self.page - 1) * self.size if "page" in query else index - 1
        self.pages = math.ceil(count / self.size) if count else empty_pages
        self.count = count

    def numbers(self, shown: int) -> Json:
        return {
            "current_item_count": shown,
            "items_per_page": self.size,
            "start_index": self.start + 1,
            "total_items": self.count,
            "page_index": self.page,
            "total_pages": self.pages,
        }


def _named(name: str, query: Mapping[str, str], default: int, most: int) -> int:
    try:
        return rules.whole(query.get(name), default, 1, most)
    except ValueError as error:
        raise ValueError(f"{name} is {error}") from None


def listed(contacts: bytes, numbers: Json, headers: dict[str, str]) -> Response:
    """A list or, without numbers, a detail: the same outer form [D3.5]. `contacts` are joined JSON objects."""
    data = encode({"kind": "contact", **numbers})[:-1] + b',"items":[' + contacts + b"]}"
    body = b'{"api_version":"' + API_VERSION.encode() + b'","data":' + data + b"}"
    return Response(body, 200, headers, _JSON)


def answer(status: int, body: Json, headers: dict[str, str] | None = None) -> Response:
    return Response(encode(body), status, headers, _JSON)


def refusal(
    status: int, code: str, message: str, *, reference: str, errors: Sequence[str] = (), description: str = ""
) -> Response:
    """The vendor's error body [D3.5]."""
    body: Json = {"error": code, "error_reference": reference, "error_message": message}
    if description:
        body["error_description"] = description
    if errors:
        body["errors"] = list(errors)
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'} if status == 401 else None
    return answer(status, body, headers)


def oauth_refusal(status: int, code: str, description: str) -> Response:
    """The token call's error body; 401 with WWW-Authenticate for bad client credentials [D docs]."""
    headers = {"WWW-Authenticate": 'Basic realm="PrioTicket"'} if status == 401 else None
    return answer(status, {"error": code, "error_description": description}, headers)


def http_date(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def seconds_of(date: str | None) -> int | None:
    """Seconds of an If-Modified-Since; None for none and for one that is no date, which HTTP says to pass over."""
    try:
        return int(parsedate_to_datetime(date).timestamp()) if date else None
    except (ValueError, TypeError, OverflowError):
        return None
