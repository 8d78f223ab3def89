"""key.json: what a data folder says about its key. It holds no secret: mode, an id, scrypt's numbers, a check value.

The check value is an HMAC under the key; it tells a wrong key from a damaged database.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from crmdesk.core.errors import SecretsError

FILE = "key.json"
_VERSION = 1


class KeyMode(Enum):
    """Where the key comes from."""

    KEYRING = "keyring"
    PASSPHRASE = "passphrase"  # noqa: S105 - a word, no password
    KEYFILE = "keyfile"
    MEMORY = "memory"


class KeyFault(Enum):
    """Why there is no key; what to ask or offer follows from it."""

    NOT_SET_UP = "not set up"
    EXISTS = "set up already"
    DAMAGED = "key.json damaged"
    NEWER = "key.json newer"
    UNREADABLE = "key.json unreadable"
    NEEDS_PASSPHRASE = "needs passphrase"  # noqa: S105 - a word, no password
    WRONG_PASSPHRASE = "wrong passphrase"  # noqa: S105 - a word, no password
    NEEDS_KEYFILE = "needs key file"
    KEYFILE_UNREADABLE = "key file unreadable"
    KEYFILE_NOT_PRIVATE = "key file readable by others"
    KEYFILE_WRONG = "wrong key file"
    KEYRING_OFF = "keyring switched off"
    KEYRING_MISSING = "no system keyring"
    KEYRING_LOCKED = "keyring locked"
    KEYRING_NO_ENTRY = "not in the keyring"
    KEYRING_OTHER_KEY = "keyring holds another key"


class KeyUnavailableError(SecretsError):
    """A SecretsError that says which: match on `fault`."""

    def __init__(self, fault: KeyFault, title: str, hint: str = "", *, cause: str = "") -> None:
        super().__init__(title, hint, details={"code": fault.value} | ({"cause": cause} if cause else {}))
        self.fault = fault


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What key.json says. `source` is the keyring's name or the key file's path."""

    mode: KeyMode
    id: str
    check: str
    salt: str = ""
    n: int = 0
    r: int = 0
    p: int = 0
    source: str = ""


def key_info(folder: Path) -> KeyInfo | None:
    """What `folder`'s key.json says, None without one. KeyUnavailableError if it cannot be read; it is left as is."""
    try:
        text = (folder / FILE).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyUnavailableError(
            KeyFault.UNREADABLE,
            "The file key.json of the data folder cannot be read.",
            "Check the rights of the data folder. Nothing was changed.",
            cause=type(error).__name__,
        ) from None
    return parsed(text)


def write_durably(place: Path, text: str) -> None:
    """Whole or not at all, and on the disk when this returns: a second file takes the place of the first. OSError."""
    fresh = place.with_name(f"{place.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(place)
    sync_folder(place.parent)


def as_json(info: KeyInfo) -> dict[str, Any]:
    """The record as `parsed` reads it."""
    known = {name: getattr(info, name) for name in ("id", "check", "salt", "n", "r", "p", "source")}
    return {"version": _VERSION, "mode": info.mode.value} | {name: value for name, value in known.items() if value}


def write_info(folder: Path, info: KeyInfo) -> None:
    """See `write_durably`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(folder / FILE, json.dumps(as_json(info), indent=2) + "\n")
    except OSError as error:
        raise KeyUnavailableError(
            KeyFault.UNREADABLE,
            "The data folder cannot be written to.",
            "Check its rights and the free space, or choose another folder.",
            cause=type(error).__name__,
        ) from None


def sync_folder(folder: Path) -> None:
    """A power cut must not leave a database whose key.json never reached the disk."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def parsed(text: bytes) -> KeyInfo:
    """What a record says, wherever it was kept. KeyUnavailableError where it is damaged or newer."""
    try:
        content = json.loads(text[:10_000])
        if content["version"] > _VERSION:
            raise KeyUnavailableError(
                KeyFault.NEWER, "A newer crmdesk made this data folder.", "Install that version to open it."
            )
        if content["version"] != _VERSION:
            raise _damaged()
        info = KeyInfo(
            KeyMode(content["mode"]),
            **{name: content.get(name, "") for name in ("id", "check", "salt", "source")},
            **{name: content.get(name, 0) for name in ("n", "r", "p")},
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _damaged() from None
    if not _sound(info):
        raise _damaged()
    return info


def _sound(info: KeyInfo) -> bool:
    """Types and bounds; a huge scrypt number would eat the memory before it could fail."""
    texts = (info.id, info.check, info.salt, info.source)
    numbers = (info.n, info.r, info.p)
    if not all(isinstance(text, str) for text in texts) or not all(type(number) is int for number in numbers):
        return False
    if not info.id or not is_hex(info.check, 64) or info.mode is KeyMode.MEMORY:
        return False
    if info.mode is not KeyMode.PASSPHRASE:
        return True
    power_of_two = info.n >= 2**14 and info.n & (info.n - 1) == 0
    return power_of_two and info.r >= 1 and info.n * info.r <= 2**21 and 1 <= info.p <= 16 and is_hex(info.salt, 32)


def _damaged() -> KeyUnavailableError:
    return KeyUnavailableError(
        KeyFault.DAMAGED,
        "The file key.json of the data folder is damaged.",
        "Restore it from a backup of the folder. The contacts are still there; nothing was changed.",
    )


def checked(info: KeyInfo, value: bytes) -> KeyInfo:
    """`info` with the check value of `value`."""
    return replace(info, check=_tag(info, value))


def fits(info: KeyInfo, value: bytes) -> bool:
    """True if `value` is the key that `info` was written for."""
    import hmac

    return hmac.compare_digest(_tag(info, value), info.check)


def _tag(info: KeyInfo, value: bytes) -> str:
    import hmac

    return hmac.new(value, f"crmdesk key check {info.id}".encode(), "sha256").hexdigest()


def is_hex(text: str, length: int) -> bool:
    """True for exactly `length` lower-case hex digits."""
    return len(text) == length and set(text) <= set("0123456789abcdef")
