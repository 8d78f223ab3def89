"""Work that takes long is also told in the status bar: whoever began it may leave the screen and finds the way back
(UX-PRG-02)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crmdesk.ui.status_bar import StatusBar

LONG_MS = 10_000  # from then on it is told
AGAIN_MS = 500


@dataclass(eq=False)
class _Work:
    words: Callable[[], str]
    go: Callable[[], object]
    long: bool = False


class LongWork(QObject):
    """`during` what takes its time: `words()` say how far it is, `go()` leads to where it is shown. Of several the one
    begun last is told."""

    def __init__(self, bar: StatusBar, parent: QObject) -> None:
        super().__init__(parent)
        self._bar = bar
        self._works: list[_Work] = []
        self._again = QTimer(self, interval=AGAIN_MS)
        self._again.timeout.connect(self._tell)
        bar.workWanted.connect(self._go)

    def during(self, words: Callable[[], str], go: Callable[[], object]) -> AbstractContextManager[None]:
        return self._during(_Work(words, go))

    @contextmanager
    def _during(self, work: _Work) -> Iterator[None]:
        late = QTimer(self, singleShot=True, interval=LONG_MS)
        late.timeout.connect(lambda: self._grown_long(work))
        late.start()
        self._works.append(work)
        try:
            yield
        finally:
            late.stop()
            late.deleteLater()
            self._works.remove(work)
            self._tell()

    def _grown_long(self, work: _Work) -> None:
        work.long = True
        self._again.start()
        self._tell()

    def _long(self) -> _Work | None:
        return next((work for work in reversed(self._works) if work.long), None)

    def _tell(self) -> None:
        work = self._long()
        self._bar.show_work(work.words() if work is not None else "")
        if work is None:
            self._again.stop()

    def _go(self) -> None:
        if (work := self._long()) is not None:
            work.go()
