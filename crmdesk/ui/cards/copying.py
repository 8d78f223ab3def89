"""*Copy to …*: one field of one record into another record of the same person, after a look at the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from crmdesk.core.errors import ForbiddenError, KnownError, RejectedError
from crmdesk.ui.cards.copy_dialog import CopyDialog
from crmdesk.ui.cards.sides import Target
from crmdesk.ui.feedback import ask, error_words
from crmdesk.ui.outbox.request_box import request_text
from crmdesk.ui.outbox.speech import SPEECH
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.sync.card_records import Comparison
    from crmdesk.sync.services import Services
    from crmdesk.sync.verbs import Saved


def targets(comparison: Comparison, field: str, place: int) -> tuple[Target, ...]:
    """Where the value of one member may go, by the members' numbers, with the reasons where it may not."""
    ids = [member.id for member in comparison.members]
    return tuple(
        Target(other, _why_not(comparison, ids[place], ids[other], field))
        for other in range(len(ids))
        if other != place
    )


def _why_not(comparison: Comparison, from_id: int, to_id: int, field: str) -> str | None:
    try:
        comparison.change(from_id, to_id, field)
    except ForbiddenError as error:
        return " ".join(error_words(error)).strip()
    return None


async def copy_across(
    above: QWidget, services: Services, comparison: Comparison, field: str, places: tuple[int, int]
) -> Saved | None:
    """Asks, then queues the edit: its Saved, None where nobody wanted it. KnownError. `places`: from and to, by the
    members' numbers."""
    source, target = (comparison.members[place] for place in places)
    vendor = services.vendors[target.vendor]
    change, spec = comparison.change(source.id, target.id, field), None
    request, problem = "", ""
    try:
        preview = await services.cards.copy_preview(source.id, target.id, field)
        change, spec = preview.change, preview.spec
        request = request_text(preview.request, vendor.fields)
    except (ForbiddenError, RejectedError):
        raise
    except KnownError as error:  # e.g. no connection: the edit waits all the same
        problem = " ".join(error_words(error)).strip()
    spec = spec or comparison.spec(target.id, change.path)
    title = tr("Copy {field} to {name} at {account}?").replace("{field}", SPEECH.label(spec))
    title = title.replace("{name}", target.title or tr("a contact without a name")).replace("{account}", target.account)
    was, now = (SPEECH.value(spec, value) for value in (change.was, change.now))
    go = tr("Copy to {vendor}").replace("{vendor}", vendor.title)
    if not await ask(CopyDialog(above, title, go, was, now, request, problem)):
        return None
    return await services.cards.copy(source.id, target.id, field, seen=change)
