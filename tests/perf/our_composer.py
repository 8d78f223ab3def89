"""The composer's grid with many rows, over the real engine: the longest time in which the window stood still."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.perf.our_send import KIND, config, rows

BLOCK = 10_000  # rows of the paste
WAIT = 120.0  # s, for the longest of these


def gaps(count: int) -> dict[str, float]:
    """Milliseconds by what was done."""
    import sys

    import qasync
    from PySide6.QtWidgets import QApplication

    from crmdesk.app import SLICE
    from crmdesk.ui.garbage import Collector

    sys.setswitchinterval(SLICE)  # as the program does
    app = QApplication([])
    gc.disable()  # as the program does: collections happen in Qt's thread, when it has time
    collector = Collector(app)
    assert collector is not None
    loop = qasync.QEventLoop(app, already_running=False)
    with tempfile.TemporaryDirectory() as folder, loop:
        return loop.run_until_complete(_measured(Path(folder), count))


async def _measured(folder: Path, count: int) -> dict[str, float]:
    from crmdesk.core.changes import ChangeFeed
    from crmdesk.core.seams import SystemClock
    from crmdesk.core.submission import NewRow, Submission
    from crmdesk.core.tasks import TaskScope
    from crmdesk.store.database import Database
    from crmdesk.store.reader import Reader
    from crmdesk.sync.progress import StatusBoard
    from crmdesk.sync.services import Services
    from crmdesk.sync.worker import NetworkThread
    from crmdesk.ui.composer.composer import Composer
    from crmdesk.ui.composer.document import Document
    from crmdesk.ui.theme import Theme
    from crmdesk.vendors.crmcom_events import VENDOR

    clock = SystemClock()
    database = Database.open(folder / "ours.db", bytes(32), ChangeFeed(), clock)
    reader, network = Reader(database), NetworkThread()
    services = Services(database, reader, {VENDOR.key: VENDOR}, network, StatusBoard(), clock)
    account = await services.add_account(VENDOR.key, "Benchmark", "https://crm.invalid/crmapi/rest/v2", config())
    new = [NewRow(values) for values in rows(count)]
    made = await services.submissions.create(Submission(0, account.id, KIND, "Benchmark"), new)
    errors: list[BaseException] = []
    scope = TaskScope(lambda _what, error: errors.append(error))
    document = Document(services, reader, scope)
    from PySide6.QtWidgets import QApplication

    composer = Composer(document, Theme.install(QApplication.instance(), "light"), clock, "Benchmark")
    composer.resize(1400, 860)
    composer.show()
    gc.collect()
    gc.freeze()  # as the program does
    try:
        return await _steps(document, composer, made.id, count)
    finally:
        if errors:
            raise errors[0]
        await scope.aclose()
        composer.hide()
        await services.aclose()
        network.close()
        database.close()


async def _steps(document: Any, composer: Any, number: int, count: int) -> dict[str, float]:
    grid, found = composer.grid, {}
    account = "accounts_receivable_identifier.number"
    found["opened and checked"] = await _longest(document, lambda: document.open(number))
    found["one cell typed"] = await _longest(document, lambda: document.set_cells([(5, account, "ACR1")], "x"))
    grid.go(0, 1)
    block = [[f"ACR{n:010}", "Customer Feedback 3", "Admin Unit", "2026-05-03 10:00"] for n in range(min(count, BLOCK))]
    found[f"{len(block):,} x 4 cells pasted"] = await _longest(document, lambda: grid.put_block(block))
    found["taken back"] = await _longest(document, grid.undo)
    unit = "performed_by_unit_identifier.name"
    found["every row filled"] = await _longest(document, lambda: document.fill(unit, "Spa", "x", every=True))
    found["replaced in every row"] = await _longest(document, lambda: document.replace([unit], "Spa", "Bar", "x"))
    found["every row with an error"] = await _longest(
        document, lambda: document.fill("performed_on", "?", "x", every=True)
    )
    found["next problem"] = await _longest(document, lambda: grid.step_flaw(1))
    return found


async def _longest(document: Any, do: Callable[[], Awaitable[Any] | Any]) -> float:
    """The longest gap between two turns of the loop until everything is saved and checked."""
    longest, last, ended = 0.0, time.perf_counter(), False

    async def beat() -> None:
        nonlocal longest, last
        while not ended:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    beating = asyncio.get_running_loop().create_task(beat())
    await asyncio.sleep(0.05)
    longest, last = 0.0, time.perf_counter()
    result = do()
    if isinstance(result, Awaitable):
        await result
    end = time.monotonic() + WAIT
    await asyncio.sleep(0.4)
    while not _quiet(document):
        assert time.monotonic() < end, "the document never came to rest"
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.05)
    ended = True
    await beating
    return longest * 1000


def _quiet(document: Any) -> bool:
    timers = (document._save_soon, document._check_soon)
    keys = ("composer.work", "composer.save", "composer.check")
    return not any(timer.isActive() for timer in timers) and not any(document._scope.running(key) for key in keys)
