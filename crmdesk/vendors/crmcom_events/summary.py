"""What a line about a CRM.COM event needs. Events are no contacts: nothing here is listed among people."""

from __future__ import annotations

from crmdesk.core.foreign import mapping, text
from crmdesk.core.types import Json, Summary


def summarise(raw: Json) -> Summary:
    """Number and description of an event. Total: any JSON value gives a Summary."""
    event = mapping(raw)
    number, described = text(event.get("number")), text(event.get("description"))
    texts = {"id": text(event.get("id")), "notes": described}
    return Summary(
        name=f"#{number}" if number else "",
        notes=described,
        texts={name: found for name, found in texts.items() if found},
    )
