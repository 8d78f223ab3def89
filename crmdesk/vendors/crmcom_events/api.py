"""Calls with a token: in the JSON body of a POST, in the query of a GET, and never in anything that is written down.

A token that the vendor's own envelope refuses is replaced once per call: what was refused for its token did nothing.
A 401 without an envelope is somebody else's word and renews nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import msgspec

from crmdesk.core.errors import BugError, InDoubtError, OfflineError, ProtocolError, ServerFaultError, SignInNeededError
from crmdesk.core.said import said
from crmdesk.core.seams import Clock
from crmdesk.net import retry
from crmdesk.net.auth import Session
from crmdesk.net.http import Answer, Http
from crmdesk.net.redact import MASK
from crmdesk.vendors.crmcom_events.codec import TITLE, Reply, failure, read_reply
from crmdesk.vendors.crmcom_events.settling import sets_of
from crmdesk.vendors.crmcom_events.signin import JSON_BODY, OWN, no_envelope

T = TypeVar("T")
_NOT_TAKEN = frozenset({404, 405, 413})
"""Without an envelope: the server has no such method, or did not take the body. Nothing was done."""


class Api:
    """All calls of one account. `batches` is an Http of their own: its connection is closed after each, so that none
    can be lost on one that the server has given up meanwhile."""

    def __init__(self, http: Http, batches: Http, session: Session, clock: Clock) -> None:
        self._http, self._batches, self._session, self._clock = http, batches, session, clock
        self._one_write = asyncio.Lock()

    async def read(
        self, method: str, path: str, values: Mapping[str, Any], *, patience: retry.Patience = retry.READS
    ) -> Any:
        """`data` of an answer that changes nothing; repeated as `patience` allows. KnownError."""

        async def once(token: str) -> Any:
            sent: dict[str, Any] = {"params" if method == "GET" else "json": {"token": token, **values}}
            headers = {} if method == "GET" else JSON_BODY
            answer = await self._http.send(method, path, headers=headers, own=OWN, write=False, **sent)
            return self._read(answer, method)

        return await retry.read(lambda: self._with_token(once), self._clock, patience)

    async def write(self, path: str, body: bytes) -> Reply:
        """Sends a JSON object once. InDoubtError where it may have been done; any other KnownError: it was not."""

        async def once(token: str) -> Reply:
            answer = await self._batches.send("POST", path, body=_with(token, body), headers=JSON_BODY, own=OWN)
            return self._written(answer, token)

        async with self._one_write:
            try:
                return await self._with_token(once, writes=True)
            finally:
                await self._batches.aclose()

    async def _with_token(self, call: Callable[[str], Awaitable[T]], *, writes: bool = False) -> T:
        token = await _signed_in(self._session.current(), writes=writes)
        try:
            return await call(token)
        except SignInNeededError:
            renewed = await _signed_in(self._session.renew(token), writes=writes)
        return await call(renewed)

    # -- answers -------------------------------------------------------------------------------------------------

    def _read(self, answer: Answer, method: str) -> Any:
        try:
            reply = read_reply(answer.body, said("The answer of {vendor}", vendor=TITLE))
        except ProtocolError as error:
            raise no_envelope(self._http, answer, method, error) from None
        if not reply.ok:
            raise failure(reply)
        return reply.data

    def _written(self, answer: Answer, token: str) -> Reply:
        """The reply to a write. The token is taken out of what is handed on, should the answer repeat it."""
        try:
            reply = read_reply(
                answer.body.replace(token.encode(), MASK.encode()), said("The answer of {vendor}", vendor=TITLE)
            )
        except ProtocolError as error:
            if answer.status in _NOT_TAKEN:
                raise self._batches.unexpected(answer, "POST") from None
            raise in_doubt(error.title, error.details) from None
        if reply.ok:
            return reply
        refusal = failure(reply)
        made, _ = sets_of(reply.raw) or ((), ())
        if reply.refuses_token and not made:
            raise refusal
        if made or answer.status >= 500 or reply.own_fault:
            raise in_doubt(refusal.title, refusal.details)
        raise refusal


async def _signed_in(token: Awaitable[str], *, writes: bool) -> str:
    """A sign-in whose answer was lost before a write: the write itself has certainly not left."""
    try:
        return await token
    except ServerFaultError as error:
        if not writes:
            raise
        raise OfflineError(error.title, "Nothing was sent. It will be tried again.", details=error.details) from None


def in_doubt(title: str, details: Mapping[str, str]) -> InDoubtError:
    """A write whose answer proves nothing."""
    hint = said("It may or may not have been done. Look at {vendor} before sending it again.", vendor=TITLE)
    return InDoubtError(title, hint, details=details)


def _with(token: str, body: bytes) -> bytes:
    """`body` with the token as its first key. It is spliced in, so that what was sealed is sent byte for byte."""
    if not body.startswith(b'{"') or body.startswith(b'{"token"'):
        raise BugError("A stored batch is not what was sealed.", "It was not sent.")
    return b'{"token":' + msgspec.json.encode(token) + b"," + body[1:]
