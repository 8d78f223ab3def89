"""`crmdesk self-test`: whether this installation works. The whole program, off screen, with made-up guests in a folder
of its own: nothing of the person's data is opened, and nothing leaves the computer.

An installer is called good only when its frozen program passes this (build_installer.py). So each step also looks at
what would be missed later only: see `intact.py`."""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PySide6 import QtCore

from crmdesk import __version__, intact
from crmdesk.app import Program
from crmdesk.early import Found
from crmdesk.inherited import LIBRARIES, PLUGINS
from crmdesk.intact import TroubleError

PATIENCE = 60.0  # s for one step
LEAST = 200  # contacts
CITY = "Self-test by the Sea"
EVENTS = 4  # rows of the submission


class Step(NamedTuple):
    """`run` gives words for what it found."""

    title: str
    run: Callable[[SelfTest], Awaitable[str]]


class SelfTest(Program):
    """A run of the program that uses itself, step by step, and closes its window."""

    passed = False
    failure: BaseException | None = None  # of work that no step waits for

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
                self.look()
            except TimeoutError:
                found = f"FAILED: nothing came within {PATIENCE:g} s"
            except Exception as error:  # noqa: BLE001 - whatever it is: this is the place that tells it
                found = _failed(error)
            print(f"{step.title:<10} {self.clock.monotonic() - started:5.2f} s   {found}", flush=True)
            if found.startswith("FAILED"):
                return False
        return True

    async def until(self, holds: Callable[[], Any]) -> None:
        import asyncio

        while not holds():  # of the window, which has no event for each thing
            self.look()
            await asyncio.sleep(0.02)

    def look(self) -> None:
        """Nobody waits for what cannot come any more."""
        if self.failure is not None:
            raise TroubleError(f"beside it: {_words(self.failure)}") from self.failure

    def _failed(self, what: str, error: BaseException) -> None:
        self.failure = self.failure or error
        super()._failed(what, error)

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
        code = program.run() or _end(program)
    except Exception as error:  # noqa: BLE001 - of the start or the end, where no step can tell it
        print(_failed(error), flush=True)
        code = 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("This installation works." if code == 0 else "This installation does NOT work.", flush=True)
    return code


def _end(program: SelfTest) -> int:
    """Whether everything ended with the window."""
    left = [one.name for one in threading.enumerate() if one is not threading.main_thread() and not one.daemon]
    if program.failure is not None or left:
        words = _words(program.failure) if program.failure is not None else f"still at work: {', '.join(left)}"
        print(f"{'end':<10}           FAILED: {words}", flush=True)
        return 1
    return 0


def _failed(error: BaseException) -> str:
    return f"FAILED: {_words(error)}"


def _words(error: BaseException) -> str:
    return str(error) if isinstance(error, TroubleError) else f"{type(error).__name__}: {error}"


def _told(_kind: QtCore.QtMsgType, _context: QtCore.QMessageLogContext, words: str) -> None:
    """What Qt says, except that windows off screen cannot be raised or sized: nobody would miss that here."""
    if not words.startswith("This plugin does not support"):
        print(words, file=sys.stderr, flush=True)


# ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _parts(_test: SelfTest) -> str:
    import asyncio

    packed = await asyncio.to_thread(intact.files)
    intact.references()
    modules, pictures, languages = intact.modules(), intact.pictures(), intact.languages()
    whole = f"{packed:,} files as they were packed, " if packed else ""
    return f"{whole}{modules} modules, {pictures} icons, English and {', '.join(languages)}"


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
        test.look()
        await _moment()
    accounts = await test.reader.accounts()
    if silent := test.services.vendors.keys() - {account.vendor for account in accounts}:
        raise TroubleError(f"nobody plays {', '.join(sorted(silent))}")
    count = sum(account.contacts for account in accounts)
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
    if not any(names):
        raise TroubleError("no contact has a name")
    if content.startswith(b"SQLite format") or any(name.encode() in content for name in names if name):
        raise TroubleError("the cache lies readable on the disk")
    return f"{len(content):,} bytes, encrypted"


async def _update(test: SelfTest) -> str:
    """What the first start of a new version does with an older one's data file."""
    import asyncio

    from crmdesk.net.secrets import memory_key
    from crmdesk.store.migrations.run import rehearse
    from crmdesk.store.schema import ALEMBIC_HEAD

    revision, tables = await asyncio.to_thread(rehearse, test.folder / "older.db", memory_key().value)
    if revision != ALEMBIC_HEAD:
        raise TroubleError(f"an older data file would be brought to {revision}, not to {ALEMBIC_HEAD}")
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
    if (await test.reader.rows([row.id]))[0].city != CITY:
        raise TroubleError("the change is confirmed, but not to be seen")
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
    """What a real connection needs, and the programs that we start. A system without certificates is no fault of ours,
    but its person must know."""
    import asyncio
    import ssl

    from crmdesk.net.http import certificates

    context = await asyncio.to_thread(certificates)
    context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")  # only this makes it look for them
    found = "certificates" if await asyncio.to_thread(_known, context) else "NO certificates (Debian: ca-certificates)"
    if lent := [name for name in (LIBRARIES, *PLUGINS) if _ours(os.environ.get(name, ""))]:
        raise TroubleError(f"programs that crmdesk starts would inherit {', '.join(lent)}")
    return f"{found} of the system, {context.minimum_version.name} and later, keyring by {intact.keyring()}"


def _known(context: Any) -> bool:
    """Whether there are any certificates: in a file that was read, or in the folder that OpenSSL looks into later."""
    import ssl

    if sys.platform != "linux":
        return True
    folder = ssl.get_default_verify_paths().capath
    read = getattr(context, "_ctx", context).cert_store_stats()["x509_ca"]  # truststore tells nobody what it has found
    return read > 0 or (folder is not None and any(Path(folder).iterdir()))


def _ours(folder: str) -> bool:
    return bool(folder) and getattr(sys, "frozen", False) and str(Path(sys.executable).parent) in folder


STEPS = (
    Step("window", _window),
    Step("parts", _parts),
    Step("pull", _pull),
    Step("cache", _cache),
    Step("update", _update),
    Step("search", _search),
    Step("edit", _edit),
    Step("events", _events),
    Step("files", _files),
    Step("lines", _lines),
)
