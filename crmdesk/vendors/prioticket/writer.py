"""Changing a PrioTicket contact: the whole of it is sent, since the vendor overwrites and never merges.

"The latest request takes precedence and therefore the data is always overwritten, not merged" (contacts page). There is
no lock; but "every time the contact details are updated, a new version is registered" (model): an update that makes
another version than the next one has replaced what somebody wrote in between, and the revisions say what that was.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlencode

from crmdesk.core.errors import InDoubtError, KnownError, ProtocolError, RejectedError
from crmdesk.core.fields import find
from crmdesk.core.foreign import whole
from crmdesk.core.merge import is_empty, same
from crmdesk.core.outbox import FieldChange, OpKind, Request
from crmdesk.core.said import said, term
from crmdesk.core.types import Json, RemoteContact
from crmdesk.core.vendor import Written
from crmdesk.net.http import Answer, check_base_url, segment
from crmdesk.net.retry import READS
from crmdesk.vendors.prioticket.codec import CONTACTS, SERVER_ONLY, order_query, read_list, update_body
from crmdesk.vendors.prioticket.fields import NO_CREATE, NO_DELETE
from crmdesk.vendors.prioticket.refusals import read_refusal, refused_values

if TYPE_CHECKING:
    from crmdesk.vendors.prioticket.connector import Contacts, Line

_log = logging.getLogger(__name__)
_UNHEARD = 408  # "Request Timeout" may come from something between, after the request was passed on
_UNSURE = "It may or may not have been done. Look at PrioTicket before sending it again."
_NO_WAY = {OpKind.CREATE: NO_CREATE, OpKind.DELETE: NO_DELETE}
_MADE_IN_NOTES = frozenset({"note_date", "note_creator"})


class Writer:
    """ContactWriter of one account, for updates; see the protocol. `contacts` is the reading side."""

    can = frozenset({OpKind.UPDATE})

    def __init__(self, line: Line, contacts: Contacts, base_url: str) -> None:
        self._line = line
        self._contacts = contacts
        self._base_url = check_base_url(base_url)

    async def update(self, base: RemoteContact, changes: Sequence[FieldChange], orders: Sequence[str] = ()) -> Written:
        """`PUT /contacts/{contact_uid}` with everything that `base` has, and `changes` in it.

        Orders keep their copy of the contact unless named: "if the contact was not linked to the order yet, it will be
        added" (page). Nothing is sent where nothing is to be changed."""
        body = _body(base.raw, changes)
        if not changes and not order_query(orders):
            return Written(base)
        answer = await self._line.put(_path(base.remote_id), body, order_query(orders))
        if not 200 <= answer.status < 300:  # "200 to 299 as success" (3.5)
            raise await self._refused(answer, base.remote_id)
        echo = self._echo(answer, base.remote_id)
        before, after = _version(base.raw), _version(echo.raw)
        mine = all(same(find(echo.raw, change.path), change.now) for change in changes)
        if answer.status != 200 and not mine:
            raise self._doubtful(answer, said("its status is {status}", status=str(answer.status)))
        if before is None or after is None or after == before + 1:
            return Written(echo)
        if after > before:
            return await self._with_others(echo, before, after, json.loads(body)["data"]["contact"])
        if mine:
            return Written(echo)
        raise self._doubtful(answer, "it shows an older state of the contact")

    async def _with_others(self, echo: RemoteContact, before: int, after: int, sent: Json) -> Written:
        """Versions were made between the one we read and ours: reads them back. Ours is the first one that is what we
        sent: a repeated request makes one more, and somebody may have written again behind us."""
        try:
            states = [state.raw for state in await self._contacts.states(echo.remote_id, READS)]
        except KnownError as error:  # ours is done; only what it replaced is not known
            _log.warning("The versions between ours and the one before could not be read: %s.", type(error).__name__)
            return Written(echo, missed=after - before - 1)
        newer = {number: raw for raw in states if (number := _version(raw)) is not None and before < number <= after}
        content = _content(sent)
        ours = next((number for number in sorted(newer) if _content(newer[number]) == content), after)
        between = tuple(newer[number] for number in sorted(newer) if number < ours)
        return Written(echo, between, missed=ours - before - 1 - len(between))

    def request(
        self, kind: OpKind, remote_id: str, base: Json, changes: Sequence[FieldChange], orders: Sequence[str] = ()
    ) -> Request:
        """See `ContactWriter.request`. `base` is what was read last; before sending, the contact is read again."""
        if kind in _NO_WAY:
            _impossible(kind)
        body = json.dumps(json.loads(_body(base, changes)), ensure_ascii=False, indent=2)
        query = urlencode(order_query(orders), doseq=True)
        return Request("PUT", f"{self._base_url}{_path(remote_id)}{'?' if query else ''}{query}", body)

    # ── what PrioTicket has no call for ──────────────────────────────────────────────────────────────────────────────

    async def create(self, values: Json) -> RemoteContact:
        """RejectedError, always: see `can`."""
        _impossible(OpKind.CREATE)

    async def find_created(self, values: Json, since: datetime) -> tuple[RemoteContact, ...]:
        """RejectedError, always: see `can`."""
        _impossible(OpKind.CREATE)

    async def delete(self, remote_id: str) -> None:
        """RejectedError, always: see `can`."""
        _impossible(OpKind.DELETE)

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _echo(self, answer: Answer, remote_id: str) -> RemoteContact:
        """The contact in the answer, "a list of one"; of several states the newest."""
        try:
            states = [state for state in read_list(answer.body).states if state.remote_id == remote_id]
        except ProtocolError:
            raise self._doubtful(answer, "it is no contact") from None
        if not states:
            raise self._doubtful(answer, "it is not about this contact")
        return max(states, key=lambda state: _version(state.raw) or 0)

    async def _refused(self, answer: Answer, remote_id: str) -> KnownError:
        """The error for an answer that is no success.

        404 is not among the documented statuses, and a 404 may be a proxy's, or about the call: the contact itself is
        asked for, and NotFoundError raised where PrioTicket says that it is gone."""
        if answer.status < 400 or answer.status == _UNHEARD:
            return self._doubtful(answer, said("its status is {status}", status=str(answer.status)))
        refusal = read_refusal(answer.body)
        if answer.status in (404, 410) or (answer.status in (400, 422) and refusal is not None and refusal.gone):
            await self._contacts.get(remote_id)
        values = refused_values(answer.status, answer.body, self._line.unexpected(answer, "PUT"))
        return values or self._line.refused(answer, "PUT")

    def _doubtful(self, answer: Answer, why: str) -> InDoubtError:
        title = said("The answer from PrioTicket could not be understood: {why}.", why=term(why))
        return InDoubtError(title, _UNSURE, details=self._line.unexpected(answer, "PUT").details)


def _body(base: Json, changes: Sequence[FieldChange]) -> bytes:
    return update_body(base, {change.path: change.now for change in changes})


def _path(remote_id: str) -> str:
    return f"{CONTACTS}/{segment(remote_id)}"


def _version(raw: Json) -> int | None:
    number = whole(raw.get("contact_version"))
    return number if number is not None and number > 0 else None


def _content(raw: Json) -> Any:
    """A state without what the server makes and without what is empty, since it leaves that out: two of them are equal
    where the same was sent."""
    own = {key: value for key, value in raw.items() if key not in SERVER_ONLY}
    if isinstance(address := own.get("contact_address"), dict):
        own["contact_address"] = {key: value for key, value in address.items() if key != "id"}
    if isinstance(notes := own.get("contact_notes"), list):
        own["contact_notes"] = [_own_note(note) for note in notes]
    return _filled(own)


def _own_note(note: Any) -> Any:
    return {key: value for key, value in note.items() if key not in _MADE_IN_NOTES} if isinstance(note, dict) else note


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: kept for key, inner in value.items() if not is_empty(kept := _filled(inner))}
    return [_filled(inner) for inner in value] if isinstance(value, list) else value


def _impossible(kind: OpKind) -> NoReturn:
    raise RejectedError(_NO_WAY[kind], "Nothing was sent.")
