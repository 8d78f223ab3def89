"""Acme's people over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from crmdesk.core.errors import InDoubtError, NotFoundError, Problem, RejectedError
from crmdesk.core.merge import overlay
from crmdesk.core.outbox import FieldChange, OpKind, Request
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account, Cursor, Json, Page, RemoteContact
from crmdesk.core.vendor import Access, CheckStep, Secrets, Written
from crmdesk.net import tolerant, wire
from crmdesk.net.auth import SecretHeader, check_token
from crmdesk.net.http import Http, segment
from crmdesk.net.limiter import RateBudget
from crmdesk.net.probe import check_connection


class _List(msgspec.Struct):
    people: list[msgspec.Raw]
    pages: int
    total: int


class People:
    whole = True

    def __init__(self, http: Http, branch: str) -> None:
        self._http, self._branch = http, branch

    async def pages(self, cursor: Cursor) -> AsyncIterator[Page]:
        number = cursor.page
        while True:
            listed = await self.read(number)
            read = [found for entry in listed.people if (found := tolerant.read_entry(bytes(entry))) is not None]
            people = tuple(RemoteContact(str(raw["id"]), body, raw) for body, raw in read if raw.get("id"))
            after = Cursor("", number + 1) if number < listed.pages else None
            yield Page(people, number, after=after, total=listed.total, pages=listed.pages)
            if after is None:
                return
            number += 1

    async def read(self, number: int) -> _List:
        answer = await self._http.get("/people", params={"page": number, "branch": self._branch})
        if answer.status != 200:
            raise self._http.unexpected(answer)
        return wire.decode(answer.body, _List, "Acme’s list of people")

    async def get(self, remote_id: str) -> RemoteContact:
        answer = await self._http.get(f"/people/{segment(remote_id)}")
        if answer.status == 404 and answer.body == b'{"error":"unknown"}':
            raise NotFoundError("This contact no longer exists at Acme Stays.")
        if answer.status != 200 or (read := tolerant.read_entry(answer.body)) is None:
            raise self._http.unexpected(answer)
        body, raw = read
        return RemoteContact(remote_id, body, raw)


class Writer:
    """Acme can change a person, by a list of what is new."""

    can = frozenset({OpKind.UPDATE})

    def __init__(self, http: Http, base_url: str) -> None:
        self._http, self._base_url = http, base_url

    async def update(self, base: RemoteContact, changes: Sequence[FieldChange], orders: Sequence[str] = ()) -> Written:
        answer = await self._http.send("PATCH", f"/people/{segment(base.remote_id)}", json=overlay({}, changes))
        if answer.status == 404 and answer.body == b'{"error":"unknown"}':
            raise NotFoundError("This contact no longer exists at Acme Stays.")
        if answer.status == 422:
            told = wire.decode(answer.body, dict[str, str], "Acme’s refusal")
            problems = tuple(Problem(path, "refused", text) for path, text in told.items())
            raise RejectedError("Acme Stays refused values of this contact.", problems=problems)
        read = tolerant.read_entry(answer.body)
        if answer.status >= 400:
            raise self._http.unexpected(answer, "PATCH")
        if answer.status != 200 or read is None or read[1].get("id") != base.remote_id:
            raise InDoubtError("The answer of Acme Stays cannot be read.", "It may or may not have been done.")
        body, raw = read
        return Written(RemoteContact(base.remote_id, body, raw))

    async def create(self, values: Json) -> RemoteContact:
        raise RejectedError("Acme Stays has no way to make a contact.")

    async def find_created(self, values: Json, since: datetime) -> tuple[RemoteContact, ...]:
        raise RejectedError("Acme Stays has no way to make a contact.")

    async def delete(self, remote_id: str) -> None:
        raise RejectedError("Acme Stays has no way to delete a contact.")

    def request(
        self, kind: OpKind, remote_id: str, base: Json, changes: Sequence[FieldChange], orders: Sequence[str] = ()
    ) -> Request:
        if kind not in self.can:
            raise RejectedError("Acme Stays can only change contacts.")
        body = json.dumps(overlay({}, changes), ensure_ascii=False, indent=2)
        return Request("PATCH", f"{self._base_url}/people/{segment(remote_id)}", body)


def open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    clock = SystemClock()
    http = Http(
        account.base_url,
        vendor="Acme Stays",
        clock=clock,
        budget=RateBudget(clock),
        auth=SecretHeader(secrets, "key", account.base_url, header="X-Acme-Key"),
        transport=transport,
    )
    people = People(http, account.config.get("branch", ""))

    async def check() -> tuple[CheckStep, ...]:
        async def prepare() -> None:
            check_token(await secrets.get("key"), field="key")

        async def probe() -> str:
            return f"May read {(await people.read(1)).total} people."

        return await check_connection("Acme Stays", prepare=prepare, probe=probe, accepted="The key is good.")

    writer = Writer(http, account.base_url)
    return Access(check=check, aclose=http.aclose, contacts=people, writer=writer)
