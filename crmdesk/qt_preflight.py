"""Can Qt start on this Linux? Asked before the first PySide6 import, with the standard library only.

A missing system library would give a bare ImportError, and without a screen Qt calls abort(), which Python cannot
catch. As a pytest plug-in (`-p crmdesk.qt_preflight`) it also chooses the offscreen platform, before pytest-qt looks.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Package(NamedTuple):
    """Who ships a library."""

    debian: str
    fedora: str


CORE = {
    "libGL.so.1": Package("libgl1", "libglvnd-glx"),
    "libEGL.so.1": Package("libegl1", "libglvnd-egl"),
    "libfontconfig.so.1": Package("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": Package("libfreetype6", "freetype"),
    "libglib-2.0.so.0": Package("libglib2.0-0", "glib2"),
    "libgthread-2.0.so.0": Package("libglib2.0-0", "glib2"),
    "libdbus-1.so.3": Package("libdbus-1-3", "dbus-libs"),
    "libxkbcommon.so.0": Package("libxkbcommon0", "libxkbcommon"),
    "libgssapi_krb5.so.2": Package("libgssapi-krb5-2", "krb5-libs"),  # QtNetwork's; a bare Debian 13 lacks it
}
XCB = {
    "libxcb-cursor.so.0": Package("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": Package("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": Package("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": Package("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-render-util.so.0": Package("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-shape.so.0": Package("libxcb-shape0", "libxcb"),
    "libxcb-xkb.so.1": Package("libxcb-xkb1", "libxcb"),
    "libxkbcommon-x11.so.0": Package("libxkbcommon-x11-0", "libxkbcommon-x11"),
}
SCREENLESS = frozenset({"offscreen", "minimal", "vnc"})


def missing(libraries: Iterable[str]) -> list[str]:
    """Those that the loader cannot find, in the order given."""
    lost = []
    for name in libraries:
        try:
            ctypes.CDLL(name)
        except OSError:
            lost.append(name)
    return lost


def install_advice(lost: Iterable[str]) -> str:
    """Which libraries are missing and the commands that bring them."""
    names = list(lost)
    table: Mapping[str, Package] = {**CORE, **XCB}
    debian = " ".join(sorted({table[name].debian for name in names}))
    fedora = " ".join(sorted({table[name].fedora for name in names}))
    return (
        f"crmdesk needs system libraries that this computer lacks:\n  {', '.join(names)}\n"
        f"Debian, Ubuntu:  sudo apt-get install -y --no-install-recommends {debian}\n"
        f"Fedora, RHEL:    sudo dnf install -y {fedora}\n"
        "Then run the same command again."
    )


def screen_advice() -> str:
    """What to do on a computer without a screen."""
    return (
        "crmdesk found no screen: neither DISPLAY nor WAYLAND_DISPLAY is set.\n"
        "Start it from a desktop session, or on a virtual screen:  xvfb-run -a crmdesk\n"
        "Without any screen the command line works: crmdesk sync, crmdesk contacts, crmdesk accounts (see --help)."
    )


def check(environ: Mapping[str, str] = os.environ) -> str | None:
    """None where Qt can start, else the message for the person who started it."""
    if not sys.platform.startswith("linux"):
        return None
    headless = environ.get("QT_QPA_PLATFORM", "").split(":")[0] in SCREENLESS
    on_x11 = bool(environ.get("DISPLAY")) and not environ.get("WAYLAND_DISPLAY")
    lost = missing(CORE) + (missing(XCB) if on_x11 and not headless else [])
    if lost:
        return install_advice(lost)
    if not headless and not on_x11 and not environ.get("WAYLAND_DISPLAY"):
        return screen_advice()
    return None


def pytest_load_initial_conftests(early_config: object, parser: object, args: object) -> None:  # noqa: ARG001
    """Plug-in hook: offscreen unless told otherwise; a clear message instead of pytest-qt's internal error."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if message := check():
        import pytest

        raise pytest.UsageError(message)
