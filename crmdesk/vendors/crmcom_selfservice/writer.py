"""Changing a profile: PUT of the fields that were changed, in the words of the account's version.

The documents do not say whether an object in a PUT is merged or replaced. So an object of which a part was changed is
sent whole, as it was read just before. A person's names and a company's name are mandatory by the page, and go with
every PUT. Custom fields are a list, and a list is sent whole. All else is left out that nobody changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from crmdesk.core.errors import InDoubtError, KnownError, Problem, RejectedError
from crmdesk.core.fields import FieldKind, find
from crmdesk.core.foreign import items, mapping, text
from crmdesk.core.merge import is_empty
from crmdesk.core.outbox import FieldChange, OpKind, Request
from crmdesk.core.types import Account, Json, RemoteContact
from crmdesk.core.vendor import Written
from crmdesk.net.http import check_base_url, segment
from crmdesk.vendors.crmcom_selfservice.bodies import contact_body, refused, to_json
from crmdesk.vendors.crmcom_selfservice.dialect import Dialect, own_name
from crmdesk.vendors.crmcom_selfservice.fields import FIELDS, NO_CREATE, NO_DELETE
from crmdesk.vendors.crmcom_selfservice.profile import CONSENT_STATES, Profile
from crmdesk.vendors.crmcom_selfservice.refusals import RefusedError

if TYPE_CHECKING:
    from crmdesk.vendors.crmcom_selfservice.api import SelfService

CONSENT = "consent_state"
_PERSON, _COMPANY = ("first_name", "middle_name", "last_name"), ("company_name",)
"""page, PUT: "Applicable and mandatory only if the type is PERSON"; "required attribute if the type is a Company". """
_NOTHING: Mapping[FieldKind, Any] = {
    FieldKind.TEXT: "",
    FieldKind.EMAIL: "",
    FieldKind.CHOICES: [],
    FieldKind.RECORDS: [],
}
"""What an emptied field is sent as; null for every other kind. The documents are silent about it."""
_EMPTY = {spec.path: _NOTHING.get(spec.kind) for spec in FIELDS}
_NO_WAY = {OpKind.CREATE: NO_CREATE, OpKind.DELETE: NO_DELETE}
_UNREAD = "What you changed was sent and taken. It is looked up before anything is sent again."
_HALF = "A part of it was done. It is looked up before anything is sent again."


class Writer:
    """ContactWriter of one account, for the profiles of guests who are signed in here and of the account's own contact;
    see the protocol. GuestAwayError, and nothing sent, for anybody else."""

    can = frozenset({OpKind.UPDATE})

    def __init__(self, api: SelfService, account: Account, dialect: Dialect) -> None:
        self._api, self._dialect = api, dialect
        self._base_url = check_base_url(account.base_url)

    async def update(self, base: RemoteContact, changes: Sequence[FieldChange], orders: Sequence[str] = ()) -> Written:
        """`PUT /contacts/{id}`, and `PUT …/consents` for the consent where the version has that call; then the profile
        is read again, for an answer names only its id."""
        values, consent = self._values(base.raw, changes)
        profile = await self._api.profile_of(base.remote_id)
        if not changes:
            return Written(base)
        if values:
            await self._put(profile, base.remote_id, values, self._as_read(base.raw, values))
        if consent:
            await self._consent(profile, base.remote_id, consent, after=bool(values))
        try:
            return Written(await profile.get(base.remote_id))
        except KnownError as error:
            raise InDoubtError("The profile could not be read again.", _UNREAD, details=error.details) from None

    async def _put(
        self, profile: Profile, remote_id: str, values: Mapping[str, Any], as_read: Mapping[str, Any]
    ) -> None:
        try:
            await profile.update(remote_id, values, as_read)
        except RefusedError as error:
            raise self._at_fields(error, {**values, **as_read}) from None

    async def _consent(self, profile: Profile, remote_id: str, state: str, *, after: bool) -> None:
        """`after`: something was written before, so that "nothing was done" would not be true any more."""
        try:
            await profile.set_consent(remote_id, state)
        except KnownError as error:
            if after:
                raise InDoubtError("The consent could not be changed.", _HALF, details=error.details) from None
            raise

    def request(
        self, kind: OpKind, remote_id: str, base: Json, changes: Sequence[FieldChange], orders: Sequence[str] = ()
    ) -> Request:
        """See `ContactWriter.request`: the profile's, or the consent's where nothing else is changed (where both go,
        their values stand in one). The guest's documents are in it, no token is."""
        if kind in _NO_WAY:
            _impossible(kind)
        values, consent = self._values(base, changes)
        address = f"{self._base_url}/contacts/{segment(remote_id)}"
        if values or not consent:
            body = contact_body(values, self._dialect, self._as_read(base, values)) if values else {}
            return Request("PUT", address, _pretty(body | ({CONSENT: consent} if consent else {})))
        return Request("PUT", f"{address}/consents", _pretty({CONSENT: consent}))

    # ── what CRM.COM has no call for here ────────────────────────────────────────────────────────────────────────

    async def create(self, values: Json) -> RemoteContact:
        """RejectedError, always: see `can`."""
        _impossible(OpKind.CREATE)

    async def find_created(self, values: Json, since: datetime) -> tuple[RemoteContact, ...]:
        """RejectedError, always: see `can`."""
        _impossible(OpKind.CREATE)

    async def delete(self, remote_id: str) -> None:
        """RejectedError, always: see `can`."""
        _impossible(OpKind.DELETE)

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _values(self, base: Json, changes: Sequence[FieldChange]) -> tuple[dict[str, Any], str]:
        """What goes into the PUT, by path, and the consent that has a call of its own ('' where none). RejectedError
        for what cannot be said to CRM.COM."""
        values: dict[str, Any] = {}
        consent = ""
        for change in changes:
            if change.path == CONSENT and self._dialect.consents:
                consent = _state(change.now)
            elif change.path == "emails":
                values["email_address"] = _first_email(change)
            else:
                values[change.path] = _EMPTY.get(change.path) if is_empty(change.now) else change.now
        if values:
            contact_body(values, self._dialect)  # says what this version does not have, before anything is sent
        return values, consent

    def _as_read(self, base: Json, values: Mapping[str, Any]) -> dict[str, Any]:
        """What goes along unchanged, by path: the names, and all other parts of the objects of which one is changed."""
        name = self._dialect.name
        named = {name(path) for path in values}
        changed = {one.partition(".")[0] for one in named if "." in one}
        mandatory = _COMPANY if base.get("type") == "COMPANY" else _PERSON
        found: dict[str, Any] = {}
        for spec in FIELDS if values else ():
            theirs, part = name(spec.path), find(base, spec.path)
            along = spec.path in mandatory or ("." in theirs and theirs.partition(".")[0] in changed)
            if along and spec.writable and theirs not in named and not is_empty(part):
                named.add(theirs)
                found[spec.path] = part
        return found

    def _at_fields(self, error: RefusedError, values: Mapping[str, Any]) -> RejectedError:
        """The refusal at the field that it is about: the vendor names it in the words of its version."""
        problems = tuple(
            Problem(self._path_of(problem.path, values), problem.code, problem.text) for problem in error.problems
        )
        return RejectedError(error.title, error.hint, problems=problems, details=error.details)

    def _path_of(self, named: str, values: Mapping[str, Any]) -> str:
        for path in values:
            name = self._dialect.name(path)
            leaf = name.rpartition(".")[2]
            if named in (name, leaf, path, own_name(path)) or named.startswith((f"{leaf}.", f"{name}.")):
                return path
        return next((path for path in values if named and path.startswith(named)), named)


def _state(value: Any) -> str:
    if value not in CONSENT_STATES:
        problem = Problem(CONSENT, "choice", "Choose one of the answers: CRM.COM cannot take a consent away.")
        raise refused("A consent needs an answer.", problem)
    return str(value)


def _first_email(change: FieldChange) -> str:
    """A client reads `emails[]`, but PUT knows one address: the first one."""
    before, after = _addresses(change.was), _addresses(change.now)
    if len(after) != max(len(before), 1) or after[1:] != before[1:]:
        problem = Problem("emails", "one", "Only the first address can be changed here.")
        raise refused("CRM.COM takes one e-mail address.", problem)
    return after[0]


def _addresses(value: Any) -> list[str]:
    return [text(mapping(item).get("email_address", item)) for item in items(value, 100)]


def _pretty(body: Json) -> str:
    return msgspec.json.format(to_json(body), indent=2).decode()


def _impossible(kind: OpKind) -> NoReturn:
    raise RejectedError(_NO_WAY[kind], "Nothing was sent.")
