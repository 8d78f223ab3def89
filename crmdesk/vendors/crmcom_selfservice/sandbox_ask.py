"""One request to the emulated CRM.COM Self-Service, with whom it comes from and what it may see."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from crmdesk.sandbox.faults import Kind, due
from crmdesk.vendors.crmcom_selfservice.sandbox_accounts import Contact, Organisation, Quirks
from crmdesk.vendors.crmcom_selfservice.sandbox_wire import Asked, Json, Refused, json_body, missing


@dataclass(frozen=True, slots=True)
class Ask:
    """`signed` is the contact of the access token, None for calls without one; `now` UNIX seconds."""

    request: Request
    body: bytes
    organisation: Organisation
    quirks: Quirks
    now: int
    signed: Contact | None = None

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    def json(self) -> Json:
        return json_body(self.request, self.body)

    def listing(self, *filters: str) -> Asked:
        endless = Kind.ENDLESS in due(self.request.scope)
        return Asked(self.request, filters, strict=self.quirks.strict, endless=endless)

    @property
    def contact(self) -> Contact:
        """The signed-in contact."""
        assert self.signed is not None  # the route asks for a token
        return self.signed

    def own(self) -> Contact:
        """The contact of the path, which must be the signed-in one."""
        wanted = self.path("contact_id")
        if wanted == self.contact.id:
            return self.contact
        if wanted in self.organisation.contacts:
            raise Refused(403, "EMULATOR.FORBIDDEN", "This is another contact.")
        raise self.unknown("contact", wanted)

    def unknown(self, kind: str, identifier: str) -> Refused:
        """For an id of the path that does not exist."""
        return missing(kind, identifier, self.quirks.unknown_id)
