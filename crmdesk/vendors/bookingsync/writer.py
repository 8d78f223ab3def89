"""Changing BookingSync's contacts: make one, change fields of one, delete one. Every call is sent once.

The right for all three is `rentals_write` (contacts page: "Required OAuth scope"). There is no lock and no version: the
last write wins (in our words), so only changed fields are sent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crmdesk.core.errors import ForbiddenError, InDoubtError, KnownError, NotFoundError, ProtocolError, RejectedError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.foreign import utc
from crmdesk.core.merge import alike, same
from crmdesk.core.outbox import NEW, FieldChange, OpKind, Request
from crmdesk.core.said import said, term
from crmdesk.core.seams import Clock, iso
from crmdesk.core.types import Cursor, Json, RemoteContact
from crmdesk.core.vendor import Written
from crmdesk.net.http import Answer, Http, check_base_url, segment
from crmdesk.vendors.bookingsync.codec import CONTACTS, HEADERS, WRITABLE, create_body, read_list, update_body
from crmdesk.vendors.bookingsync.listing import TOLERANCE
from crmdesk.vendors.bookingsync.refusals import read_problems, refused

if TYPE_CHECKING:
    from crmdesk.vendors.bookingsync.connector import Contacts

MOST_PAGES = 20
"""So many pages of changed contacts are looked through for one that was made: 2000 changes within minutes."""

_SENT = {**HEADERS, "Content-Type": HEADERS["Accept"]}  # as the official client sends
_MISSING = (404, 410)
_UNHEARD = 408  # "Request Timeout" may come from something between, after the request was passed on
_UNSURE = "It may or may not have been done. Look at BookingSync before sending it again."
_READS_ONLY = {
    "POST": "This BookingSync key may read but not make contacts (needs rentals_write).",
    "PUT": "This BookingSync key may read but not change contacts (needs rentals_write).",
    "DELETE": "This BookingSync key may read but not delete contacts (needs rentals_write).",
}
_METHODS = {OpKind.CREATE: "POST", OpKind.UPDATE: "PUT", OpKind.DELETE: "DELETE"}


class Writer:
    """ContactWriter of one account; see the protocol. `contacts` is the reading side: it tells a missing contact from a
    proxy's page."""

    can = frozenset(OpKind)

    def __init__(self, http: Http, contacts: Contacts, clock: Clock, base_url: str, hint: str) -> None:
        """`hint`: what to do where the right to change is missing."""
        self._http = http
        self._hint = hint
        self._contacts = contacts
        self._clock = clock
        self._base_url = check_base_url(base_url)

    async def create(self, values: Json) -> RemoteContact:
        """`POST /contacts`, answered with 201 and the contact in a list of one."""
        answer = await self._send("POST", CONTACTS, create_body(values))
        found = self._echo(answer, "POST", (200, 201))
        if len(found) != 1:
            raise self._doubtful(answer, "POST", "it does not name one new contact")
        return found[0]

    async def update(self, base: RemoteContact, changes: Sequence[FieldChange], orders: Sequence[str] = ()) -> Written:
        """`PUT /contacts/:id` with the changed fields. Nothing is sent where none is. BookingSync has no orders."""
        body = update_body(changes)
        if not changes:
            return Written(base)
        answer = await self._send("PUT", _path(base.remote_id), body)
        await self._unless_missing(answer, "PUT", base.remote_id)
        found = self._echo(answer, "PUT", (200, 201), base.remote_id)
        if [contact.remote_id for contact in found] != [base.remote_id]:
            raise self._doubtful(answer, "PUT", "it is about another contact")
        return Written(_whole(base, found[0]))

    async def delete(self, remote_id: str) -> None:
        """`DELETE /contacts/:id`, answered with 204 and no body."""
        answer = await self._send("DELETE", _path(remote_id))
        await self._unless_missing(answer, "DELETE", remote_id)
        if answer.status != 204:
            raise self._refused(answer, "DELETE")

    # ── a create whose answer was lost ───────────────────────────────────────────────────────────────────────────────

    async def find_created(self, values: Json, since: datetime) -> tuple[RemoteContact, ...]:
        """Contacts that BookingSync says were made since then (by this computer's clock), with all of `values`.

        ProtocolError where more contacts have changed since than are worth looking through: that nothing was found
        would prove nothing."""
        create_body(values)  # what could not be sent was not made
        earliest = iso(since + await self._clock_skew() - TOLERANCE)
        found: dict[str, RemoteContact] = {}
        read = 0
        async for page in self._contacts.pages(Cursor(since=earliest)):
            read += 1
            found |= {one.remote_id: one for one in page.contacts if _is_it(one.raw, values, earliest)}
            if read == MOST_PAGES and page.after is not None:
                if found:
                    break
                raise ProtocolError(
                    "Too many contacts have changed at BookingSync to find this one among them.",
                    "Look for it at BookingSync itself.",
                )
        return tuple(found.values())

    async def _clock_skew(self) -> timedelta:
        """How much the vendor's clock is ahead of ours, by the smallest list there is; none where it doesn't tell."""
        told = await self._contacts.server_time()
        return datetime.fromisoformat(told) - self._clock.now() if told else timedelta()

    # ── what it would be ─────────────────────────────────────────────────────────────────────────────────────────────

    def request(
        self, kind: OpKind, remote_id: str, base: Json, changes: Sequence[FieldChange], orders: Sequence[str] = ()
    ) -> Request:
        """See `ContactWriter.request`. A contact that BookingSync does not have yet has no address."""
        method = _METHODS[kind]
        if kind is OpKind.CREATE:
            values = {change.path: change.now for change in changes}
            return Request(method, f"{self._base_url}{CONTACTS}", _readable(create_body(values)))
        if remote_id.startswith(NEW):
            raise RejectedError("This change has no address yet.", "It gets one when BookingSync has made the contact.")
        address = f"{self._base_url}{_path(remote_id)}"
        return Request(method, address, _readable(update_body(changes)) if kind is OpKind.UPDATE else "")

    # ── one call ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _send(self, method: str, path: str, body: bytes | None = None) -> Answer:
        try:
            return await self._http.send(method, path, body=body, headers=_SENT if body is not None else HEADERS)
        except ForbiddenError as error:
            raise ForbiddenError(_READS_ONLY[method], self._hint, details=error.details) from None

    async def _unless_missing(self, answer: Answer, method: str, remote_id: str) -> None:
        """Returns unless this is a 404. Then the contact itself is asked for, since a 404 may be a proxy's, or about
        the call: NotFoundError where BookingSync says that it is gone."""
        if answer.status in _MISSING:
            await self._contacts.get(remote_id)
            raise self._http.unexpected(answer, method)

    def _echo(
        self, answer: Answer, method: str, good: tuple[int, ...], remote_id: str = ""
    ) -> tuple[RemoteContact, ...]:
        """The contacts of a good answer, of whatever account: it is what became of our own."""
        if answer.status not in good:
            raise self._refused(answer, method)
        try:
            listed = read_list(answer.body)
        except ProtocolError:
            raise self._doubtful(answer, method, "it is no contact") from None
        if remote_id and remote_id in listed.cancelled:
            raise NotFoundError("This contact was deleted at BookingSync.", "Your change was not applied.")
        return listed.contacts if not listed.odd else ()

    def _refused(self, answer: Answer, method: str) -> KnownError:
        """The error for an answer other than the documented good ones."""
        unexpected = self._http.unexpected(answer, method)
        if answer.status < 400 or answer.status == _UNHEARD:
            return self._doubtful(answer, method, said("its status is {status}", status=str(answer.status)))
        if answer.status == 422 or (answer.status == 400 and any(one.path for one in read_problems(answer.body))):
            return refused(answer.body, unexpected.details)
        return unexpected

    def _doubtful(self, answer: Answer, method: str, why: str) -> InDoubtError:
        title = said("The answer from BookingSync could not be understood: {why}.", why=term(why))
        return InDoubtError(title, _UNSURE, details=self._http.unexpected(answer, method).details)


def _path(remote_id: str) -> str:
    return f"{CONTACTS}/{segment(remote_id)}"


def _whole(base: RemoteContact, echo: RemoteContact) -> RemoteContact:
    """The echo; where it names fewer fields than the contact that was just read, those are as they were read. Nothing
    says that an answer to a write is complete, and what it leaves out is not empty."""
    left_out = base.raw.keys() - echo.raw.keys()
    if not left_out:
        return echo
    raw = {**{key: base.raw[key] for key in left_out}, **echo.raw}
    return replace(echo, raw=raw, body=json.dumps(raw).encode())


def _readable(body: bytes) -> str:
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2)


def _is_it(raw: Json, values: Json, earliest: str) -> bool:
    """Made since then, with all these values. Both times are UTC in the same form, so they compare as texts."""
    sent = [(WRITABLE[path], value) for path, value in values.items() if path in WRITABLE]
    return utc(raw.get("created_at")) >= earliest and all(_has(spec, raw.get(spec.path), value) for spec, value in sent)


def _has(spec: FieldSpec, found: Any, sent: Any) -> bool:
    """The order of languages means nothing; a phone line may have got keys of the server's own."""
    if spec.kind is FieldKind.LANGUAGES and isinstance(sent, list) and isinstance(found, list):
        return sorted(map(str, found)) == sorted(map(str, sent))
    if spec.kind is FieldKind.PHONES and isinstance(sent, list) and isinstance(found, list):
        return len(found) == len(sent) and all(map(_line_has, found, sent))
    return alike(spec, found, sent)


def _line_has(found: Any, sent: Any) -> bool:
    if not (isinstance(sent, dict) and isinstance(found, dict)):
        return same(found, sent)
    return all(same(found.get(key), value) for key, value in sent.items())
