"""crmdesk as a process of its own, off screen, that says where it has got to."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

REMARKS = ("This plugin does not support raise()\n",)  # of Qt's offscreen platform
PASSPHRASE = "correct horse battery staple"
_PROGRAM = """
import sys
from crmdesk.cli import arguments
from crmdesk.app import run
sys.exit(run(arguments.parse(sys.argv[1:]), watch=lambda step: print(step, flush=True)))
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "CRMDESK_DATA": str(folder),
        "CRMDESK_NO_KEYRING": "1",
        "CRMDESK_PASSPHRASE": PASSPHRASE,
        **more,
    }


class Child:
    """`program` is Python to run in place of the plain start; `before` a command that the process is started with."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        program: str = _PROGRAM,
        before: Sequence[str] = (),
        **environ: str,
    ) -> None:
        self._command = [*before, sys.executable, "-c", program, *arguments]
        self._environment = environment(folder, **environ)
        self.said: list[str] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.errors = ""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read, self._read_errors)]
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        lines = self.process.stderr.read().splitlines(keepends=True)
        self.errors = "".join(line for line in lines if line not in REMARKS)

    def until(self, word: str, seconds: float = 40) -> None:
        """Waits until the process has printed this line."""
        self.until_said(word, seconds=seconds)

    def until_said(self, *words: str, seconds: float = 60) -> str:
        """Waits for one of these lines; which one."""
        return self._until(lambda line: line in words, f"{words}", seconds)

    def until_line(self, beginning: str, seconds: float = 40) -> str:
        """Waits for a line that begins so; the line."""
        return self._until(lambda line: line.startswith(beginning), beginning, seconds)

    def _until(self, wanted: Callable[[str], bool], what: str, seconds: float) -> str:
        for line in self.said:
            if wanted(line):
                return line
        while True:
            try:
                line = self._lines.get(timeout=seconds)
            except queue.Empty:
                raise AssertionError(f"{what} did not come; it said {self.said}") from None
            assert line is not None, f"it ended without {what}; it said {self.said} and {self.errors}"
            self.said.append(line)
            if wanted(line):
                return line

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20) -> int:
        """Sends the signal; exit code."""
        self.process.send_signal(number)
        return self.ended(seconds)

    def ended(self, seconds: float = 40) -> int:
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(5)
        while not self._lines.empty() and (line := self._lines.get()) is not None:
            self.said.append(line)
        return code


def without_privileges() -> Sequence[str] | None:
    """What to start a process with so that rights of files count for it; None where that cannot be had."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return () if sys.platform != "win32" else None
    if shutil.which("setpriv") is None:
        return None
    return ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")
