"""The log file and the crash hook. Only app and the command line import this; importing it is cheap.

Nothing personal and nothing secret is written: redaction happens in the handler, so no caller can forget it. A line
stands for one record: control characters are shown as escapes, and what follows of a traceback is set off by "  | ".
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import TextIO

from crmdesk.net.redact import LONGEST, register_secret, scrub

__all__ = ["crash_text", "register_secret", "set_up", "watch_crashes"]

FILE = "crmdesk.log"
CRASH_FILE = "crash.log"
_SIZE = 1_000_000  # bytes
_OLDER = 3
_TALKATIVE = ("httpx", "httpcore", "sqlalchemy", "asyncio", "keyring", "stamina", "uvicorn", "alembic", "hpack",
              "qasync")  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_QUOTED = re.compile(r"'[^'\n]{1,2000}'|\"[^\"\n]{1,2000}\"")
_CRASH_TEXT = 200  # characters of a foreign exception's own words

_log = logging.getLogger("crmdesk.crash")


def set_up(folder: Path, level: int = logging.INFO) -> Path:
    """Log of this program into `folder` (made if missing), rotating, readable by its owner only. Returns the file.

    Calling it again replaces the earlier file. OSError if the folder cannot be written."""
    from logging.handlers import RotatingFileHandler

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / FILE
    path.touch(mode=0o600)
    handler = RotatingFileHandler(path, maxBytes=_SIZE, backupCount=_OLDER, encoding="utf-8", errors="backslashreplace")
    handler.addFilter(_is_wanted)
    handler.addFilter(Redaction())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(threadName)s: %(message)s"))
    root = logging.getLogger()
    for older in [known for known in root.handlers if isinstance(known, RotatingFileHandler)]:
        root.removeHandler(older)
        older.close()
    root.addHandler(handler)
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    return path


def _is_wanted(record: logging.LogRecord) -> bool:
    """Libraries' debug lines show what passes through them (qasync's the arguments of every call in a thread, which may
    be a whole guest); whoever turns their loggers up gets them elsewhere, but not into this file."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] not in _TALKATIVE


class Redaction(logging.Filter):
    """Rewrites a record in place, message and traceback scrubbed, arguments gone: later handlers see no more either."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = _one_line(scrub(_message(record)))
        if record.exc_info and record.exc_info[1] is not None:
            text += _set_off(crash_text(record.exc_info[1]))
        elif record.exc_text:
            text += _set_off(scrub(record.exc_text))
        record.msg, record.args = text, ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # noqa: BLE001 - a wrong call of the log must not end the program, nor show its arguments
        return f"[a log call in {record.module} line {record.lineno} failed: {type(error).__name__}]"


def _one_line(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _set_off(text: str) -> str:
    return "".join(f"\n  | {_one_line(line)}" for line in text.splitlines())


# -- crashes -----------------------------------------------------------------------------------------------------


def crash_text(error: BaseException) -> str:
    """The traceback without local values. Words of foreign exceptions are cut short and lose what stands in quotes:
    that is where Python and libraries put the values they choked on."""
    import traceback

    lines: list[str] = []
    for link in _chain(error):
        frames = traceback.StackSummary.extract(traceback.walk_tb(link.__traceback__), limit=-50, capture_locals=False)
        lines += [part.rstrip() for part in frames.format()]
        lines.append(f"{type(link).__module__}.{type(link).__qualname__}: {_words(link)}")
    return scrub("\n".join(lines)[-LONGEST:])


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what led to it, first cause first."""
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links and len(links) < 10:
        links.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return links[::-1]


def _words(error: BaseException) -> str:
    from crmdesk.core.errors import CrmDeskError

    if isinstance(error, CrmDeskError):
        return _one_line(f"{error} {error.details or ''}".strip())
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an exception that cannot even be printed is still worth its type
        return "(no text)"
    return _one_line(_QUOTED.sub("'…'", text)[:_CRASH_TEXT])


def watch_crashes(folder: Path) -> None:
    """Uncaught exceptions of all threads go to the log; what kills the interpreter itself goes to crash.log (frames
    only). KeyboardInterrupt stays what it is."""
    import faulthandler

    global _crash_file
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / CRASH_FILE
    path.touch(mode=0o600)
    older, _crash_file = _crash_file, path.open("a", encoding="utf-8")
    faulthandler.enable(_crash_file, all_threads=True)
    if older is not None:
        older.close()
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


_crash_file: TextIO | None = None  # faulthandler keeps only its number: the file must stay open


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _log.critical("crmdesk met an error of its own.", exc_info=(kind, error, trace))
    if sys.stderr is not None:  # a windowed program on Windows has none
        sys.stderr.write(f"crmdesk met an error of its own:\n{crash_text(error)}\n")


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
