"""The data folder's key: 32 bytes that the database is encrypted with. Cheap to import; keyring is loaded when used.

`key.json` in the data folder says where the key comes from (key_record.py). Sources: the system's keyring; a passphrase
(scrypt); a key file readable by its owner only (the weaker way, for machines without a person; sign-ins are not stored
then); memory, where nothing outlives the program. Environment, for headless use: CRMDESK_PASSPHRASE and
CRMDESK_KEY_FILE are read by the command line and passed in; CRMDESK_NO_KEYRING=1 keeps this module from the keyring.

A key that cannot be had is never a reason to offer deleting anything.
"""

from __future__ import annotations

import os
import queue
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from crmdesk.core.errors import SettingsError
from crmdesk.core.said import said
from crmdesk.net.key_record import (
    KeyFault,
    KeyInfo,
    KeyMode,
    KeyUnavailableError,
    checked,
    fits,
    is_hex,
    key_info,
    write_info,
)

__all__ = [
    "Key",
    "KeyFault",
    "KeyInfo",
    "KeyMode",
    "KeyUnavailableError",
    "create_key",
    "key_info",
    "key_of",
    "keyring_available",
    "memory_key",
    "open_key",
    "passphrase_key",
]

T = TypeVar("T")

SHORTEST_PASSPHRASE = 8
_SERVICE = "crmdesk"
_SIZE = 32
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**15, 8, 1  # 32 MB and about 0.1 s
TRUSTED = (  # the stores that operating systems bring; keyring would also take plain text files or ask on the terminal
    "keyring.backends.Windows.",
    "keyring.backends.macOS.",
    "keyring.backends.SecretService.",
    "keyring.backends.kwallet.",
    "keyring.backends.libsecret.",
)


@dataclass(frozen=True, slots=True)
class Key:
    """The key. `message` tells people where it is kept, `detail` is for *Copy details*."""

    mode: KeyMode
    value: bytes = field(repr=False)
    message: str
    detail: str = ""

    @property
    def keeps_tokens(self) -> bool:
        """False where sign-ins must not be written down."""
        return self.mode in (KeyMode.KEYRING, KeyMode.PASSPHRASE)


def open_key(
    folder: Path, *, passphrase: str | None = None, keyfile: Path | None = None, keyring_timeout: float = 30.0
) -> Key:
    """The key of a folder that was set up. Blocks: scrypt takes 0.1 s, an unlock prompt up to `keyring_timeout`.

    KeyUnavailableError names what is missing; nothing is ever changed or deleted."""
    info = key_info(folder)
    if info is None:
        raise KeyUnavailableError(KeyFault.NOT_SET_UP, "This data folder has no key yet.", "Set it up first.")
    if info.mode is KeyMode.PASSPHRASE:
        return _by_passphrase(info, passphrase)
    if info.mode is KeyMode.KEYFILE:
        return _by_keyfile(info, keyfile or Path(info.source))
    return _by_keyring(info, keyring_timeout)


def create_key(
    folder: Path,
    mode: KeyMode,
    *,
    passphrase: str | None = None,
    keyfile: Path | None = None,
    keyring_timeout: float = 30.0,
) -> Key:
    """A new key for a folder without one, kept as `mode` says; key.json is written last. Blocks like `open_key`.

    SettingsError(field="passphrase") for one that is too short; an existing `keyfile` is used, a missing one made."""
    if mode is KeyMode.MEMORY:
        return memory_key()
    if key_info(folder) is not None:
        raise KeyUnavailableError(KeyFault.EXISTS, "This data folder has a key already.", "Open it with that key.")
    from crmdesk.core.seams import new_id

    info_id = new_id()
    if mode is KeyMode.PASSPHRASE:
        info, value = _new_passphrase(info_id, passphrase or "")
    elif mode is KeyMode.KEYFILE:
        info, value = _new_keyfile(info_id, keyfile)
    else:
        info, value = _new_keyring(info_id, keyring_timeout)
    write_info(folder, info)
    return _key(info, value)


def passphrase_key(passphrase: str) -> tuple[KeyInfo, bytes]:
    """A new key from a passphrase, for a file that leaves the folder: its record and its 32 bytes. Blocks 0.1 s.

    SettingsError(field="passphrase") for one that is too short."""
    from crmdesk.core.seams import new_id

    return _new_passphrase(new_id(), passphrase)


def key_of(info: KeyInfo, passphrase: str) -> Key:
    """The key of a record that is kept elsewhere than in a data folder. Blocks 0.1 s. KeyUnavailableError."""
    return _by_passphrase(info, passphrase)


def memory_key() -> Key:
    """A key that ends with the program."""
    return Key(
        KeyMode.MEMORY,
        _random(_SIZE),
        "Nothing is kept: contacts and sign-ins are forgotten when crmdesk closes.",
    )


def keyring_available(timeout: float = 5.0) -> str | None:
    """Name of the system's keyring for people ("SecretService"), None without one we trust. Blocks; asks nothing."""
    try:
        return _short(_in_time(_backend, timeout)[1])
    except KeyUnavailableError:
        return None


# -- passphrase --------------------------------------------------------------------------------------------------


def _by_passphrase(info: KeyInfo, passphrase: str | None) -> Key:
    if not passphrase:
        raise KeyUnavailableError(KeyFault.NEEDS_PASSPHRASE, "The data folder is locked.", "Enter its passphrase.")
    value = _derived(passphrase, info)
    if not fits(info, value):
        raise KeyUnavailableError(KeyFault.WRONG_PASSPHRASE, "The passphrase is not right.", "Try again.")
    return _key(info, value)


def _new_passphrase(info_id: str, passphrase: str) -> tuple[KeyInfo, bytes]:
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise SettingsError(
            "The passphrase is too short.",
            said(
                "Use at least {shortest_passphrase} characters. Several words are better than one.",
                shortest_passphrase=SHORTEST_PASSPHRASE,
            ),
            field="passphrase",
        )
    info = KeyInfo(KeyMode.PASSPHRASE, info_id, "", _random(16).hex(), _SCRYPT_N, _SCRYPT_R, _SCRYPT_P)
    value = _derived(passphrase, info)
    return checked(info, value), value


def _derived(passphrase: str, info: KeyInfo) -> bytes:
    """scrypt; the text in the form that every keyboard's accents end in."""
    import hashlib
    import unicodedata

    text = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    memory = 128 * info.r * (info.n + info.p + 2) + 1024 * 1024
    return hashlib.scrypt(text, salt=bytes.fromhex(info.salt), n=info.n, r=info.r, p=info.p, maxmem=memory, dklen=_SIZE)


# -- key file ----------------------------------------------------------------------------------------------------


def _by_keyfile(info: KeyInfo, path: Path) -> Key:
    value = _read_keyfile(path)
    if not fits(info, value):
        raise KeyUnavailableError(
            KeyFault.KEYFILE_WRONG,
            "The key file belongs to another data folder.",
            "Name the right one, or the right data folder.",
        )
    return _key(info, value)


def _new_keyfile(info_id: str, path: Path | None) -> tuple[KeyInfo, bytes]:
    if path is None:
        raise _no_keyfile()
    value = _read_keyfile(path) if path.exists() else _make_keyfile(path)
    return checked(KeyInfo(KeyMode.KEYFILE, info_id, "", source=str(path.absolute())), value), value


def _make_keyfile(path: Path) -> bytes:
    value = _random(_SIZE)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(value.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _keyfile_fault("The key file cannot be written.", error) from None
    return value


def _read_keyfile(path: Path) -> bytes:
    """64 hex digits. Rights and content are those of one open file, so they cannot be exchanged in between."""
    try:
        with path.open("rb") as file:
            rights = os.fstat(file.fileno())
            text = file.read(200)
    except FileNotFoundError:
        raise _no_keyfile() from None
    except OSError as error:
        raise _keyfile_fault("The key file cannot be read.", error) from None
    if os.name == "posix" and stat.S_IMODE(rights.st_mode) & 0o077:
        raise KeyUnavailableError(
            KeyFault.KEYFILE_NOT_PRIVATE,
            "Others on this computer can read the key file.",
            "Take their rights away (chmod 600), then try again.",
        )
    return _from_hex(text.decode("ascii", "replace"), KeyFault.KEYFILE_WRONG, "This file is not a key file of crmdesk.")


def _no_keyfile() -> KeyUnavailableError:
    return KeyUnavailableError(
        KeyFault.NEEDS_KEYFILE, "The key file of the data folder is not there.", "Say where it is (CRMDESK_KEY_FILE)."
    )


def _keyfile_fault(title: str, error: OSError) -> KeyUnavailableError:
    hint = "Check the rights of the file and its folder."
    return KeyUnavailableError(KeyFault.KEYFILE_UNREADABLE, title, hint, cause=type(error).__name__)


# -- keyring -----------------------------------------------------------------------------------------------------


def _by_keyring(info: KeyInfo, timeout: float) -> Key:
    def fetch() -> str | None:
        stored: str | None = _backend(info.source)[0].get_password(_SERVICE, info.id)
        return stored

    text = _in_time(fetch, timeout)
    if text is None:
        raise KeyUnavailableError(
            KeyFault.KEYRING_NO_ENTRY,
            "The key of this data folder is not in the system's keyring.",
            "Sign in to this computer as the person who set crmdesk up. The data is untouched.",
        )
    other = "The system's keyring holds another key than this data folder's."
    value = _from_hex(text, KeyFault.KEYRING_OTHER_KEY, other)
    if not fits(info, value):
        raise KeyUnavailableError(KeyFault.KEYRING_OTHER_KEY, other, "Use the data folder that belongs to it.")
    return _key(info, value)


def _new_keyring(info_id: str, timeout: float) -> tuple[KeyInfo, bytes]:
    value = _random(_SIZE)

    def keep() -> str:
        backend, name = _backend()
        backend.set_password(_SERVICE, info_id, value.hex())
        if backend.get_password(_SERVICE, info_id) != value.hex():
            raise KeyUnavailableError(
                KeyFault.KEYRING_LOCKED, "The system's keyring did not give back what was stored.", _OTHER_WAYS
            )
        return name

    name = _in_time(keep, timeout)
    return checked(KeyInfo(KeyMode.KEYRING, info_id, "", source=name), value), value


_OTHER_WAYS = "Unlock it (for example GNOME Keyring or KWallet), or use a passphrase instead."


def _backend(known: str = "") -> tuple[Any, str]:
    """The system's keyring and its full class name. `known` skips the slow search among installed ones."""
    if os.environ.get("CRMDESK_NO_KEYRING") == "1":
        raise KeyUnavailableError(
            KeyFault.KEYRING_OFF,
            "The system's keyring is switched off (CRMDESK_NO_KEYRING=1).",
            "Remove that setting, or use a passphrase.",
        )
    for backend in _candidates(known):
        name = f"{type(backend).__module__}.{type(backend).__name__}"
        if name.startswith(TRUSTED):
            return backend, name
    raise KeyUnavailableError(
        KeyFault.KEYRING_MISSING, "This computer has no keyring that crmdesk trusts.", _OTHER_WAYS
    )


def _candidates(known: str) -> list[Any]:
    from keyring.core import get_keyring, load_keyring

    if known.startswith(TRUSTED):
        return [load_keyring(known)]
    found = get_keyring()
    return list(getattr(found, "backends", None) or [found])


def _in_time(work: Callable[[], T], timeout: float) -> T:
    """`work()` in a thread that may stay behind an unlock prompt without keeping the program from ending."""
    results: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            results.put((work(), None))
        except Exception as error:  # noqa: BLE001 - backends raise whatever their system's library does
            results.put((None, error))

    threading.Thread(target=run, name="keyring", daemon=True).start()
    try:
        result, error = results.get(timeout=timeout)
    except queue.Empty:
        raise _locked("no answer in time") from None
    if isinstance(error, KeyUnavailableError):
        raise error
    if error is not None:
        raise _locked(type(error).__name__) from None
    return result  # type: ignore[return-value]  # no error: this is what `work` gave


def _locked(cause: str) -> KeyUnavailableError:
    return KeyUnavailableError(
        KeyFault.KEYRING_LOCKED, "The system's keyring is locked or does not answer.", _OTHER_WAYS, cause=cause
    )


# -- small things ------------------------------------------------------------------------------------------------


def _key(info: KeyInfo, value: bytes) -> Key:
    where = _short(info.source)
    message = {
        KeyMode.KEYRING: said(
            "Contacts and sign-ins are encrypted; the key is in the system's keyring ({place}).", place=where
        ),
        KeyMode.PASSPHRASE: "Contacts and sign-ins are encrypted with your passphrase.",
        KeyMode.KEYFILE: "Contacts are encrypted with a key file. Sign-ins are not stored.",
    }[info.mode]
    return Key(info.mode, value, message, f"{info.mode.value} {info.source}".strip())


def _short(name: str) -> str:
    """`keyring.backends.SecretService.Keyring` → `SecretService`."""
    parts = name.split(".")
    return parts[-2] if len(parts) > 1 else name


def _from_hex(text: str, fault: KeyFault, title: str) -> bytes:
    if not is_hex(text.strip(), 2 * _SIZE):
        raise KeyUnavailableError(fault, title, "The data is untouched.")
    return bytes.fromhex(text.strip())


def _random(count: int) -> bytes:
    from crmdesk.core.seams import random_bytes

    return random_bytes(count)
