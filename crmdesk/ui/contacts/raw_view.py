"""The stored answer as it came, indented, read-only and searchable; large ones are cut for the screen."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QTextCursor, QTextDocument
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QToolButton, QWidget

from crmdesk.core.fields import FieldSpec, find
from crmdesk.ui.contacts.detail_values import DOTS
from crmdesk.ui.kit import FlatButton, IconButton, Muted, column, number, row, tr
from crmdesk.ui.theme import scaled, theme

MAX_SHOWN = 200_000  # characters
MAX_LINE = 2000  # a longer line would take the editor seconds to lay out
_UNSEEN = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def pretty(body: str) -> tuple[str, bool]:
    """The JSON text indented, and whether it was cut. Text that is no JSON stays as it is."""
    shown = body
    if len(body) <= 4 * MAX_SHOWN:
        try:
            shown = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            shown = body
    shown = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", shown[: MAX_SHOWN + 1]).replace("\0", "\\u0000")
    lines = [line if len(line) <= MAX_LINE else line[:MAX_LINE] + "…" for line in shown[:MAX_SHOWN].splitlines()]
    text = "\n".join(lines)
    return text, len(shown) > MAX_SHOWN or any(len(line) > MAX_LINE for line in lines)


def veiled(body: str, specs: Sequence[FieldSpec]) -> str:
    """The JSON text with dots for the values of masked fields; the text itself where there are none in it."""
    if not any(spec.masked or any(part.masked for part in spec.parts) for spec in specs):
        return body
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return body  # no JSON, so no field of it can be told
    return json.dumps(found, ensure_ascii=False) if _veil(found, specs) else body


def _veil(found: Any, specs: Sequence[FieldSpec]) -> bool:
    """Puts the dots in; True if there was something to be masked."""
    done = False
    for spec in specs:
        *above, last = spec.path.split(".")
        holder = find(found, ".".join(above)) if above else found
        value = holder.get(last) if isinstance(holder, dict) else None
        if value in (None, "", [], {}):
            continue
        if spec.masked:
            holder[last], done = DOTS, True
        for entry in value if isinstance(value, list) else [value]:
            done = (not spec.masked and _veil(entry, spec.parts)) or done
    return done


class RawView(QWidget):
    """`show_body` formats off the GUI thread; a newer body wins because its caller cancels the older task.

    Masked fields are dots, also for *Find* and *Copy all*, until *Show masked values* is pressed for this contact."""

    def __init__(self) -> None:
        super().__init__()
        self._contact = 0
        self._body = self._veiled = ""
        self._revealed = False
        self.find_box = QLineEdit()
        self.find_box.setObjectName("raw.find")
        self.find_box.setPlaceholderText(tr("Find in this answer"))
        self.find_box.setAccessibleName(tr("Find in this answer"))
        self.find_box.setClearButtonEnabled(True)
        for clear in self.find_box.findChildren(QToolButton):
            clear.setObjectName("raw.find.clear")
            clear.setAccessibleName(tr("Clear"))
        self.find_box.returnPressed.connect(lambda: self.find_next())
        self.find_box.textChanged.connect(lambda _text: self.find_first())
        self.result = Muted("")
        again = IconButton("raw.next", "down", tr("Next match (Enter)"))
        again.clicked.connect(lambda _checked=False: self.find_next())
        back = IconButton("raw.previous", "up", tr("Previous match"))
        back.clicked.connect(lambda _checked=False: self.find_next(backward=True))
        copy = FlatButton("raw.copy", tr("Copy all"))
        copy.clicked.connect(lambda _checked=False: QGuiApplication.clipboard().setText(self._text()))
        self.reveal = FlatButton("raw.show", tr("Show masked values"))
        self.reveal.clicked.connect(lambda _checked=False: self._show_masked())
        self.reveal.hide()
        self.notice = Muted("", wrap=True)
        self.notice.hide()
        self.text = QPlainTextEdit()
        self.text.setObjectName("raw.text")
        self.text.setAccessibleName(tr("Stored answer"))
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        theme().changed.connect(self._scale)
        self._scale()
        bar = QWidget()
        row(bar, self.find_box, back, again, self.result, copy, gap=4, stretch=0)
        last = QWidget()
        row(last, self.reveal).addStretch(1)
        column(self, bar, self.notice, self.text, last, margins=(16, 12, 16, 16), stretch=2)

    def _scale(self) -> None:
        """Letters of one width, in the chosen size."""
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self.text.setFont(scaled(fixed, theme().font_scale / 100))

    async def show_body(self, contact_id: int, body: str, specs: Sequence[FieldSpec]) -> None:
        import asyncio  # with the first task, not with the window

        shown = await asyncio.to_thread(veiled, body, specs)
        revealed = self._revealed and contact_id == self._contact
        made = await asyncio.to_thread(pretty, body if revealed else shown)
        self._contact, self._body, self._veiled, self._revealed = contact_id, body, shown, revealed
        self._fill(*made)

    def _text(self) -> str:
        return self._body if self._revealed else self._veiled

    def _show_masked(self) -> None:
        self._revealed = not self._revealed
        self._fill(*pretty(self._text()))

    def _fill(self, text: str, cut: bool) -> None:
        self.text.setPlainText(text)
        self.reveal.setVisible(self._veiled != self._body)
        self.reveal.setText(tr("Hide masked values") if self._revealed else tr("Show masked values"))
        self.notice.setVisible(cut)
        self.notice.setText(
            tr("This answer has {n} characters; long parts are cut here. Copy all takes the whole.").replace(
                "{n}", number(len(self._body))
            )
        )

    def find_first(self) -> None:
        """From the top, while typing."""
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self.find_next()

    def find_next(self, *, backward: bool = False) -> None:
        """The next match, going round at the end; says so where there is none."""
        wanted = self.find_box.text()
        flags = QTextDocument.FindFlag.FindBackward if backward else QTextDocument.FindFlag(0)
        found = bool(wanted) and self.text.find(wanted, flags)
        if wanted and not found:
            end = QTextCursor.MoveOperation.End if backward else QTextCursor.MoveOperation.Start
            self.text.moveCursor(end)
            found = self.text.find(wanted, flags)
        self.result.setText("" if found or not wanted else tr("Not found"))
