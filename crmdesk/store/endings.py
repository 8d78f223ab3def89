"""The last labels of all e-mail addresses ("com", "de"): the few there are, so that one being typed is looked up among
them instead of in the index, where the beginning of a common one costs 100-250 ms at a million contacts."""

from __future__ import annotations

from collections.abc import Iterable

from crmdesk.store.document import mark_of_ending
from crmdesk.store.driver import Driver

FIRST = mark_of_ending("a")[:-1]  # what every mark of an ending begins with
_AFTER = chr(ord(FIRST) + 1)
# Reader connections make this before they become read-only (`Database`): a view on the words of the index.
WORDS_OF_CODES = "CREATE VIRTUAL TABLE temp.code_words USING fts5vocab('main', 'contact_code', 'row')"
_LOAD = "SELECT term FROM temp.code_words WHERE term >= ? AND term < ?"


class Endings:
    """Marks of endings that some contact has or had. One too many does no harm: it finds nobody."""

    def __init__(self) -> None:
        self._marks: set[str] | None = None  # None: not loaded

    def clear(self) -> None:
        """Too much has changed to follow."""
        self._marks = None

    def note(self, marks: Iterable[str]) -> None:
        """Marks of contacts that came or were changed."""
        if self._marks is not None:
            self._marks.update(mark for mark in marks if mark.startswith(FIRST))

    def starting(self, driver: Driver, start: str) -> list[str]:
        """The marks with this beginning (itself a mark), sorted."""
        if self._marks is None:
            self._marks = {row[0] for row in driver.execute(_LOAD, (FIRST, _AFTER)).fetchall()}
        return sorted(mark for mark in self._marks if mark.startswith(start))
