"""Save pressed in the editor, to the list painted with the new value and its waiting mark; floor: a bare script that
rewrites the same row and its search entries.

Half of the saves change the city, half the family name, which moves the row. Half are pressed right after the last key,
the others after the field was left and a draft of it kept."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crmdesk.core import seams
from crmdesk.core.types import ContactRow, Flag
from tests.perf import child
from tests.perf.edited import copied
from tests.perf.gaps import beats
from tests.perf.options import Options
from tests.perf.table import Row, centile, median

LIMIT = 50  # ms
AFTER = 0.4  # seconds: what a save sets going is heard out
LEFT = 0.3  # seconds between leaving the field and the press
KEY = 0.06  # seconds between two keys: what was typed is painted
AT_ONCE = 1000  # rows read while contacts are chosen
PATHS = ("city", "lastname")
WORDS = {"city": "city", "lastname": "name, the row moves"}
STEPS = ("write: before commit", "write: after commit")


def measure(options: Options) -> Iterator[Row]:
    with copied(options.cache) as folder:
        found = child.run("tests.perf.save:save_all", folder=str(folder), count=options.saves)
        bare = child.run("tests.perf.bare_save:save_all", folder=str(folder), saves=found["saves"])
    floor, commits = bare["whole"], bare["commit"]
    painted = [one["painted"] for one in found["times"]]
    name = f"Save to painted list, {options.rows:,} contacts, {len(painted)} saves"
    yield Row(f"{name}, p50", median(painted), floor=median(floor))
    yield Row(f"{name}, p95", centile(painted, 95), floor=centile(floor, 95), most=LIMIT)
    for path in PATHS:
        some = [one["painted"] for one in found["times"] if one["path"] == path]
        yield Row(f"… {WORDS[path]}, p95", centile(some, 95), floor=centile(floor, 95))
    kept = [one["kept"] for one in found["times"]]
    yield Row("… until it is kept and said so, p50", median(kept), floor=median(floor))
    yield Row("… until it is kept and said so, p95", centile(kept, 95), floor=centile(floor, 95))
    alone = [one["commit"] for one in found["times"]]
    yield Row("… the commit alone, p50", median(alone), floor=median(commits))
    yield Row("… the commit alone, p95", centile(alone, 95), floor=centile(commits, 95))
    gaps = [one["gap"] for one in found["times"]]
    yield Row("… longest gap of the window's thread, p95", centile(gaps, 95), floor=max(found["idle"]))
    yield Row("… longest gap of the window's thread, max", max(gaps), floor=max(found["idle"]))


def save_all(folder: str, count: int) -> dict[str, Any]:
    """Milliseconds of each save, what was saved, and gaps of the idle window; runs in a process of its own."""
    from tests.perf import window

    return window.run(Path(folder), lambda desk: save_in(desk, count))


async def save_in(desk: Any, count: int) -> dict[str, Any]:
    chosen = await contacts_of(desk, "bookingsync", count)
    names = [row.name.split()[-1] for row in chosen]
    found: dict[str, Any] = {"times": [], "saves": [], "idle": []}
    with beats() as late:
        await asyncio.sleep(AFTER)
        found["idle"] = late[:]
    for number, row in enumerate(chosen):
        path = PATHS[number % 2]
        text = f"Benchford {number}" if path == "city" else f"{names[number - 1]}-{number}"
        times = await _Save(desk, row.id, path, text).measured(left=number // 2 % 2 == 1)
        found["times"].append({"path": path, **times})
        found["saves"].append([row.id, path, text])
    return found


async def contacts_of(desk: Any, vendor: str, count: int) -> list[ContactRow]:
    """Contacts from all over the list that may be changed, the same in every run."""
    ids, accounts = desk.page.model.ids, desk.page.desk.accounts
    places = random.Random(11).sample(range(len(ids)), len(ids))
    found: list[ContactRow] = []
    for start in range(0, len(places), AT_ONCE):  # all rows at once would be told as the program's memory
        rows = await desk.reader.rows([int(ids[at]) for at in places[start : start + AT_ONCE]])
        found += [row for row in rows if accounts[row.account_id].vendor == vendor and not row.flags & Flag.RESTRICTED]
        if len(found) >= count:
            return found[:count]
    raise RuntimeError(f"only {len(found)} contacts of {vendor} can be changed")


async def opened(desk: Any, contact_id: int) -> None:
    """The contact stands in the detail pane, whole."""
    desk.page.open_contact(contact_id)
    while desk.page.detail.detail is None or desk.page.detail.detail.row.id != contact_id:
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)


class _Save:
    """One contact is changed and saved."""

    def __init__(self, desk: Any, contact_id: int, path: str, text: str) -> None:
        self.desk, self.contact_id, self.path, self.text = desk, contact_id, path, text
        self.kept = 0.0
        self.before: tuple[int, int] = (0, 0)

    async def measured(self, *, left: bool) -> dict[str, float]:
        """Milliseconds; `left`: the field is left first, and what was typed kept as a draft."""
        desk = self.desk
        await opened(desk, self.contact_id)
        desk.page.verbs.edit()
        while desk.page.detail.editor is None:
            await asyncio.sleep(0.02)
        editor = desk.page.detail.editor
        self._type(editor)
        if left:
            next(iter(editor.form.boxes.values())).control.focus("")
            await asyncio.sleep(LEFT)
        await asyncio.sleep(KEY)
        self.before = self._neighbours()
        desk.page.saved.connect(self._told)
        with commits() as stamps, beats() as late:
            painted = desk.frame(self._shown)
            started = time.perf_counter()
            editor.save_button.click()
            at = await asyncio.wait_for(painted, 30)
            await asyncio.sleep(AFTER)
        desk.page.saved.disconnect(self._told)
        if not self.kept or not stamps:
            raise RuntimeError(f"{self.contact_id} was painted, but nothing was kept")
        whole = {"painted": at - started, "kept": self.kept - started, "commit": stamps[-1]}
        return {**{name: seconds * 1000 for name, seconds in whole.items()}, "gap": max(late)}

    def _type(self, editor: Any) -> None:
        control = editor.form.boxes[self.path].control
        control.focus(self.path)
        control.line.selectAll()
        control.line.insert(self.text)

    def _told(self, _saved: Any) -> None:
        self.kept = time.perf_counter()

    def _shown(self) -> bool:
        """The row in sight has the new value and its mark and, where the name changed, other neighbours."""
        model = self.desk.page.model
        row = self._row()
        contact = model.row_at(row) if row >= 0 else None
        if contact is None or not contact.flags & Flag.WAITING:
            return False
        if self.path == "city":
            return bool(contact.city == self.text)
        return self.text in contact.name and self._neighbours() != self.before

    def _row(self) -> int:
        first, last = self.desk.page.table.rows_in_sight()
        ids = (row for row in range(first, last + 1) if self.desk.page.model.id_at(row) == self.contact_id)
        return next(ids, -1)

    def _neighbours(self) -> tuple[int, int]:
        row, model = self._row(), self.desk.page.model
        return model.id_at(row - 1), model.id_at(row + 1)


@contextmanager
def commits() -> Iterator[list[float]]:
    """Seconds of each commit of the writer, as they happen."""
    found: list[float] = []
    began = 0.0

    def hook(name: str) -> None:
        nonlocal began
        if name == STEPS[0]:
            began = time.perf_counter()
        elif name == STEPS[1]:
            found.append(time.perf_counter() - began)

    set_gate: Callable[[Callable[[str], None] | None], None] = seams.set_gate
    set_gate(hook)
    try:
        yield found
    finally:
        set_gate(None)
