"""A screen, a session bus and an accessibility bus of its own for each test, and crmdesk as a process on them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

LAUNCHER = Path("/usr/libexec/at-spi-bus-launcher")
PROJECT = Path(__file__).parents[2]
NEEDED = "needs Linux with the packages xvfb, dbus-daemon, at-spi2-core and xdotool"


def possible() -> bool:
    return sys.platform == "linux" and LAUNCHER.exists() and all(map(shutil.which, ("Xvfb", "dbus-daemon", "xdotool")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.outside)
        if not possible():
            item.add_marker(pytest.mark.skip(reason=NEEDED))


@contextmanager
def running(*command: str, env: dict[str, str], out: int | None = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.DEVNULL, text=True, cwd=PROJECT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def first_line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


@pytest.fixture
def session() -> Iterator[dict[str, str]]:
    """Environment of a desktop that nobody else uses."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.chmod(folder, 0o700)
        hidden = ("QT_", "DISPLAY", "WAYLAND", "DBUS", "AT_SPI", "CRMDESK_")
        env = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        env |= {"XDG_RUNTIME_DIR": folder, "HOME": folder, "CRMDESK_NO_KEYRING": "1", "LC_ALL": "C.UTF-8"}
        # -r: no key repeats itself while a busy computer is late to let go of it
        screen = ("Xvfb", "-displayfd", "1", "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-r")
        env["DISPLAY"] = f":{first_line(stack.enter_context(running(*screen, env=env, out=subprocess.PIPE)).stdout)}"
        bus = ("dbus-daemon", "--session", "--nofork", "--print-address=1")
        address = first_line(stack.enter_context(running(*bus, env=env, out=subprocess.PIPE)).stdout)
        env["DBUS_SESSION_BUS_ADDRESS"] = address
        stack.enter_context(running(str(LAUNCHER), "--launch-immediately", env=env))
        yield env | {"QT_QPA_PLATFORM": "xcb", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "PYTHONPATH": str(PROJECT)}


@pytest.fixture
def gui(session: dict[str, str]) -> Iterator[Any]:
    from tests.outside.gui import Gui, wait

    def connected() -> Gui | None:
        try:
            return Gui(session["DBUS_SESSION_BUS_ADDRESS"])
        except (OSError, IndexError, TypeError):
            return None

    found = wait(connected, "the accessibility bus")
    yield found
    found.close()


@pytest.fixture
def program(session: dict[str, str], gui: Any) -> Iterator[Any]:
    """crmdesk in practice mode: the topmost object of the program."""
    with running(sys.executable, "-m", "crmdesk", "--demo", env=session):
        yield gui.program("crmdesk")


@pytest.fixture
def keys(session: dict[str, str], program: Any) -> Any:
    """Real keys, by X11 names (`ctrl+e`, `Down`), to the main window (*Practice – crmdesk*), or to the one with that
    title. There is no window manager: only a window that gets keys has the focus."""

    def press(*names: str, window: str = "crmdesk$") -> None:
        found = ("search", "--sync", "--onlyvisible", "--name", window, "windowfocus", "--sync")
        subprocess.run(["xdotool", *found, "key", "--delay", "60", *names], env=session, check=True, timeout=30)

    return press
