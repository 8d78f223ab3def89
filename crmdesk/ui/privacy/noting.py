"""Writes down which masked fields of an opened contact were shown or copied: once for each field and opening."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.core.privacy import Handled
    from crmdesk.core.tasks import TaskScope
    from crmdesk.sync.services import Services
    from crmdesk.ui.contacts.detail_fields import Entry


class Noting:
    """`where` gives the services and the id of the contact that is open."""

    def __init__(self, scope: TaskScope, where: Callable[[], tuple[Services | None, int]]) -> None:
        self._scope, self._where = scope, where
        self._noted: set[tuple[int, Handled, str]] = set()

    def shown(self, entry: Entry) -> None:
        self._note("REVEALED", entry.label)

    def copied(self, entry: Entry) -> None:
        """Where the field is masked on screen."""
        if entry.veil:
            self._note("COPIED", entry.label)

    def raw_shown(self) -> None:
        """The masked values in the vendor's whole answer."""
        self._note("REVEALED", tr("Raw"))

    def _note(self, name: Literal["REVEALED", "COPIED"], field: str) -> None:
        from crmdesk.core.privacy import Handled  # the first paint does without

        did = Handled[name]
        services, contact_id = self._where()
        seen = (contact_id, did, field)
        if services is None or seen in self._noted:
            return
        self._noted = {one for one in self._noted if one[0] == contact_id} | {seen}
        note = services.privacy.note(did, contact_ids=[contact_id], fields=[field])
        self._scope.start(note, what="Privacy record", key=("noted", seen), if_busy="queue")
