"""Acme's emulator."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crmdesk.core.seams import SystemClock
from crmdesk.sandbox.faults import Faults
from crmdesk.sandbox.guests import guests
from crmdesk.sandbox.service import Service

KEY, SIZE = "acme-card-4711", 10


class AcmeSandbox(Service):
    def __init__(
        self,
        counts: Sequence[int] | None = None,
        faults: Faults | None = None,
        now: Callable[[], datetime] | None = None,
        **_more: Any,
    ) -> None:
        super().__init__(faults or Faults(), now or SystemClock().now)
        count = counts[0] if counts else 25
        self.people = [
            {"id": f"A{place}", "name": f"{one.given} {one.family}", "mail": one.email, "town": one.city}
            for place, one in enumerate(guests(count, seed=61))
        ]
        self.serve([Route("/api/people", self._list), Route("/api/people/{id}", self._one, methods=["GET", "PATCH"])])

    def describe(self, url: str) -> Mapping[str, Any]:
        account = {"title": "Acme desk", "credentials": {"branch": "7", "key": KEY}, "contacts": len(self.people)}
        return {"title": "Acme Stays", "base_url": f"{url}/api", "accounts": [account]}

    async def _list(self, request: Request) -> Response:
        return await self.answer(request, self._page)

    async def _one(self, request: Request) -> Response:
        return await self.answer(request, self._person)

    def _page(self, request: Request, _body: bytes) -> Response:
        if request.headers.get("x-acme-key") != KEY:
            return JSONResponse({"error": "key"}, 401)
        page = int(request.query_params.get("page", "1"))
        people = self.people[(page - 1) * SIZE : page * SIZE]
        pages = max(1, -(-len(self.people) // SIZE))
        return JSONResponse({"people": people, "pages": pages, "total": len(self.people)})

    def _person(self, request: Request, body: bytes) -> Response:
        if request.headers.get("x-acme-key") != KEY:
            return JSONResponse({"error": "key"}, 401)
        found = next((one for one in self.people if one["id"] == request.path_params["id"]), None)
        if found is None:
            return JSONResponse({"error": "unknown"}, 404)
        if request.method == "PATCH":
            sent = json.loads(body)
            if "@" not in (sent.get("mail") or "@"):
                return JSONResponse({"mail": "That is no e-mail address."}, 422)
            found |= {key: value for key, value in sent.items() if key in ("name", "mail", "town")}
        return JSONResponse(found)
