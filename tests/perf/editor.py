"""Ctrl+E to the painted form, for two vendors; floor: a bare form with as many widgets of the same kinds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.perf import child
from tests.perf.edited import copied
from tests.perf.options import Options
from tests.perf.table import Row, centile, median

LIMIT = 100  # ms
VENDORS = {"bookingsync": "BookingSync", "prioticket": "PrioTicket"}
REST = 0.3  # seconds between two openings
KINDS = ("QLabel", "QLineEdit", "QPlainTextEdit", "QComboBox", "QAbstractButton")  # the others are plain widgets


def measure(options: Options) -> Iterator[Row]:
    with copied(options.cache) as folder:
        for vendor, title in VENDORS.items():
            rounds, bare = [], []
            for number in range(options.first_openings):
                count = options.openings if not number else 1
                arguments = {"folder": str(folder), "vendor": vendor, "count": count}
                rounds.append(child.run("tests.perf.editor:open_all", **arguments))
                bare.append(child.run("tests.perf.bare_form:show_all", kinds=rounds[0]["kinds"], count=count))
            widgets = sum(rounds[0]["kinds"].values())
            name = f"Ctrl+E to painted form, {title}, {widgets} widgets"
            first, floor = [one["times"][0] for one in rounds], [one[0] for one in bare]
            later, later_floor = rounds[0]["times"][1:], bare[0][1:]
            yield Row(f"{name}, first after a start, median", median(first), floor=median(floor), most=LIMIT)
            yield Row(f"{name}, later, p50", median(later), floor=median(later_floor))
            yield Row(f"{name}, later, p95", centile(later, 95), floor=centile(later_floor, 95), most=LIMIT)


def open_all(folder: str, vendor: str, count: int) -> dict[str, Any]:
    """Milliseconds of each opening, and how many widgets of each kind the first form has; runs in a process of its
    own."""
    from tests.perf import window

    return window.run(Path(folder), lambda desk: open_in(desk, vendor, count))


async def open_in(desk: Any, vendor: str, count: int) -> dict[str, Any]:
    from tests.perf.save import contacts_of, opened

    times: list[float] = []
    kinds: dict[str, int] = {}
    desk.window.activateWindow()
    for row in await contacts_of(desk, vendor, count):
        await opened(desk, row.id)
        await asyncio.sleep(REST)
        times.append(await desk.after(lambda: _press_edit(desk), lambda wanted=row.id: _shown(desk, wanted)))
        assert desk.page.detail.editor.form.boxes  # those out of sight, too
        kinds = kinds or kinds_of(desk.page.detail.editor)
        await asyncio.sleep(REST)
        desk.page.detail.editor.cancelled.emit()
        await asyncio.sleep(REST)
    return {"times": times, "kinds": kinds}


def _press_edit(desk: Any) -> None:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    QTest.keyClick(desk.page.table, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)


def _shown(desk: Any, contact_id: int) -> bool:
    editor = desk.page.detail.editor
    return editor is not None and editor.subject.contact_id == contact_id and editor.isVisible()


def kinds_of(editor: Any) -> dict[str, int]:
    """How many widgets it has, by the plain Qt class they are of; without those that Qt makes inside others."""
    from PySide6 import QtWidgets

    found: Counter[str] = Counter()
    for widget in editor.findChildren(QtWidgets.QWidget):
        kind = next((kind for kind in KINDS if isinstance(widget, getattr(QtWidgets, kind))), "QWidget")
        found[kind] += not widget.objectName().startswith("qt_")
    return dict(found)
