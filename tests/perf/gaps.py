"""How long the window's thread cannot answer: a heart-beat of 5 ms, idle, while a whole pull runs and while events are
sent."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from crmdesk.settings import FILE_NAME, Settings
from tests.perf import child
from tests.perf.cache import keyed_folder
from tests.perf.options import Options
from tests.perf.table import Row, centile

BEAT = 5  # ms
FRAME = 33  # ms between two scroll steps
SEARCH = 300  # ms between two searches
IDLE = 8.0  # seconds
EVENTS = 10_000
OPERATOR = "Benchmark"  # nobody is asked who is at the desk
TEXTS = ("ma", "joh", "garc", "an", "smi", "müller", "li", "peter", "an sm", "1234", "")


def measure(options: Options) -> Iterator[Row]:
    with child.emulator(options.pulled) as url:
        idle, quiet, busy = (
            child.run("tests.perf.gaps:listen", url=url if pull else "", used=used)
            for pull, used in ((False, False), (True, False), (True, True))
        )
    name = f"gap of the window's thread, pull of {options.pulled:,}"
    yield Row(f"{name}, max", max(quiet), floor=max(idle), most=50)
    yield Row(f"{name}, p99", centile(quiet, 99), floor=centile(idle, 99), most=16)
    yield Row(f"{name}, p50", centile(quiet, 50), floor=centile(idle, 50))
    yield Row("… scrolling and searching as well, max", max(busy), floor=max(idle))
    yield Row("… scrolling and searching as well, p99", centile(busy, 99), floor=centile(idle, 99))
    events = 1000 if options.quick else EVENTS
    with child.emulator(0, "crmcom_events") as url:
        sending = child.run("tests.perf.gaps:listen_to_sending", url=url, count=events)
    yield Row(f"gap of the window's thread, sending {events:,} events, max", max(sending), floor=max(idle), most=50)
    yield Row("… of sending, p99", centile(sending, 99), floor=centile(idle, 99), most=16)


def listen(url: str, used: bool) -> list[float]:
    """Milliseconds by which each beat came late, during a whole pull ('' = idle for a while); `used`: while somebody
    scrolls and searches. Runs in a process of its own."""
    from tests.perf import window

    with keyed_folder() as folder:
        return window.run(folder, lambda desk: _heard(desk, url, used))


async def _heard(desk: Any, url: str, used: bool) -> list[float]:
    from tests.perf.our_pull import checked, new_account

    account = await desk.services.add_account(*new_account(url)) if url else None
    with beats() as late, _user(desk, used):
        if account is None:
            await asyncio.sleep(IDLE)
        else:
            checked(await desk.services.pull(account.id))  # joins the check that has begun with the account
    return late


def listen_to_sending(url: str, count: int) -> list[float]:
    """As `listen`, while the page *Bulk events* shows how `count` events are sent in calls of 200."""
    from tests.perf import window

    with keyed_folder() as folder:
        made = Settings(operator=OPERATOR, file=folder / FILE_NAME)
        made.write(made.as_text())
        return window.run(folder, lambda desk: _heard_sending(desk, url, count))


async def _heard_sending(desk: Any, url: str, count: int) -> list[float]:
    from crmdesk.core.submission import NewRow, Submission, SubmissionStage
    from crmdesk.ui.places import EVENTS as EVENTS_PAGE
    from crmdesk.vendors.crmcom_events import VENDOR
    from tests.perf.our_send import KIND, config, rows

    verbs = desk.services.submissions
    account = await desk.services.add_account(VENDOR.key, "Events", VENDOR.check_base_url(url), config())
    new = [NewRow(values) for values in rows(count)]
    made = await verbs.create(Submission(0, account.id, KIND, "Benchmark", per_call=200), new)
    desk.window.go(EVENTS_PAGE)
    page = desk.window.pages.events()
    page.open(made.id)
    await asyncio.sleep(2)  # opened, checked, painted
    if page.composer is None:
        raise RuntimeError("the page does not show what is being sent")
    with beats() as late:
        await verbs.send(made.id, OPERATOR)
        while (await verbs.get(made.id)).stage is not SubmissionStage.ENDED:
            await asyncio.sleep(0.1)
    return late


@contextmanager
def beats() -> Iterator[list[float]]:
    """Fills the list until the end of the block."""
    late: list[float] = []
    last = time.perf_counter()

    def beat() -> None:
        nonlocal last
        now = time.perf_counter()
        late.append(max(0.0, (now - last) * 1000 - BEAT))
        last = now

    with _timer(BEAT, beat):
        yield late


@contextmanager
def _user(desk: Any, present: bool) -> Iterator[None]:
    if not present:
        yield
        return
    bar, texts, chance = desk.page.table.verticalScrollBar(), itertools.cycle(TEXTS), random.Random(2)
    with (
        _timer(FRAME, lambda: bar.setValue((bar.value() + chance.randrange(200)) % max(1, bar.maximum()))),
        _timer(SEARCH, lambda: desk.page.search_box.line.setText(next(texts))),
    ):
        yield


@contextmanager
def _timer(interval: int, act: Any) -> Iterator[None]:
    from PySide6.QtCore import Qt, QTimer

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(act)
    timer.start(interval)
    try:
        yield
    finally:
        timer.stop()
