"""The stored answer as it came, indented, read-only and searchable; large ones are cut for the screen."""

from __future__ import annotations

import json
import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QTextCursor, QTextDocument
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QToolButton, QWidget

from crmdesk.ui.kit import FlatButton, IconButton, Muted, column, number, row, tr

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


class RawView(QWidget):
    """`show_body` formats off the GUI thread; a newer body wins because its caller cancels the older task."""

    def __init__(self) -> None:
        super().__init__()
        self._body = ""
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
        copy.clicked.connect(lambda _checked=False: QGuiApplication.clipboard().setText(self._body))
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
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        bar = QWidget()
        row(bar, self.find_box, back, again, self.result, copy, gap=4, stretch=0)
        column(self, bar, self.notice, self.text, margins=(16, 12, 16, 16), stretch=2)

    async def show_body(self, body: str) -> None:
        import asyncio  # with the first task, not with the window

        text, cut = await asyncio.to_thread(pretty, body)
        self._body = body
        self.text.setPlainText(text)
        self.notice.setVisible(cut)
        self.notice.setText(
            tr("This answer has {n} characters; long parts are cut here. Copy all takes the whole.").replace(
                "{n}", number(len(body))
            )
        )

    def clear(self) -> None:
        self._body = ""
        self.text.clear()
        self.notice.hide()

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
