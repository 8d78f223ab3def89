"""A plug-in that searches what every test of the suite wrote for every secret it used, at DEBUG:
`python -m pytest -p tests.helpers.canary_suite`.

A secret is what the program registers as one, what it stores as one, and what the emulators give out. Searched are the
lines our log handler would have written, what was printed, and every file in the test's folders."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from crmdesk import logs
from crmdesk.net import redact
from crmdesk.store import accounts
from crmdesk.vendors.crmcom_selfservice.sandbox_tokens import Codes, Tokens
from tests.helpers.leaks import found_in

_SHORTEST = 10  # characters: "abc" and "token" stand in every log
_KEY_FILES = re.compile(r"(?:^|\.)key(?:$|\.)|^key")  # hold a key because a person chose so
_LARGEST = 30_000_000  # bytes of a file
_words: set[str] = set()
_lines: list[str] = []


def _note(word: object) -> None:
    if isinstance(word, str) and len(word) >= _SHORTEST and not word.isalpha():
        _words.add(word)


def _noting(holder: Any, name: str, words: Callable[[tuple[Any, ...], Any], Any]) -> None:
    """From now on `words(arguments, result)` of each call are secrets."""
    real = getattr(holder, name)

    def noted(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        _note(words(args, result))
        return result

    setattr(holder, name, noted)


# Before anything else imports them by name.
_noting(redact, "register_secret", lambda args, _result: args[0])
_noting(accounts, "put_secret", lambda args, _result: args[-1])
_noting(Tokens, "access", lambda _args, result: result)
_noting(Tokens, "refresh", lambda _args, result: result)
_noting(Codes, "send", lambda _args, result: result.auth_otp)


class _Log(logging.Handler):
    """Keeps what our own handler would write."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.addFilter(logs._is_wanted)
        self.redaction = logs.Redaction()

    def emit(self, record: logging.LogRecord) -> None:
        mine = copy.copy(record)
        self.redaction.filter(mine)
        _lines.append(mine.getMessage())


class Canary:
    """Per process of the run."""

    def __init__(self) -> None:
        self.searched: set[str] = set()
        self.log = _Log()

    @pytest.fixture(autouse=True)
    def canary_log(self) -> Iterator[None]:
        root = logging.getLogger()
        before = root.level
        root.addHandler(self.log)
        root.setLevel(logging.DEBUG)
        yield
        root.removeHandler(self.log)
        root.setLevel(before)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        report = yield
        if call.when == "teardown" and report.passed and (hits := self._leaks(item, report)):
            report.outcome, report.longrepr = "failed", "secrets were written:\n" + "\n".join(hits)
        return report

    def _leaks(self, item: pytest.Item, report: Any) -> list[str]:
        words, log = sorted(_words), "\n".join(_lines)
        _words.clear()
        _lines.clear()
        new = self._new_folders(item)
        if not words:
            return []
        hits = [f"log: {hit}" for hit in found_in(log.encode(errors="replace"), words)]
        printed = report.capstdout + report.capstderr
        hits += [f"printed: {hit}" for hit in found_in(printed.encode(errors="replace"), words)]
        for path in (path for folder in new for path in folder.rglob("*")):
            if path.is_file() and not _KEY_FILES.search(path.name) and path.stat().st_size <= _LARGEST:
                hits += [f"{path.name}: {hit}" for hit in found_in(path.read_bytes(), words)]
        return hits

    def _new_folders(self, item: pytest.Item) -> list[Path]:
        base = item.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        new = [path for path in base.iterdir() if path.name not in self.searched and not path.is_symlink()]
        self.searched |= {path.name for path in new}
        return new


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Canary(), "canary")
