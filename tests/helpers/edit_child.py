"""A program to be killed: edits, makes and deletes contacts while they are being sent, and acknowledges each verb.

python -m tests.helpers.edit_child serve           for each line of JSON (see `Errand`) a process of its own, until its
                                                   killer has done with it: `pid …`, its lines, `dead`
python -m tests.helpers.edit_child cramped FILE    saves while the system lets no file grow, again and again
python -m tests.helpers.edit_child look FILE       opens the file and says why it cannot"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from crmdesk.core.errors import ForbiddenError, InDoubtError, KnownError, StorageError
from crmdesk.core.outbox import Draft, FieldChange, OpKind, OpState, draft_key
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Json, RemoteContact
from crmdesk.core.vendor import Written
from crmdesk.store import decisions, edits, incoming, ops, settling  # noqa: F401 - before the fork, and not after it
from crmdesk.sync import pull, push, sent, validation  # noqa: F401
from crmdesk.sync.edits import Saved
from tests.helpers.front_desk import FrontDesk, Now
from tests.helpers.memory_vendor import MemoryVendor

CONTACTS = 8
APART = 10_000  # seconds of the vendor's clock between two runs


class KeptVendor(MemoryVendor):
    """Keeps every state in a file, a line each: what is in a whole line has happened, whoever dies meanwhile."""

    def __init__(self, path: Path, chance: random.Random | None = None) -> None:
        super().__init__()
        self.chance = chance
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self._said = 0
        lines = path.read_bytes().split(b"\n")[:-1]
        for line in lines:
            self._happened(*json.loads(line))
        self._said = len(self.writes)
        self.ticks += APART
        for _ in range(0 if lines else CONTACTS):
            self._keep(self.make())

    def _happened(self, remote_id: str, raw: Json | None, made: bool, writes: list[Any], ticks: int) -> None:
        self.ticks = ticks
        self._last = max(self._last, int(remote_id))
        self.writes += [tuple(one) for one in writes]
        if raw is None:
            del self.contacts[remote_id]
            self.deleted.append((remote_id, self.now()))
            return
        self.contacts[remote_id] = raw
        self.changed_at = raw["updated_at"]
        self.states.setdefault(remote_id, []).append(dict(raw))
        if made and remote_id not in self.created:
            self.created.append(remote_id)

    def _keep(self, remote_id: str) -> None:
        news, self._said = self.writes[self._said :], len(self.writes)
        line = [remote_id, self.contacts.get(remote_id), remote_id in self.created, news, self.ticks]
        os.write(self._file, json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        os.close(self._file)

    def somebody(self) -> None:
        """Another desk changes what this one never does, in a contact that this one has not made: where the values of a
        new one are no longer those it was made with, nobody can tell by them whether it is ours."""
        assert self.chance is not None
        others = sorted(self.contacts.keys() - set(self.created))
        for remote_id in self.chance.sample(others, min(1, len(others))):
            self.edit(remote_id, email=f"{self.ticks}@example.org")
            self._keep(remote_id)

    def _answered(self, raw: Json) -> RemoteContact:
        self._keep(str(raw["id"]))
        if self.chance is not None and self.chance.random() < 0.05:
            self.lost.append(InDoubtError("The line dropped."))
        return super()._answered(raw)

    async def _answer(self, what: str, page: int) -> None:
        await self._on_the_line()
        await super()._answer(what, page)

    async def create(self, values: Json) -> RemoteContact:
        made = await super().create(values)
        await self._on_the_line()
        return made

    async def update(self, base: RemoteContact, changes: Sequence[FieldChange], orders: Sequence[str] = ()) -> Written:
        written = await super().update(base, changes, orders)
        await self._on_the_line()
        return written

    async def delete(self, remote_id: str) -> None:
        await super().delete(remote_id)
        await self._on_the_line()

    async def _on_the_line(self) -> None:
        if self.chance is not None:
            await asyncio.sleep(self.chance.random() * 0.003)


@dataclass(frozen=True)
class Errand:
    """One life: its data file, the vendor's file, what it draws by, and when it begins."""

    path: str
    vendor: str
    seed: int
    begins: str  # ISO


class RunningClock(SystemClock):
    """The real one, from a given moment on."""

    def __init__(self, begins: str) -> None:
        self._begins, self._at = datetime.fromisoformat(begins), self.monotonic()

    def now(self) -> datetime:
        return self._begins + timedelta(seconds=self.monotonic() - self._at)


def say(**what: Any) -> None:
    """In one piece, whenever it is killed."""
    os.write(1, json.dumps(what).encode() + b"\n")


class Life:
    """What is done until somebody kills it. Before each verb its effects are said (see `Book` in the test), afterwards
    that it has returned; `refused`: it said that it has changed nothing."""

    def __init__(self, desk: FrontDesk, seed: int) -> None:
        self.desk, self.seed, self.chance = desk, seed, random.Random(seed)
        self.count = 0
        self.last: tuple[Saved, str, Any] | None = None  # what can be undone, of whom, and the city before it

    async def live(self) -> None:
        self.desk.edits.set_grace(0, 0)
        self.desk.services.sending.start()
        await self.desk.pull()
        checking = asyncio.ensure_future(self._check())
        verbs = (self._save, self._save, self._save, self._many, self._draft, self._saved_draft, self._create,
                 self._delete, self._restore, self._undo, self._discard)  # fmt: skip
        forge = os.getppid()
        while not checking.done() and os.getppid() == forge:  # not longer than its killer
            await self.chance.choice(verbs)()
            await asyncio.sleep(self.chance.random() * 0.008)
        checking.cancel()
        await checking

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(self.chance.random() * 0.1)
            self.desk.memory.somebody()  # type: ignore[attr-defined]
            await self.desk.pull(full=self.chance.random() < 0.3)

    async def _verb(self, effects: Sequence[Sequence[Any]], work: Any) -> Any:
        say(tried=effects)
        try:
            done = await work
        except ForbiddenError:  # it is just being sent
            say(refused=True)
            return None
        say(done=True)
        return done

    def _new(self) -> str:
        self.count += 1
        return f"w{self.seed}x{self.count}"

    def _some(self, count: int = 1) -> list[Now]:
        """Contacts, but none that a check has brought while its making is unclear: a person sees that one twice."""
        found = self.desk.now()
        times = Counter(one.name for one in found)
        return self.chance.sample([one for one in found if times[one.name] == 1], count)

    async def _save(self) -> None:
        (one,) = self._some()
        was, now = one.shown.get("city"), self._new()
        work = self.desk.edits.save(one.id, [FieldChange("city", was, now)])
        saved = await self._verb([("set", one.name, "city", now)], work)
        self.last = (saved, one.name, was or "") if saved else None

    async def _many(self) -> None:
        now, wanted, effects = self._new(), [], []
        for one in self._some(3):
            wanted.append((one.id, [FieldChange("city", one.shown.get("city"), now)]))
            effects.append(("set", one.name, "city", now))
        self.last = None
        await self._verb(effects, self.desk.edits.save_many(wanted))

    async def _draft(self) -> None:
        (one,) = self._some()
        change = FieldChange("notes", one.shown.get("notes"), self._new())
        typed = Draft(draft_key(one.id), self.desk.id, one.id, (change,))
        await self._verb([("draft", one.name, change.now)], self.desk.edits.keep_draft(typed))

    async def _saved_draft(self) -> None:
        drafts = await self.desk.reader.drafts()
        if drafts:
            draft = self.chance.choice(drafts)
            name, (change,) = (await self.desk.row(draft.contact_id)).name, draft.changes
            effects = [("draft", name, ""), ("set", name, "notes", change.now)]
            await self._verb(effects, self.desk.edits.save(draft.contact_id, draft.changes, draft=draft.key))

    async def _create(self) -> None:
        name, city = f"New {self._new()}", self._new()
        made = self.desk.edits.create(self.desk.id, {"name": name, "city": city})
        await self._verb([("make", name, city)], made)

    async def _delete(self) -> None:
        if len(self.desk.ids()) > CONTACTS - 2:
            (one,) = self._some()
            self.last = None
            await self._verb([("trash", one.name)], self.desk.edits.delete([one.id]))

    async def _restore(self) -> None:
        if trash := await self.desk.reader.trash():
            one = self.chance.choice(trash)
            await self._verb([("back", one.title)], self.desk.edits.restore(one.contact_id))

    async def _discard(self) -> None:
        waiting = await self.desk.reader.ops()
        names = {one.id: one.name for one in self.desk.now()}
        plain = [op for op in waiting if op.state is OpState.PENDING and op.kind is not OpKind.CREATE]
        chosen = [op for op in plain if op.contact_id in names or op.kind is OpKind.DELETE]
        if chosen:
            op = self.chance.choice(chosen)
            later = {
                path for one in waiting if one.contact_id == op.contact_id and one.id > op.id for path in one.paths
            }
            effects: dict[OpKind, list[Any]] = {
                OpKind.UPDATE: [
                    ("set", op.title, one.path, one.was or "") for one in op.changes if one.path not in later
                ],
                OpKind.DELETE: [("back", op.title)],
            }
            self.last = None
            await self._verb(effects[op.kind], self.desk.edits.discard(op.id))

    async def _undo(self) -> None:
        if self.last is not None:
            (saved, name, city), self.last = self.last, None
            await self._verb([("set", name, "city", city)], self.desk.edits.undo(saved))


async def run(errand: Errand) -> None:
    memory = KeptVendor(Path(errand.vendor), random.Random(errand.seed))
    clock: Any = RunningClock(errand.begins)
    async with FrontDesk(Path(errand.path), memory, clock=clock) as desk:
        await Life(desk, errand.seed).live()


def serve() -> None:
    """Everything is imported once; each errand gets a fork of that."""
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            try:
                asyncio.run(run(Errand(**json.loads(line))))
            finally:
                traceback.print_exc()
                os._exit(1)
        say(pid=pid)
        say(dead=pid, status=os.waitpid(pid, 0)[1])


def line_of(errand: Errand) -> str:
    return json.dumps(asdict(errand)) + "\n"


# ── no room, no right ────────────────────────────────────────────────────────────────────────────────────────────────


def may_grow_by(path: Path, room: int | None) -> None:
    """No file of this process may become larger than the log of `path` now is, and `room` bytes; None: as it likes."""
    import resource

    size = path.with_name(path.name + "-wal").stat().st_size
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if room is None else size + room, hard))


async def cramped(path: Path) -> None:
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    chance = random.Random(7)
    async with FrontDesk(path) as desk:
        await desk.pull()
        for number in range(24):
            notes = f"{number:04}" + chance.randbytes(3000).hex()
            may_grow_by(path, number * 1111)
            try:
                await desk.change("2", notes=notes)
            except StorageError:
                print("refused", flush=True)
                may_grow_by(path, None)
                await desk.change("2", notes=notes)
            may_grow_by(path, None)
            print("saved", flush=True)


async def look(path: Path) -> None:
    try:
        async with FrontDesk(path) as desk:
            await desk.change("2", city="Nice")
    except KnownError as error:
        print(f"{type(error).__name__}: {error.title}")
    else:
        print("it was saved")


def main(what: str, *arguments: str) -> None:
    if what == "serve":
        serve()
    else:
        asyncio.run({"cramped": cramped, "look": look}[what](Path(*arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])
