"""What is written down: no secret, nothing personal, one record a line."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmdesk import logs
from crmdesk.core.errors import ServerFaultError
from crmdesk.net import redact
from crmdesk.net.redact import register_secret, scrub
from tests.helpers.logging_state import kept_logging

SECRET = "canary+sëcret/7f3a=="
LOGGER = logging.getLogger("test.logs")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    register_secret(SECRET)
    with kept_logging():
        yield logs.set_up(tmp_path / "logs", logging.DEBUG)


def written(file: Path) -> str:
    return file.read_text("utf-8")


def test_secrets_that_two_threads_learn_at_once_are_both_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The window's thread has a token typed into it while the network's gets a new one."""
    others: list[threading.Thread] = []

    def slowly(forms: set[str], **how: object) -> list[str]:
        if not others:
            others.append(threading.Thread(target=register_secret, args=("canary-of-the-other",)))
            others[0].start()
            others[0].join(0.5)
        return sorted(forms, **how)  # type: ignore[call-overload]

    monkeypatch.setattr(redact, "sorted", slowly, raising=False)
    register_secret("canary-of-this-one")
    others[0].join()
    assert scrub("canary-of-the-other and canary-of-this-one") == "[secret] and [secret]"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        (f"token is {SECRET}!", "canary"),
        ("GET /x?t=canary%2Bs%C3%ABcret%2F7f3a%3D%3D", "canary"),
        ("Authorization: Bearer abcdef123456", "abcdef"),
        ("{'Authorization': 'Bearer abcdef123456', 'x': 'y'}", "abcdef"),
        ("[(b'authorization', b'Bearer abcdef123456')]", "abcdef"),
        ("sent bearer abcdef123456.x-y", "abcdef"),
        ('{"access_token": "abcdef", "refresh_token": "ghijkl"}', "abcdef"),
        ("api_key=abcdef&x=1", "abcdef"),
        ("password: hunter2", "hunter2"),
        ("Set-Cookie: session=abcdef; Path=/", "abcdef"),
        ("GET https://host/contacts?email=ana&page=2 HTTP/1.1", "email"),
        ("GET https://user:hunter2@host/x", "hunter2"),
        ("Ana <ana.reis+x@mail.example.org> called", "example"),
        ("called +351 912 000 123 twice", "912"),
        ("called 0033612345678", "3361234"),
        ("called (06) 12 34 56 78.", "12 34"),
        ("called 06.12.34.56.78 twice", "34.56"),
    ],
)
def test_secrets_and_people_are_taken_out(text: str, gone: str, file: Path) -> None:
    LOGGER.info("%s", text)
    assert gone not in written(file)
    assert "INFO test.logs" in written(file)


@pytest.mark.parametrize(
    "text",
    [
        "page 17 of 1,000: 48,000 contacts in 12.5 s",
        "until 2026-11-22 14:07:05, asked 2026-11-22T14:07:05Z",
        "127.0.0.1:8080 and 192.168.100.200 answered",
        "account 3, contact 1234567, generation 12/40",
        "GET /contacts/:id gave 503",
        "What now? Nothing.",
        "the passphrase is not right",
    ],
)
def test_what_explains_a_fault_stays(text: str) -> None:
    assert scrub(text) == text


def test_a_record_cannot_pretend_to_be_two(file: Path) -> None:
    LOGGER.info("name %s", "a\n2026-11-22 CRITICAL forged\r\x1b[31m\u202e\u2028\x00\x85")
    lines = written(file).splitlines()
    assert len(lines) == 1
    assert r"a\n2026-11-22 CRITICAL forged\r\x1b[31m\u202e\u2028\x00\x85" in lines[0]


def test_a_traceback_has_no_values_and_stays_one_record(file: Path) -> None:
    def fail(guest: str) -> None:
        raise ValueError(f"invalid literal for int(): {guest!r}\n2026 forged {SECRET}")

    guest = "Ana Reis"
    try:
        fail(guest)
    except ValueError:
        LOGGER.exception("It failed.")
    text = written(file)
    assert "in fail" in text
    assert "builtins.ValueError: invalid literal for int(): '…'" in text
    assert "Ana" not in text
    assert "canary" not in text
    assert all(line.startswith("  | ") for line in text.splitlines()[1:])


def test_our_own_errors_keep_their_words_and_details() -> None:
    error = ServerFaultError("BookingSync has a fault.", "Again later.", details={"endpoint": "GET /contacts"})
    assert "BookingSync has a fault. Again later. {'endpoint': 'GET /contacts'}" in logs.crash_text(error)


def test_later_handlers_see_no_more(file: Path) -> None:
    seen: list[str] = []

    class Later(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(f"{record.getMessage()} {record.args} {record.exc_info}")

    logging.getLogger().addHandler(Later())
    LOGGER.info("secret %s", SECRET)
    assert SECRET not in seen[0]


def test_a_wrong_log_call_shows_no_arguments(file: Path) -> None:
    LOGGER.info("%d contacts", "Ana Reis")
    assert "a log call in test_logs" in written(file)
    assert "Ana" not in written(file)


def test_talkative_libraries_are_quiet(file: Path) -> None:
    for name in ("httpx", "httpcore.connection", "sqlalchemy.engine", "keyring.backend"):
        logging.getLogger(name).info("GET https://host/contacts")
    assert written(file) == ""


def test_the_file_is_private_and_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_SIZE", 30_000)
    with kept_logging():
        _check_growth(logs.set_up(tmp_path / "logs"))


def _check_growth(file: Path) -> None:
    assert file.stat().st_mode & 0o077 == 0 or sys.platform == "win32"
    for _ in range(10):
        LOGGER.info("%s", "word " * 10_000)
    sizes = [path.stat().st_size for path in file.parent.iterdir()]
    assert len(sizes) == 4
    assert max(sizes) <= 50_000


def test_setting_up_again_replaces_the_file(file: Path, tmp_path: Path) -> None:
    other = logs.set_up(tmp_path / "other")
    LOGGER.info("hello")
    assert written(file) == ""
    assert "hello" in written(other)


@pytest.mark.parametrize(
    "text", ["a" * 10**6, "1 " * 500_000, "?" * 10**6, "x@" * 10**5, "a://" * 10**5, "token=" * 10**5]
)
def test_long_text_takes_no_time(text: str) -> None:
    began = time.process_time()
    scrub(text)
    assert time.process_time() - began < 0.5


CRASH = """
import sys, threading
from pathlib import Path
from crmdesk import logs
folder, how, name, token = Path(sys.argv[1]), *sys.argv[2:]  # from Python 3.13 on a trace has the lines of -c
logs.set_up(folder); logs.watch_crashes(folder)
logs.register_secret(token)
def fail(guest): raise KeyError(guest)
thread = threading.Thread(target=fail, args=(name,), name="pull"); thread.start(); thread.join()
if how == "hard":
    import ctypes; ctypes.string_at(0)
raise RuntimeError(f"token {token} of '{name}'")
"""


@pytest.mark.parametrize("how", ["soft", "hard"])
def test_crashes_of_every_kind_leave_a_clean_trace(how: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASH, str(tmp_path), how, "Ana Reis", "canary-secret"],
        capture_output=True,
        text=True,
        check=False,
    )
    log = (tmp_path / logs.FILE).read_text("utf-8")
    crash = (tmp_path / logs.CRASH_FILE).read_text("utf-8")
    assert done.returncode != 0
    assert "pull" in log
    assert "builtins.KeyError" in log
    assert ("Fatal Python error" in crash) == (how == "hard")
    assert ("builtins.RuntimeError: token [secret] of '…'" in log) == (how == "soft")
    for text in (log, crash, done.stdout, done.stderr):
        assert "canary" not in text
        assert "Ana" not in text


def test_control_c_stays_control_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(sys, "__excepthook__", lambda *_: print("as always"))
    logs._uncaught(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().out == "as always\n"
    logs._uncaught_in_thread(threading.ExceptHookArgs((SystemExit, SystemExit(), None, None)))


def test_importing_is_cheap() -> None:
    heavy = ("httpx", "asyncio", "logging.handlers", "uuid")
    code = f"import sys, crmdesk.logs; print(*[name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
