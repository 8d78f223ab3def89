"""Everything that was done to contacts on this computer, newest first: when, to whom, what, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from crmdesk.core.fields import FieldSpec
from crmdesk.core.seams import Clock
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.contacts.history_lines import bare, local_lines
from crmdesk.ui.log_dialog import LogDialog, LogModel
from crmdesk.ui.words import clock_time, plural, tr

if TYPE_CHECKING:
    from crmdesk.store.history_reads import Deed
    from crmdesk.store.reader import Reader

PARTS = (0.12, 0.22, 0.2, 0.33, 0.13)
Fields = Callable[[int], tuple[str, Sequence[FieldSpec]]]


class _Model(LogModel):
    titles = ("When", "Contact", "What", "Details", "By")
    rows: Sequence[Deed]

    def __init__(self, clock: Clock, fields: Fields) -> None:
        super().__init__()
        self._clock, self._fields = clock, fields
        self._texts: dict[int, tuple[str, ...]] = {}

    def put(self, rows: Sequence[Any]) -> None:
        self._texts.clear()
        super().put(rows)

    def texts(self, place: int) -> tuple[str, ...]:
        """Of one row, made when it comes into sight. Masked values are dots here too."""
        deed = self.rows[place]
        if deed.line.id not in self._texts:
            vendor, specs = self._fields(deed.line.account_id)
            (line,) = local_lines([deed.line], specs, vendor)
            told = [f"{one.label}: {bare(one.text)}" for one in line.told]
            details = "; ".join([*told, *([line.note] if line.note else [])])
            when = clock_time(line.at, self._clock.now())
            self._texts[deed.line.id] = (when, deed.name or tr("erased"), line.title, details, line.operator)
        return self._texts[deed.line.id]


class DeedsDialog(LogDialog):
    """`fields`: by account id, the vendor's title and fields. `openWanted(contact id)`."""

    def __init__(self, parent: QWidget, reader: Reader, scope: TaskScope, clock: Clock, fields: Fields) -> None:
        self._reader = reader
        words = tr("Everything that was done"), tr("Contact or operator…"), tr("Open the contact")
        super().__init__(parent, scope, "deeds", words, _Model(clock, fields), PARTS)

    async def look_for(self, text: str) -> Sequence[Any]:
        return list(await self._reader.deeds(text))

    def counted(self, number: int, *, searched: bool) -> str:
        if number:
            return plural(number, "1 entry", "{n} entries")
        return tr("Nothing was found.") if searched else tr("Nothing was done yet.")

    def target(self, found: Any) -> tuple[int, str]:
        return (found.line.contact_id, "") if found.here else (0, tr("This contact is no longer in the list."))
