"""Messages to the contact, and what the contact is asked to approve."""

from __future__ import annotations

from dataclasses import dataclass, replace

from crmdesk.core.said import said
from crmdesk.net.http import segment
from crmdesk.vendors.crmcom_selfservice.answers import Approval, Communication, Listing
from crmdesk.vendors.crmcom_selfservice.bodies import refused
from crmdesk.vendors.crmcom_selfservice.codec import read_approvals, read_communication, read_communications
from crmdesk.vendors.crmcom_selfservice.dialect import Dialect
from crmdesk.vendors.crmcom_selfservice.line import Line

MOST_OF_A_PAGE = 100
_IN_APP = frozenset({"INAPP", "IN_APP"})  # one channel: the page, and what a client asks with


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list, in which order; `sort` and `order` ('ASC', 'DESC') are left to the vendor where ''."""

    page: int = 1
    size: int = 20
    sort: str = ""  # CREATED_DATE, UPDATED_DATE, NAME
    order: str = ""

    def params(self) -> dict[str, str | int]:
        """Query of the request. RejectedError for a part that no list has."""
        if self.page < 1 or not 1 <= self.size <= MOST_OF_A_PAGE:
            raise refused(said("A page begins at 1 and has 1 to {most} entries.", most=MOST_OF_A_PAGE))
        named = {"sort": self.sort, "order": self.order}
        return {"page": self.page, "size": self.size} | {name: value for name, value in named.items() if value}


FIRST = Slice()


class Inbox:
    """All calls need the contact's token and raise KnownError."""

    def __init__(self, line: Line, dialect: Dialect) -> None:
        self._line, self._dialect = line, dialect

    async def communications(
        self,
        contact_id: str,
        part: Slice = FIRST,
        *,
        archived: bool | None = None,
        viewed: bool | None = None,
        channel: str = "",
    ) -> Listing[Communication]:
        """GET /contacts/{id}/communications. None asks for all.

        "If set to TRUE, only archived (viewed) communications will be retrieved": what FALSE does is not said, nor are
        the names of the channels in a request. So what comes is looked through once more; a page may then be empty
        although others follow."""
        marks = {"archived": archived, "viewed": viewed}
        params = part.params() | {name: str(value).lower() for name, value in marks.items() if value is not None}
        params |= {self._dialect.channel: self._dialect.in_app if channel in _IN_APP else channel} if channel else {}
        path = f"/contacts/{segment(contact_id)}/communications"
        answer = await self._line.read(path, params=params, subject=contact_id)
        found = read_communications(answer.body, part.page, part.size)
        wanted = tuple(one for one in found.entries if _fits(one, archived, viewed, channel))
        return replace(found, entries=wanted)

    async def communication(self, communication_id: str) -> Communication:
        """GET /communications/{id}."""
        answer = await self._line.read(_communication(communication_id), subject=communication_id)
        return read_communication(answer.body, communication_id)

    async def mark(self, communication_id: str, *, viewed: bool = False, archived: bool = False) -> None:
        """PUT /communications/{id}/actions. There is no call to take a mark away."""
        marks = {"viewed": viewed, "archived": archived}
        body = {name: self._dialect.flag(True) for name, wanted in marks.items() if wanted}
        if not body:
            raise refused("There is nothing to mark.")
        await self._line.change("PUT", f"{_communication(communication_id)}/actions", body, subject=communication_id)

    async def approvals(
        self, contact_id: str, part: Slice = FIRST, *, state: str = "", entity_types: str = ""
    ) -> Listing[Approval]:
        """GET /contacts/{id}/approval_requests. The page has lost what its filters are called (the names are those of
        version 2), so what comes is looked through once more."""
        named = {"state": state, "entity_types": entity_types}
        params = part.params() | {name: value for name, value in named.items() if value}
        path = f"/contacts/{segment(contact_id)}/approval_requests"
        answer = await self._line.read(path, params=params, subject=contact_id)
        found = read_approvals(answer.body, part.page, part.size)
        return replace(found, entries=tuple(one for one in found.entries if state in ("", one.state) or not one.state))

    async def answer_approval(self, approval_id: str, *, accept: bool, comments: str = "") -> None:
        """POST /approval_requests/{id}/actions. Comments exist in version 2 and are refused in version 1."""
        if comments and not self._dialect.comments:
            raise refused("Version 1 takes no comment with an answer.")
        body = {"action": "ACCEPT" if accept else "REJECT"} | ({"comments": comments} if comments else {})
        path = f"/approval_requests/{segment(approval_id)}/actions"
        await self._line.change("POST", path, body, subject=approval_id)


def _fits(one: Communication, archived: bool | None, viewed: bool | None, channel: str) -> bool:
    """A mark that the vendor does not tell speaks against nobody."""
    marks = ((archived, one.is_archived), (viewed, one.is_viewed))
    alike = channel in ("", one.channel) or {channel, one.channel} <= _IN_APP or not one.channel
    return alike and all(wanted is None or told is None or wanted is told for wanted, told in marks)


def _communication(communication_id: str) -> str:
    return f"/communications/{segment(communication_id)}"
