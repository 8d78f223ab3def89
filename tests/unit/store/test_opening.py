"""A data file is created whole, refused unchanged, and never emptied (reliability.md P3 to P6)."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import KnownError, SecretsError, StorageError
from crmdesk.core.seams import SystemClock, set_gate
from crmdesk.store import connect as connecting
from crmdesk.store import database as database_module
from crmdesk.store import opening, schema
from crmdesk.store.connect import connect
from crmdesk.store.database import Database
from crmdesk.store.first_rows import NOTHING, read_first
from tests.unit.store.made import KEY, Desk, contact


def open_it(path: Path, key: bytes = KEY) -> Database:
    return Database.open(path, key, ChangeFeed(), SystemClock())


def filled(path: Path, count: int = 200) -> bytes:
    desk = Desk(path)
    desk.apply([contact(str(number), first=f"Guest{number}", notes="n" * 200) for number in range(count)])
    desk.close()
    return path.read_bytes()


def refused(path: Path, kind: type[KnownError], key: bytes = KEY) -> KnownError:
    before = path.read_bytes()
    with pytest.raises(kind) as caught:
        open_it(path, key).close()
    assert path.read_bytes() == before
    assert caught.value.title
    assert caught.value.hint
    return caught.value


def test_nothing_readable_lies_on_the_disk(tmp_path: Path) -> None:
    content = filled(tmp_path / "a.db")
    assert b"Guest" not in content
    assert not content.startswith(b"SQLite")


def test_the_wrong_key_is_not_called_damage(tmp_path: Path) -> None:
    filled(tmp_path / "a.db")
    refused(tmp_path / "a.db", SecretsError, bytes(32))
    with pytest.raises(SecretsError):
        read_first(tmp_path / "a.db", bytes(32))


@pytest.mark.parametrize("content", [b"", b"hello", b"hello" * 4000], ids=["empty", "text", "long text"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.db").write_bytes(content)
    refused(tmp_path / "a.db", KnownError)


def test_a_plain_database_is_refused(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "a.db") as plain:
        plain.execute("CREATE TABLE t(x)")
    plain.close()
    assert "another program" in refused(tmp_path / "a.db", StorageError).title


def test_an_encrypted_database_of_another_program_is_refused(tmp_path: Path) -> None:
    other = connect(tmp_path / "a.db", KEY, mode="rwc")
    other.execute("CREATE TABLE t(x)")
    other.close()
    assert "another program" in refused(tmp_path / "a.db", StorageError).title


def test_a_newer_file_is_left_alone_and_names_its_writer(tmp_path: Path) -> None:
    filled(tmp_path / "a.db")
    newer = connect(tmp_path / "a.db", KEY)
    newer.execute("UPDATE meta SET value='9.9' WHERE name='written_by'")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    assert "crmdesk 9.9" in refused(tmp_path / "a.db", StorageError).title
    assert read_first(tmp_path / "a.db", KEY) == NOTHING


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="does not exist"):
        open_it(tmp_path / "none" / "a.db")


@pytest.mark.parametrize("name", ["create: before commit", "create: before rename", "create: after rename"])
def test_a_crash_while_creating_leaves_a_folder_that_opens(tmp_path: Path, name: str) -> None:
    def crash(gate: str) -> None:
        if gate == name:
            raise SystemExit

    set_gate(crash)
    try:
        with pytest.raises(SystemExit):
            open_it(tmp_path / "a.db")
    finally:
        set_gate(None)
    open_it(tmp_path / "a.db").close()
    assert not list(tmp_path.glob("*.new*"))


def schema_of(path: Path) -> dict[str, str]:
    connection = connect(path, KEY)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {name: _parts("".join(sql.lower().replace('"', "").replace("'", "").split())) for name, sql in rows}


def _parts(sql: str) -> str:
    """A column that was added later stands behind the constraints: the parts of a table in an order of their own."""
    head, opened, body = sql.partition("(")
    if not head.startswith("createtable"):
        return sql
    inside, _, tail = body.rpartition(")")
    parts, depth = [""], 0
    for letter in inside:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return f"{head}{opened}{','.join(sorted(parts))}){tail}"


def test_a_new_file_is_what_the_revisions_make(tmp_path: Path) -> None:
    from crmdesk.store.migrations.run import upgrade

    open_it(tmp_path / "new.db").close()
    connection = connect(tmp_path / "old.db", KEY, mode="rwc")
    with opening.wrapped(connection) as opened, opened.begin():
        connection.execute("BEGIN")
        upgrade(opened, opening.MIGRATIONS)
    stored = connect(tmp_path / "old.db", KEY)
    assert stored.execute("SELECT version_num FROM alembic_version").fetchone()[0] == schema.ALEMBIC_HEAD
    stored.close()
    new, old = schema_of(tmp_path / "new.db"), schema_of(tmp_path / "old.db")
    assert new.keys() == old.keys()
    assert {name: sql for name, sql in new.items() if name != "alembic_version"} == {
        name: sql for name, sql in old.items() if name != "alembic_version"
    }


def of_version_one(path: Path) -> None:
    """A file as the first release wrote it: its tables come from the first revision alone."""
    from alembic import command
    from alembic.config import Config

    connection = connect(path, KEY, mode="rwc")
    with opening.wrapped(connection) as opened, opened.begin():
        connection.execute("BEGIN")
        config = Config()
        config.set_main_option("script_location", str(opening.MIGRATIONS))
        config.attributes["connection"] = opened
        command.upgrade(config, "0001")
        opened.exec_driver_sql("INSERT INTO account(vendor, title) VALUES ('acme', 'Seaside')")
        opened.exec_driver_sql(f"PRAGMA application_id = {connecting.APPLICATION_ID}")
        opened.exec_driver_sql("PRAGMA user_version = 1")
    connection.close()


@pytest.mark.parametrize("crash_at", ["", "upgrade: after backup", "upgrade: before commit", "upgrade: after commit"])
def test_a_file_of_the_first_release_is_upgraded_whatever_happens_on_the_way(tmp_path: Path, crash_at: str) -> None:
    path = tmp_path / "a.db"
    of_version_one(path)

    def crash(gate: str) -> None:
        if gate == crash_at:
            raise SystemExit

    set_gate(crash)
    try:
        if crash_at:
            with pytest.raises(SystemExit):
                open_it(path)
    finally:
        set_gate(None)
    database = open_it(path)
    titles = database.read_sync(lambda c: list(c.execute(sa.text("SELECT title FROM account")).scalars()))
    assert titles == ["Seaside"]
    for table in ("op", "ledger"):
        assert database.read_sync(lambda c, t=table: c.execute(sa.text(f"SELECT count(*) FROM {t}")).scalar_one()) == 0
    assert database.check() == []
    database.close()


@pytest.mark.parametrize("crash_at", ["", "upgrade: after backup", "upgrade: before commit"])
async def test_an_older_file_is_copied_then_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash_at: str
) -> None:
    filled(tmp_path / "a.db", 3)
    revisions = tmp_path / "migrations"
    shutil.copytree(opening.MIGRATIONS, revisions)
    (revisions / "versions" / "9999_next.py").write_text(
        f"from alembic import op\nrevision = '9999'\ndown_revision = '{schema.ALEMBIC_HEAD}'\n"
        "def upgrade():\n    op.execute('ALTER TABLE contact ADD COLUMN mood TEXT')\n"
    )
    now = connecting.SCHEMA_VERSION
    for module in (connecting, opening, schema):
        monkeypatch.setattr(module, "SCHEMA_VERSION", now + 1)

    def crash(gate: str) -> None:
        if gate == crash_at:
            raise SystemExit

    set_gate(crash)
    try:
        if crash_at:
            with pytest.raises(SystemExit):
                Database.open(tmp_path / "a.db", KEY, ChangeFeed(), SystemClock(), migrations=revisions)
    finally:
        set_gate(None)
    database = Database.open(tmp_path / "a.db", KEY, ChangeFeed(), SystemClock(), migrations=revisions)
    assert database.read_sync(lambda c: c.execute(sa.text("SELECT count(*), max(mood) FROM contact")).one()) == (
        3,
        None,
    )
    database.close()
    copy = connect(tmp_path / f"a.db.v{now}.bak", KEY)
    assert copy.execute("PRAGMA user_version").fetchone()[0] == now
    assert copy.execute("SELECT count(*) FROM contact").fetchone()[0] == 3
    copy.close()


def test_a_locked_file_is_said_to_be_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "a.db", 3)
    monkeypatch.setattr(connecting, "BUSY_SECONDS", 0.05)
    holder = connect(tmp_path / "a.db", KEY)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StorageError, match="Another program"):
            open_it(tmp_path / "a.db")
    finally:
        holder.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell what is open")
@pytest.mark.parametrize("step", ["_try_writing", "commit_number", "_reader"])
def test_what_cannot_be_opened_is_not_held_open(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """*Try again* opens it once more; a restored backup takes its place."""
    path = tmp_path / "a.db"
    filled(path, 3)

    def broken(*_: object) -> object:
        raise connecting.driver.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(Database if step == "_reader" else database_module, step, broken)
    with pytest.raises(StorageError) as caught:
        open_it(path)
    held = [place for one in Path("/proc/self/fd").iterdir() if (place := os.path.realpath(one)).startswith(str(path))]
    assert held == [] and caught.value.hint
    lanes = {f"crmdesk-{name}" for name in ("writer", "search", "rows")}
    assert not lanes & {thread.name for thread in threading.enumerate()}


def test_first_rows_need_no_sqlalchemy_and_agree_with_the_search(tmp_path: Path) -> None:
    filled(tmp_path / "a.db", 5)
    first = read_first(tmp_path / "a.db", KEY, 3)
    assert [row.name for row in first.rows] == ["Guest0", "Guest1", "Guest2"]
    assert (first.total, first.accounts[0].title) == (5, "Grand Hotel")
    assert read_first(tmp_path / "none.db", KEY) == NOTHING
    code = "import sys, crmdesk.store.first_rows; print(*{'sqlalchemy', 'numpy', 'alembic'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_backup_is_a_whole_copy_under_the_same_key(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a.db")
    desk.apply([contact("1", first="Anna")])
    desk.database.backup(tmp_path / "copy.db")
    desk.close()
    assert [row.name for row in read_first(tmp_path / "copy.db", KEY).rows] == ["Anna"]


FORGE = """
import os, sys
from pathlib import Path
from crmdesk.core.types import Cursor
from tests.unit.store.made import Desk, contact

def write(path, start):
    print(os.getpid(), flush=True)
    desk = Desk(Path(path))
    generation = desk.begin()
    for page in range(start, start + 10_000):
        desk.apply([contact(f"{page}-{n}", first=f"Guest{page}", notes="n" * 300) for n in range(20)],
                   generation=generation, after=Cursor("", page + 1, "t"))
        print(page, flush=True)

for line in sys.stdin:
    if os.fork() == 0:
        try:
            write(sys.argv[1], int(line))
        finally:
            os._exit(1)
    os.wait()
    print("dead", flush=True)
"""


def kill_once(forge: subprocess.Popen[str], start: int, pages: int) -> list[int]:
    """The pages that one life acknowledged which was killed after so many."""
    assert forge.stdin is not None and forge.stdout is not None
    print(start, file=forge.stdin, flush=True)
    pid = int(forge.stdout.readline())
    acknowledged = [int(forge.stdout.readline()) for _ in range(pages)]
    os.kill(pid, signal.SIGKILL)
    return acknowledged + [int(line) for line in iter(forge.stdout.readline, "dead\n")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each life is a fork of a process that has everything imported")
def test_a_killed_pull_goes_on_where_its_rows_end(tmp_path: Path) -> None:
    """Twenty times SIGKILL in the middle of writing pages: the checkpoint and the rows always agree."""
    path, draw, page = tmp_path / "a.db", random.Random(3), 0
    command = [sys.executable, "-c", FORGE, str(path)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # no threads before the fork
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as forge:
        for _ in range(20):
            acknowledged = kill_once(forge, page, draw.randrange(1, 6))
            desk = Desk(path)
            page = desk.database.read_sync(lambda c, d=desk: accounts_cursor(c, d.account))
            stored = desk.database.read_sync(lambda c: c.execute(sa.text("SELECT count(*) FROM contact")).scalar_one())
            assert page > acknowledged[-1]
            assert stored == page * 20
            assert desk.database.check() == []
            desk.close()


def accounts_cursor(connection: sa.Connection, account_id: int) -> int:
    from crmdesk.store import accounts

    return accounts.cursor(connection, account_id).page


HALF_DONE = """
import os, signal, sys
from pathlib import Path
from crmdesk.store.connect import connect
connection = connect(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), mode="rw", cache_kb=40)
assert connection.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE contact SET notes = 'lost', sort_key = hex(randomblob(2000))")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def half_done(tmp_path: Path) -> Path:
    """A file whose writer was killed before it had its log: at a first start, or behind a backup that was put back."""
    path = tmp_path / "a.db"
    filled(path)
    subprocess.run([sys.executable, "-c", HALF_DONE, str(path), KEY.hex()], check=False)
    assert path.with_name("a.db-journal").stat().st_size > 512
    return path


def test_what_a_killed_writer_had_begun_is_taken_back_by_the_next_start(half_done: Path) -> None:
    assert read_first(half_done, KEY).rows[0].name.startswith("Guest")
    open_it(half_done).close()
    with contextlib.closing(connect(half_done, KEY)) as connection:
        assert connection.execute("SELECT count(*) FROM contact WHERE notes='lost'").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_window_s_own_opening_takes_it_back_as_well(half_done: Path) -> None:
    open_it(half_done).close()
    assert read_first(half_done, KEY).rows


def test_a_key_that_does_not_fit_is_told_behind_a_killed_writer_too(half_done: Path) -> None:
    with pytest.raises(SecretsError):
        open_it(half_done, bytes(32))
    assert read_first(half_done, KEY).rows
