"""The data folder's key: every source, and an exact word for everything that can be missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.errors import SecretsError, SettingsError
from crmdesk.net import secrets
from crmdesk.net.secrets import KeyFault, KeyMode, KeyUnavailableError, create_key, key_info, memory_key, open_key

PASSPHRASE = "three dry towels"


class FakeKeyring:
    """A system keyring in memory."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.failure: Exception | None = None
        self.prompt: threading.Event | None = None  # a prompt that nobody answers

    def get_password(self, service: str, name: str) -> str | None:
        if self.prompt is not None:
            self.prompt.wait(5)
        if self.failure is not None:
            raise self.failure
        return self.entries.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        if self.failure is not None:
            raise self.failure
        self.entries[service, name] = value


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKeyring]:
    made = FakeKeyring()
    monkeypatch.delenv("CRMDESK_NO_KEYRING", raising=False)
    monkeypatch.setattr(secrets, "_candidates", lambda known: [made])
    monkeypatch.setattr(secrets, "TRUSTED", (f"{FakeKeyring.__module__}.",))
    yield made
    if made.prompt is not None:
        made.prompt.set()


def fault_of(folder: Path, **given: Any) -> KeyFault:
    before = snapshot(folder)
    with pytest.raises(KeyUnavailableError) as caught:
        open_key(folder, **given)
    assert snapshot(folder) == before  # a key that cannot be had changes nothing
    assert caught.value.hint
    assert "delete" not in str(caught.value).lower()
    assert caught.value.details["code"] == caught.value.fault.value
    assert isinstance(caught.value, SecretsError)
    return caught.value.fault


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def rewrite(folder: Path, **changed: Any) -> None:
    content = json.loads((folder / "key.json").read_text("utf-8"))
    (folder / "key.json").write_text(json.dumps(content | changed), "utf-8")


# -- passphrase


def test_a_passphrase_gives_the_same_key_again(tmp_path: Path) -> None:
    made = create_key(tmp_path / "new", KeyMode.PASSPHRASE, passphrase=PASSPHRASE)
    again = open_key(tmp_path / "new", passphrase=PASSPHRASE)
    assert again == made
    assert len(made.value) == 32
    assert made.keeps_tokens
    assert fault_of(tmp_path / "new") is KeyFault.NEEDS_PASSPHRASE
    assert fault_of(tmp_path / "new", passphrase="") is KeyFault.NEEDS_PASSPHRASE
    assert fault_of(tmp_path / "new", passphrase=PASSPHRASE + " ") is KeyFault.WRONG_PASSPHRASE


def test_accents_may_be_typed_either_way(tmp_path: Path) -> None:
    made = create_key(tmp_path, KeyMode.PASSPHRASE, passphrase="schöne Bäder")
    assert open_key(tmp_path, passphrase="scho\u0308ne Ba\u0308der").value == made.value


def test_two_folders_with_one_passphrase_have_two_keys(tmp_path: Path) -> None:
    one, two = (create_key(tmp_path / name, KeyMode.PASSPHRASE, passphrase=PASSPHRASE) for name in "ab")
    assert one.value != two.value


@pytest.mark.parametrize("passphrase", [None, "", "short"])
def test_a_short_passphrase_is_a_setting_to_correct(passphrase: str | None, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        create_key(tmp_path, KeyMode.PASSPHRASE, passphrase=passphrase)
    assert caught.value.field == "passphrase"
    assert key_info(tmp_path) is None


def test_no_secret_is_in_key_json_or_in_a_repr(tmp_path: Path) -> None:
    key = create_key(tmp_path, KeyMode.PASSPHRASE, passphrase=PASSPHRASE)
    text = (tmp_path / "key.json").read_text("utf-8")
    assert key.value.hex() not in text
    assert PASSPHRASE not in text
    assert repr(key.value) not in repr(key)


# -- key file


def test_a_key_file_is_made_private_and_found_again(tmp_path: Path) -> None:
    file = tmp_path / "crmdesk.key"
    made = create_key(tmp_path / "data", KeyMode.KEYFILE, keyfile=file)
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600
    assert not made.keeps_tokens
    assert open_key(tmp_path / "data").value == made.value
    moved = file.rename(tmp_path / "moved.key")
    assert fault_of(tmp_path / "data") is KeyFault.NEEDS_KEYFILE
    assert open_key(tmp_path / "data", keyfile=moved).value == made.value


def test_an_existing_key_file_is_used(tmp_path: Path) -> None:
    file = tmp_path / "crmdesk.key"
    one = create_key(tmp_path / "a", KeyMode.KEYFILE, keyfile=file)
    two = create_key(tmp_path / "b", KeyMode.KEYFILE, keyfile=file)
    assert one.value == two.value


@pytest.mark.skipif(os.name != "posix", reason="rights are POSIX's")
@pytest.mark.parametrize("rights", [0o640, 0o604, 0o644, 0o620])
def test_a_key_file_that_others_can_read_is_refused(rights: int, tmp_path: Path) -> None:
    file = tmp_path / "crmdesk.key"
    create_key(tmp_path / "data", KeyMode.KEYFILE, keyfile=file)
    file.chmod(rights)
    assert fault_of(tmp_path / "data") is KeyFault.KEYFILE_NOT_PRIVATE


def test_another_key_file_is_named_as_such(tmp_path: Path) -> None:
    create_key(tmp_path / "a", KeyMode.KEYFILE, keyfile=tmp_path / "a.key")
    create_key(tmp_path / "b", KeyMode.KEYFILE, keyfile=tmp_path / "b.key")
    assert fault_of(tmp_path / "a", keyfile=tmp_path / "b.key") is KeyFault.KEYFILE_WRONG
    (tmp_path / "b.key").write_bytes(b"\xff" * 5000)
    assert fault_of(tmp_path / "a", keyfile=tmp_path / "b.key") is KeyFault.KEYFILE_WRONG
    assert fault_of(tmp_path / "a", keyfile=tmp_path / "a") is KeyFault.KEYFILE_UNREADABLE


def test_a_key_file_needs_a_place(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailableError) as caught:
        create_key(tmp_path / "data", KeyMode.KEYFILE)
    assert caught.value.fault is KeyFault.NEEDS_KEYFILE
    with pytest.raises(KeyUnavailableError) as caught:
        create_key(tmp_path / "data", KeyMode.KEYFILE, keyfile=tmp_path / "no" / "folder" / "x.key")
    assert caught.value.fault is KeyFault.KEYFILE_UNREADABLE
    assert not (tmp_path / "data").exists()


# -- keyring


def test_the_keyring_keeps_the_key(ring: FakeKeyring, tmp_path: Path) -> None:
    made = create_key(tmp_path, KeyMode.KEYRING)
    assert open_key(tmp_path) == made
    assert list(ring.entries.values()) == [made.value.hex()]
    assert secrets.keyring_available() == "test_secrets"


def test_what_stands_in_the_keyring_is_short_enough_for_every_system(ring: FakeKeyring, tmp_path: Path) -> None:
    """Windows takes 1280 characters at most, so nothing but the key is there: sign-ins are in the encrypted file."""
    create_key(tmp_path, KeyMode.KEYRING)
    ((service, name),) = ring.entries
    assert len(service) + len(name) + len(ring.entries[service, name]) < 256


def test_a_missing_entry_is_not_a_new_key(ring: FakeKeyring, tmp_path: Path) -> None:
    create_key(tmp_path, KeyMode.KEYRING)
    ring.entries.clear()
    assert fault_of(tmp_path) is KeyFault.KEYRING_NO_ENTRY


@pytest.mark.parametrize("entry", ["", "no hex", "00" * 32])
def test_another_key_in_the_keyring_is_named(entry: str, ring: FakeKeyring, tmp_path: Path) -> None:
    create_key(tmp_path, KeyMode.KEYRING)
    for name in ring.entries:
        ring.entries[name] = entry
    assert fault_of(tmp_path) is KeyFault.KEYRING_OTHER_KEY


def test_a_locked_keyring_is_named_without_its_words(ring: FakeKeyring, tmp_path: Path) -> None:
    create_key(tmp_path, KeyMode.KEYRING)
    ring.failure = RuntimeError("canary: prompt dismissed")
    assert fault_of(tmp_path) is KeyFault.KEYRING_LOCKED
    with pytest.raises(KeyUnavailableError) as caught:
        open_key(tmp_path)
    assert "canary" not in f"{caught.value} {caught.value.details}"


def test_a_prompt_nobody_answers_ends_in_time(ring: FakeKeyring, tmp_path: Path) -> None:
    create_key(tmp_path, KeyMode.KEYRING)
    ring.prompt = threading.Event()
    assert fault_of(tmp_path, keyring_timeout=0.05) is KeyFault.KEYRING_LOCKED
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "keyring")


def test_a_keyring_that_forgets_is_not_used(ring: FakeKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "set_password", lambda *_: None)
    with pytest.raises(KeyUnavailableError) as caught:
        create_key(tmp_path, KeyMode.KEYRING)
    assert caught.value.fault is KeyFault.KEYRING_LOCKED
    assert key_info(tmp_path) is None


def test_a_keyring_we_do_not_trust_is_none(ring: FakeKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "TRUSTED", ("keyring.backends.Windows.",))
    assert secrets.keyring_available() is None
    with pytest.raises(KeyUnavailableError) as caught:
        create_key(tmp_path, KeyMode.KEYRING)
    assert caught.value.fault is KeyFault.KEYRING_MISSING
    assert ring.entries == {}


def test_the_keyring_can_be_switched_off(ring: FakeKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_key(tmp_path, KeyMode.KEYRING)
    monkeypatch.setenv("CRMDESK_NO_KEYRING", "1")
    assert fault_of(tmp_path) is KeyFault.KEYRING_OFF
    assert secrets.keyring_available() is None


def test_the_real_library_is_asked_without_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRMDESK_NO_KEYRING", raising=False)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    assert secrets.keyring_available(timeout=20) is None


# -- key.json


def test_a_folder_without_key_is_not_set_up(tmp_path: Path) -> None:
    assert key_info(tmp_path) is None
    assert fault_of(tmp_path) is KeyFault.NOT_SET_UP


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    create_key(tmp_path, KeyMode.PASSPHRASE, passphrase=PASSPHRASE)
    before = snapshot(tmp_path)
    with pytest.raises(KeyUnavailableError) as caught:
        create_key(tmp_path, KeyMode.PASSPHRASE, passphrase="another one")
    assert caught.value.fault is KeyFault.EXISTS
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"{", b"[]", b"null", b"1", b"{}", b"\xff\xfe", b"[" * 5000, b'{"version": 1}']
)
def test_a_damaged_file_is_said_to_be_and_left(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_bytes(content)
    assert fault_of(tmp_path, passphrase=PASSPHRASE) is KeyFault.DAMAGED


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 0},
        {"version": "1"},
        {"mode": "memory"},
        {"mode": []},
        {"id": ""},
        {"id": 5},
        {"check": "xyz"},
        {"salt": ""},
        {"n": 2**40},
        {"n": 2**15 + 1},
        {"n": 2},
        {"n": True},
        {"r": 10**6},
        {"r": 0},
        {"p": 10**6},
    ],
)
def test_values_out_of_bounds_are_damage(changed: dict[str, Any], tmp_path: Path) -> None:
    create_key(tmp_path, KeyMode.PASSPHRASE, passphrase=PASSPHRASE)
    rewrite(tmp_path, **changed)
    assert fault_of(tmp_path, passphrase=PASSPHRASE) is KeyFault.DAMAGED


def test_a_newer_file_is_not_damage(tmp_path: Path) -> None:
    create_key(tmp_path, KeyMode.PASSPHRASE, passphrase=PASSPHRASE)
    rewrite(tmp_path, version=2)
    assert fault_of(tmp_path, passphrase=PASSPHRASE) is KeyFault.NEWER


def test_unreadable_and_unwritable_folders_are_named(tmp_path: Path) -> None:
    (tmp_path / "key.json").mkdir()
    with pytest.raises(KeyUnavailableError) as caught:
        open_key(tmp_path)
    assert caught.value.fault is KeyFault.UNREADABLE
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(KeyUnavailableError) as caught:
        create_key(tmp_path / "file", KeyMode.PASSPHRASE, passphrase=PASSPHRASE)
    assert caught.value.fault is KeyFault.UNREADABLE


def test_a_write_that_fails_leaves_no_key_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyUnavailableError):
        create_key(tmp_path, KeyMode.PASSPHRASE, passphrase=PASSPHRASE)
    assert key_info(tmp_path) is None


def test_memory_keeps_nothing(tmp_path: Path) -> None:
    key = create_key(tmp_path, KeyMode.MEMORY)
    assert key.mode is KeyMode.MEMORY
    assert not key.keeps_tokens
    assert list(tmp_path.iterdir()) == []
    assert key.value != memory_key().value


def test_importing_loads_neither_keyring_nor_hashes() -> None:
    code = (
        "import sys; before = set(sys.modules); import crmdesk.net.secrets;"
        "print(*[name for name in ('keyring', 'httpx', 'asyncio', 'hashlib', 'uuid', 'ssl') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
