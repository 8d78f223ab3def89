"""The way to the system's own notifications: its bus on Linux, a tray icon elsewhere."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSystemTrayIcon

log = logging.getLogger("crmdesk.ui")
NAME = "org.freedesktop.Notifications"
PATIENCE = 5.0  # s that a bus has to answer
LINUX = sys.platform.startswith("linux")
UNSEEN = ("offscreen", "minimal")  # platforms without a person
Sink = Callable[[str, str], object]  # title, text


def system_sink(raise_window: Callable[[], object]) -> Sink | None:
    """Where notifications go on this computer; None where there are none. A click on one raises the window, where the
    system tells of clicks."""
    if QGuiApplication.platformName() in UNSEEN:
        return None
    if LINUX:
        return to_bus if os.environ.get("DBUS_SESSION_BUS_ADDRESS") else None
    trays = QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()
    return _Tray(raise_window) if trays else None


def to_bus(title: str, text: str) -> None:
    """In a thread that nobody waits for: a bus that never answers holds up neither the window nor the end."""
    threading.Thread(target=partial(_tell_bus, title, text), name="crmdesk-notify", daemon=True).start()


def _tell_bus(title: str, text: str) -> None:
    try:
        notify(title, text)
    except Exception as error:  # noqa: BLE001 - no bus, nobody who shows notifications: the window tells it anyway
        log.info("no system notification (%s)", type(error).__name__)


def notify(title: str, text: str) -> None:
    """Asks the desktop to show it, without a sound. Blocks. OSError, TimeoutError, KeyError, or the bus's own error."""
    from html import escape

    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection
    from jeepney.wrappers import unwrap_msg

    desktop = DBusAddress("/org/freedesktop/Notifications", bus_name=NAME, interface=NAME)
    hints = {"suppress-sound": ("b", True), "desktop-entry": ("s", "crmdesk")}
    values: tuple[object, ...] = ("crmdesk", 0, "crmdesk", title, escape(text, quote=False), [], hints, -1)
    message = new_method_call(desktop, "Notify", "susssasa{sv}i", values)
    with open_dbus_connection(bus="SESSION", auth_timeout=PATIENCE) as bus:
        unwrap_msg(bus.send_and_get_reply(message, timeout=PATIENCE))


class _Tray:
    """A tray icon that comes with the first notification: messages belong to one."""

    def __init__(self, raise_window: Callable[[], object]) -> None:
        from crmdesk.ui.icons import program_icon

        self._icon = QSystemTrayIcon(program_icon())
        self._icon.setToolTip("crmdesk")
        self._icon.activated.connect(lambda _reason: raise_window())
        self._icon.messageClicked.connect(raise_window)

    def __call__(self, title: str, text: str) -> None:
        self._icon.show()
        self._icon.showMessage(title, text, self._icon.icon())
