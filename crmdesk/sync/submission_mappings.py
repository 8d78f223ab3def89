"""Column mappings as verbs."""

from __future__ import annotations

from collections.abc import Sequence

from crmdesk.core.errors import SettingsError
from crmdesk.core.mapping import ColumnMapping, to_json
from crmdesk.core.seams import iso
from crmdesk.store import mappings
from crmdesk.sync.submission_drafts import Drafts


class Mappings(Drafts):
    """The part of `Submissions` that keeps mappings; `reader.submissions.mappings` lists them."""

    async def remember_mapping(self, name: str, kind: str, columns: Sequence[str], mapping: ColumnMapping) -> None:
        """In the place of one with the same name. SettingsError without a name."""
        title = " ".join(name.split())[:100]
        if not title:
            raise SettingsError("The mapping has no name.", field="name")
        content, now = to_json(mapping, columns), iso(self._clock.now())
        await self._write("mapping kept", lambda d, _t: mappings.put(d, title, kind, columns, content, now))

    async def forget_mapping(self, name: str, kind: str) -> None:
        await self._write("mapping dropped", lambda d, _t: mappings.drop(d, name, kind))
