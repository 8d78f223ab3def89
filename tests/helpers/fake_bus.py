"""A bus of the desktop in a thread: keeps what it is asked to show, and answers, or not."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from jeepney import HeaderFields, Message, Parser, new_error, new_method_return


class FakeBus:
    """`address` is for DBUS_SESSION_BUS_ADDRESS. `shown` are the bodies of Notify; `silent` answers nothing after the
    greeting, `nobody` says that no desktop shows notifications."""

    def __init__(self, folder: Path, *, silent: bool = False, nobody: bool = False) -> None:
        place = folder / "bus"
        self.address = f"unix:path={place}"
        self.shown: list[tuple[Any, ...]] = []
        self.seen = threading.Event()
        self._silent, self._nobody = silent, nobody
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(place))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._socket.accept()
                with line:
                    self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        text = b""
        while not text.endswith(b"BEGIN\r\n"):
            text += line.recv(1)  # what follows belongs to the first message
            if b"AUTH" in text and text.endswith(b"\r\n") and b"BEGIN" not in text:
                line.sendall(b"OK 1234\r\n")
        parser = Parser()
        while data := line.recv(4096):
            parser.add_data(data)
            while (message := parser.get_next_message()) is not None:
                if (answer := self._answer(message)) is not None:
                    line.sendall(answer.serialise(serial=7))

    def _answer(self, message: Message) -> Message | None:
        if message.header.fields[HeaderFields.member] == "Hello":
            return new_method_return(message, "s", (":1.1",))
        self.shown.append((message.header.fields[HeaderFields.signature], *message.body))
        self.seen.set()
        if self._silent:
            return None
        if self._nobody:
            return new_error(message, "org.freedesktop.DBus.Error.ServiceUnknown", "s", ("nobody",))
        return new_method_return(message, "u", (1,))
