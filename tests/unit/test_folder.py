"""The data folder: one writer, one key, and nothing left behind by runs that kept nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from crmdesk import folder as folders
from crmdesk.core.errors import StorageError
from crmdesk.folder import BusyError
from crmdesk.net.key_record import KeyFault, KeyMode, KeyUnavailableError
from crmdesk.net.secrets import create_key, memory_key

HOLDER = """
import pathlib, sys
from crmdesk import folder
lock = folder.claim(pathlib.Path(sys.argv[1]))
print("mine", flush=True)
sys.stdin.read()
"""


def test_one_program_writes_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "mine\n"
        with pytest.raises(BusyError):
            folders.claim(tmp_path)
        holder.kill()
    with folders.claim(tmp_path):
        assert (tmp_path / folders.LOCK).exists()


def test_the_lock_is_free_after_release(tmp_path: Path) -> None:
    first = folders.claim(tmp_path)
    first.release()
    first.release()
    folders.claim(tmp_path).release()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no disk that is always full")
def test_a_full_disk_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / folders.LOCK).symlink_to("/dev/full")
    folders.claim(tmp_path).release()


def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError) as told:
        folders.make_folder(tmp_path / "file" / "data")
    assert "cannot be written" in told.value.title
    with pytest.raises(StorageError):
        folders.claim(tmp_path / "not there")


def test_the_folder_is_its_owners_alone(tmp_path: Path) -> None:
    folders.make_folder(tmp_path / "a" / "data")
    assert (tmp_path / "a" / "data").stat().st_mode & 0o077 == 0


def test_the_environment_names_the_first_key_and_later_opens_with_it(tmp_path: Path) -> None:
    environ = {"CRMDESK_PASSPHRASE": "four words are best"}
    made = folders.headless_key(tmp_path, environ)
    assert made.mode is KeyMode.PASSPHRASE
    assert folders.known_key(tmp_path, environ).value == made.value
    with pytest.raises(KeyUnavailableError) as told:
        folders.known_key(tmp_path, {"CRMDESK_PASSPHRASE": "another passphrase"})
    assert told.value.fault is KeyFault.WRONG_PASSPHRASE


def test_without_keyring_and_environment_the_key_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailableError) as told:
        folders.headless_key(tmp_path, {})
    assert told.value.fault is KeyFault.NOT_SET_UP


@pytest.mark.parametrize("find", [folders.known_key, folders.headless_key])
def test_contacts_without_their_key_file_never_get_a_new_key(tmp_path: Path, find) -> None:  # type: ignore[no-untyped-def]
    create_key(tmp_path, KeyMode.PASSPHRASE, passphrase="four words are best")
    (tmp_path / folders.CACHE).write_bytes(b"encrypted")
    (tmp_path / "key.json").unlink()
    with pytest.raises(KeyUnavailableError, match=r"key\.json"):
        find(tmp_path, {"CRMDESK_PASSPHRASE": "four words are best"})
    assert not (tmp_path / "key.json").exists()


def test_a_key_in_memory_has_a_cache_of_its_own_that_the_next_run_sweeps(tmp_path: Path) -> None:
    cache = folders.cache_path(tmp_path, memory_key())
    assert cache.parent.parent == tmp_path
    cache.write_bytes(b"nobody can read this any more")
    folders.sweep_sessions(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_tokens_from_the_environment(tmp_path: Path) -> None:
    environ = {"CRMDESK_TOKEN": "all", "CRMDESK_TOKEN_3": "third"}
    assert folders.lent_token(3, environ=environ) == "third"
    assert folders.lent_token(1, environ=environ) == "all"
    assert folders.lent_token(1, environ={}) == ""
    assert folders.lent_token(1, False, environ) == ""
    assert folders.lent_token(3, False, environ) == "third"


def test_the_lock_says_who_holds_it_also_to_others(tmp_path: Path) -> None:
    """A window that is still starting will answer the door; a command never does."""
    assert folders.holder_of(tmp_path) == ""
    with folders.claim(tmp_path, folders.WINDOW):
        assert folders.holder_of(tmp_path) == folders.WINDOW
    with folders.claim(tmp_path):
        assert folders.holder_of(tmp_path) == folders.COMMAND


def test_several_starts_look_at_the_folder_at_once(tmp_path: Path) -> None:
    """Found with ten starts: each tries to write, and one took another's trial file away."""
    failures: list[StorageError] = []

    def start() -> None:
        try:
            for _ in range(200):
                folders.make_folder(tmp_path / "data")
        except StorageError as error:
            failures.append(error)

    starts = [threading.Thread(target=start) for _ in range(6)]
    for one in starts:
        one.start()
    for one in starts:
        one.join()
    assert failures == []
