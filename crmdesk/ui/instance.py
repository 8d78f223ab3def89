"""One window per data folder: a second start hands its wish to the first and ends.

The folder's lock decides who is first; this is only the way to talk to it. The socket is named after the folder and
readable by the same user only. What arrives is text for the search box: nothing else can be asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtNetwork import QLocalServer, QLocalSocket

PATIENCE = 2000  # ms a second start waits for the first one to answer
MAX_BYTES = 4096  # a search, not a document
RAISED = b"ok"


def socket_name(folder: Path) -> str:
    """The same for every spelling of the same folder; says nothing about it."""
    digest = blake2b(str(folder.resolve()).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
    return f"crmdesk-{digest}"


def raise_first(folder: Path, search: str = "") -> bool:
    """Asks the window that has this folder to come forward, on `search` if given. Blocks up to PATIENCE twice.

    False where nobody answered."""
    socket = QLocalSocket()
    socket.connectToServer(socket_name(folder))
    if not socket.waitForConnected(PATIENCE):
        return False
    socket.write(search.encode("utf-8", "replace")[:MAX_BYTES] + b"\n")
    answered = socket.waitForBytesWritten(PATIENCE) and socket.waitForReadyRead(PATIENCE)
    reply = socket.readAll().data() if answered else b""
    socket.disconnectFromServer()
    return bytes(reply) == RAISED


class Doorbell(QObject):
    """The first window's end: calls `rung(search)` for every later start. `search` is '' where none was given."""

    def __init__(self, folder: Path, rung: Callable[[str], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rung = rung
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._visit)
        name = socket_name(folder)
        if not self._server.listen(name):
            # A crash leaves the socket's file behind; the folder's lock says that nobody is behind it.
            QLocalServer.removeServer(name)
            self._server.listen(name)

    def listening(self) -> bool:
        return self._server.isListening()

    def close(self) -> None:
        self._server.close()

    def _visit(self) -> None:
        while (visitor := self._server.nextPendingConnection()) is not None:
            visitor.readyRead.connect(lambda socket=visitor: self._read(socket))
            visitor.disconnected.connect(visitor.deleteLater)
            self._read(visitor)

    def _read(self, visitor: QLocalSocket) -> None:
        if visitor.bytesAvailable() > MAX_BYTES + 1:
            visitor.abort()
        elif visitor.canReadLine():
            wish = bytes(visitor.readLine(MAX_BYTES + 1).data()).decode("utf-8", "replace").strip()
            visitor.write(RAISED)
            visitor.flush()
            self._rung(wish)
