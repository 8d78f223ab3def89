"""*Save report…* of a submission that is open, or of one in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.submission import Submission
from crmdesk.ui.composer.small_dialogs import ReportDialog
from crmdesk.ui.feedback import ask
from crmdesk.ui.kit import plural
from crmdesk.ui.written import place_for, plain_name, tell_written

if TYPE_CHECKING:
    from crmdesk.sync.services import Services
    from crmdesk.ui.feedback import Feedback


async def save_report(page: QWidget, services: Services, feedback: Feedback, one: Submission) -> None:
    """Asks where, and whether with the columns that tell who it is about."""
    dialog = ReportDialog(page)
    if not await ask(dialog):
        return
    personal, suffix = dialog.personal, dialog.suffix
    place = await place_for(page, plain_name(one.title, "report"), suffix)
    if place is None:
        return
    try:
        rows = await services.submissions.report(one.id, place, personal=personal)
    except CrmDeskError as error:
        feedback.show(error, "report")
        return
    tell_written(feedback, plural(rows, "1 row written to {name}.", "{n} rows written to {name}."), place)
