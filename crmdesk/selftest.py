"""`crmdesk self-test`: whether this installation works. The whole program, off screen, with made-up guests in a folder
of its own: nothing of the person's data is opened, and nothing leaves the computer.

An installer is called good only when its frozen program passes this (build_installer.py)."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PySide6 import QtCore

from crmdesk import __version__
from crmdesk.app import Program
from crmdesk.early import Found

PATIENCE = 60.0  # s for one step
LEAST = 200  # contacts
CITY = "Self-test by the Sea"
TABLES = 10  # the least that all revisions make
EVENTS = 4  # rows of the submission


class TroubleError(Exception):
    """A step ended otherwise than it should."""


class Step(NamedTuple):
    """`run` gives words for what it found."""

    title: str
    run: Callable[[SelfTest], Awaitable[str]]


class SelfTest(Program):
    """A run of the program that uses itself, step by step, and closes its window."""

    passed = False

    async def live(self) -> int:
        self.scope.start(self._use(), what="self-test", key="self-test")
        await super().live()
        return 0 if self.passed else 1

    async def _use(self) -> None:
        try:
            self.passed = await self._all()
        finally:
            self.window.close()

    async def _all(self) -> bool:
        import asyncio

        for step in STEPS:
            started = self.clock.monotonic()
            try:
                async with asyncio.timeout(PATIENCE):
                    found = await step.run(self)
            except TimeoutError:
                found = f"FAILED: nothing came within {PATIENCE:g} s"
            except Exception as error:  # noqa: BLE001 - whatever it is: this is the place that tells it
                found = f"FAILED: {error or type(error).__name__}"
            print(f"{step.title:<10} {self.clock.monotonic() - started:5.2f} s   {found}", flush=True)
            if found.startswith("FAILED"):
                return False
        return True

    async def until(self, holds: Callable[[], Any]) -> None:
        import asyncio

        while not holds():  # noqa: ASYNC110 - of the window, which has no event for each thing
            await asyncio.sleep(0.02)

    @property
    def services(self) -> Any:
        assert self.opened is not None
        return self.opened.services

    @property
    def reader(self) -> Any:
        assert self.opened is not None
        return self.opened.reader


def run() -> int:
    """Exit code: 0 where everything works. Prints a line for each step."""
    import shutil
    import tempfile

    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from crmdesk import qt_preflight

    if message := qt_preflight.check():
        print(message, file=sys.stderr)
        return 1
    from crmdesk.net.secrets import memory_key
    from crmdesk.settings import Settings
    from crmdesk.ui.start import application

    QtCore.qInstallMessageHandler(_told)
    print(f"crmdesk {__version__}, Python {sys.version.split()[0]}, {sys.platform}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="crmdesk-self-test-"))
    try:
        qt = application(sys.argv)
        program = SelfTest(qt, Settings(operator="Self-test"), folder, found=Found(key=memory_key()), practice=True)
        code = program.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("This installation works." if code == 0 else "This installation does NOT work.", flush=True)
    return code


def _told(_kind: QtCore.QtMsgType, _context: QtCore.QMessageLogContext, words: str) -> None:
    """What Qt says, except that windows off screen cannot be raised or sized: nobody would miss that here."""
    if not words.startswith("This plugin does not support"):
        print(words, file=sys.stderr, flush=True)


# ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _window(test: SelfTest) -> str:
    await test.until(test.window.isVisible)
    picture = test.window.grab().toImage()
    shades = {picture.pixel(x, y) for x in range(0, picture.width(), 9) for y in range(0, picture.height(), 9)}
    if len(shades) < 5:  # a window of one colour: fonts, icons or style are missing
        raise TroubleError("the window was painted empty")
    return f"{picture.width()} x {picture.height()} painted"


async def _pull(test: SelfTest) -> str:
    from crmdesk.sync.progress import Phase

    titles = sum(len(one.describe("http://127.0.0.1")["accounts"]) for one in await _emulators(test))

    async def ended() -> bool:
        accounts = await test.reader.accounts()
        phases = [test.board.of(account.id).phase for account in accounts]
        return len(phases) == titles and all(phase in (Phase.DONE, Phase.READY) for phase in phases)

    while not await ended():
        await _moment()
    count = sum(account.contacts for account in await test.reader.accounts())
    if count < LEAST:
        raise TroubleError(f"only {count} contacts came")
    return f"{count:,} contacts of {titles} accounts"


async def _emulators(test: SelfTest) -> Sequence[Any]:
    await test.until(lambda: test.opened is not None)
    return list(test.emulators.values())


async def _moment() -> None:
    import asyncio

    await asyncio.sleep(0.05)


async def _cache(test: SelfTest) -> str:
    import asyncio

    assert test.opened is not None
    names = [row.name for row in await test.reader.rows(list(range(1, 20)))]
    path = test.opened.database.path
    files = [path, path.with_name(f"{path.name}-wal")]
    content = b"".join([await asyncio.to_thread(file.read_bytes) for file in files])
    if content.startswith(b"SQLite format") or any(name.encode() in content for name in names if name):
        raise TroubleError("the cache lies readable on the disk")
    return f"{len(content):,} bytes, encrypted"


async def _update(test: SelfTest) -> str:
    """What the first start of a new version does with an older one's data file."""
    import asyncio

    from crmdesk.net.secrets import memory_key
    from crmdesk.store.migrations.run import rehearse

    tables = await asyncio.to_thread(rehearse, test.folder / "older.db", memory_key().value)
    if tables < TABLES:
        raise TroubleError(f"an older data file would get only {tables} tables")
    return f"{tables} tables of an older data file brought to this version"


async def _search(test: SelfTest) -> str:
    row = (await test.reader.rows([1]))[0]
    page = test.window.contacts
    test.window.search(row.name)
    await test.until(lambda: page.model.query is not None and page.model.query.text == row.name)
    await test.until(lambda: 0 < page.model.rowCount() < LEAST)
    hits = page.model.rowCount()
    test.window.search("")
    return f"{hits} found by name"


async def _edit(test: SelfTest) -> str:
    """A contact of the first account that can be changed, until its vendor has it."""
    from crmdesk.core.outbox import FieldChange, OpState

    row = await _changeable(test)
    saved = await test.services.edits.save(row.id, [FieldChange("city", row.city or None, CITY)])
    op_id = saved.op_ids[0]
    await test.services.edits.try_now(op_id)
    while (op := await test.reader.op(op_id)) is not None and op.state is not OpState.CONFIRMED:
        if op.state.needs_you:
            raise TroubleError(f"the change was not taken: {op.reason}")
        await _moment()
    return "saved, sent and confirmed"


async def _changeable(test: SelfTest) -> Any:
    """Somebody with a city, whom vendor and guest allow to be changed."""
    from crmdesk.core.types import Flag

    accounts = {account.id: account for account in await test.reader.accounts()}
    for row in await test.reader.rows(list(range(1, LEAST))):
        vendor = test.services.vendors[accounts[row.account_id].vendor]
        cities = any(field.path == "city" and field.writable for field in vendor.fields)
        if cities and "edit" not in vendor.lacks and not row.flags & Flag.RESTRICTED:
            return row
    raise TroubleError("no contact can be changed")


async def _events(test: SelfTest) -> str:
    """To each account that takes submissions."""
    from crmdesk.core.submission import RowStage

    await _practised(test)
    counts: Counter[RowStage] = Counter()
    for account in await test.reader.accounts():
        for run in getattr(test.emulators[account.vendor], "composed", tuple)():
            if run.cut:  # practice mode sends it, too: its rows are good
                counts += await _sent(test, account, run)
    if not counts[RowStage.SENT] or counts.keys() - {RowStage.SENT, RowStage.ACCEPTED}:
        raise TroubleError(f"not every event was sent: {dict(counts)}")
    return f"{counts.total()} rows sent, an outcome for each"


async def _sent(test: SelfTest, account: Any, run: Any) -> Counter[Any]:
    from crmdesk.core.submission import NewRow, Submission, SubmissionStage

    verbs = test.services.submissions
    new = [NewRow(values) for values in run.rows[:EVENTS]]
    made = await verbs.create(Submission(0, account.id, run.kind, "Self-test"), new)
    await verbs.send(made.id, "Self-test")
    while (await verbs.get(made.id)).stage is not SubmissionStage.ENDED:
        await _moment()
    return Counter((await verbs.snapshot(made.id)).counts)


async def _practised(test: SelfTest) -> None:
    """What practice mode sends by itself has ended: one of its answers is lost on purpose."""
    from crmdesk.core.submission import SubmissionStage

    while any(one.stage is SubmissionStage.SENDING for one in await test.reader.submissions.all()):
        await _moment()


async def _files(test: SelfTest) -> str:
    """A workbook out and in again; reading happens in a child of this very program."""
    import asyncio

    from crmdesk.core.sheet import as_text
    from crmdesk.sync.importing import read_file
    from crmdesk.sync.report import write_report

    path = test.folder / "self-test.xlsx"
    titles, rows = ("Name", "Amount"), [["Ζωή Müller", "12,50"], ["0049", "1"]]
    await asyncio.to_thread(write_report, path, titles, rows)
    table = await asyncio.to_thread(read_file, path)
    if table.columns != titles or [[as_text(cell) for cell in row] for row in table.rows] != rows:
        raise TroubleError("a workbook came back changed")
    return "a workbook written and read"


async def _lines(_test: SelfTest) -> str:
    """What a real connection needs: the system's certificates."""
    import asyncio

    from crmdesk.net.http import certificates

    found = await asyncio.to_thread(certificates)
    return f"certificates of the system, {found.minimum_version.name} and later"


STEPS = (
    Step("window", _window),
    Step("pull", _pull),
    Step("cache", _cache),
    Step("update", _update),
    Step("search", _search),
    Step("edit", _edit),
    Step("events", _events),
    Step("files", _files),
    Step("lines", _lines),
)
