"""What is stored is what came; what must go is gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmdesk.core.errors import StorageError
from crmdesk.core.types import Account, AccountState, Cursor, SavedView, Sort
from crmdesk.store import accounts, contacts
from crmdesk.store.database import Database, Touched, driver_of
from crmdesk.store.packed import pack, unpack
from tests.unit.store.made import KEY, STAMP, Desk, changed, contact


@given(st.binary())
def test_bodies_come_back_byte_for_byte(body: bytes) -> None:
    assert unpack(pack(body)) == body


async def test_a_long_odd_body_is_kept_as_received(desk: Desk) -> None:
    body = '{"id": 12345678901234567890,  "b":1e400, "new": {"z":1,"a":["é\\ud83d"]}, "a": null}'.encode() + b" " * 3000
    desk.apply([contact("1", first="Anna", body=body)])
    detail = await desk.reader.detail(1)
    assert detail is not None
    assert detail.body.encode() == body
    assert await desk.reader.detail(2) is None


def test_page_counts_new_changed_unchanged_and_twins(desk: Desk) -> None:
    anna, bob = contact("1", first="Anna"), contact("2", first="Bob")
    assert desk.apply([anna, bob, contact("1", first="Anne")]).new == 2
    desk.said.clear()
    applied = desk.apply([bob])
    assert (applied.new, applied.changed, applied.unchanged) == (0, 0, 1)
    assert not any(changes.contacts for changes in desk.said)
    applied = desk.apply([changed(bob, city="Berlin")])
    assert (applied.new, applied.changed) == (0, 1)
    assert desk.said[-1].contacts == {2}


async def test_the_later_twin_wins(desk: Desk) -> None:
    desk.apply([contact("1", first="Anna"), contact("1", first="Berta")])
    assert await desk.found("anna") == []
    assert await desk.found("berta") == ["1"]


def test_full_listing_tells_what_vanished(desk: Desk) -> None:
    people = [contact(str(number), first=f"Guest{number}") for number in range(5)]
    generation = desk.begin()
    desk.apply(people, generation=generation)
    finish(desk, generation)
    again = desk.begin()
    assert again != generation
    desk.apply([people[0], changed(people[1], city="Ulm")], generation=again)
    gone = desk.database.read_sync(lambda connection: contacts.vanished(connection, desk.account, again))
    assert {remote_id for _, remote_id in gone} == {"2", "3", "4"}


def finish(desk: Desk, generation: int) -> None:
    desk.database.write_sync(
        lambda connection, touched: contacts.finish_listing(
            connection, touched, desk.account, generation, "server time", STAMP
        )
    )


def test_checkpoint_lives_and_dies_with_its_listing(desk: Desk) -> None:
    def cursor() -> Cursor:
        return desk.database.read_sync(lambda connection: accounts.cursor(connection, desk.account))

    generation = desk.begin()
    desk.apply([contact("1", first="Anna")], generation=generation, after=Cursor("", 2, "server time"))
    assert cursor() == Cursor("", 2, "server time")
    assert desk.begin() == generation  # an unfinished listing goes on
    assert desk.begin(full=False) == generation + 1  # one of the other kind starts over
    assert cursor() == Cursor()
    finish(desk, generation + 1)
    assert cursor() == Cursor(since="server time")


async def test_a_contact_due_to_be_forgotten_is_never_stored(desk: Desk) -> None:
    desk.apply([contact("1", first="Anna"), contact("2", first="Bob")])
    applied = desk.apply([contact("1", first="Anna", forget_at="2026-01-01T00:00:00Z"), contact("3", forget_at=STAMP)])
    assert applied.erased == 2
    assert await desk.found("") == ["2"]
    assert desk.apply([contact("2", first="Bob", forget_at="2030-01-01T00:00:00Z")]).changed == 1


def test_a_failing_write_leaves_nothing_and_says_nothing(desk: Desk) -> None:
    desk.said.clear()

    def fail(connection: object, touched: Touched) -> None:
        contacts.apply_page(  # type: ignore[call-arg]
            connection,
            touched,
            desk.account,
            1,
            page_of(contact("1", first="Anna")),
            [contact("1", first="Anna")[1]],
            STAMP,
        )
        raise LookupError

    with pytest.raises(LookupError):
        desk.database.write_sync(fail)
    assert desk.said == []
    assert desk.database.read_sync(lambda connection: accounts.accounts(connection))[0].contacts == 0
    assert desk.apply([contact("2", first="Bob")]).new == 1


def page_of(pair: object) -> object:
    from crmdesk.core.types import Page

    return Page((pair[0],), 1)  # type: ignore[index]


async def test_full_disk_loses_nothing_that_was_there(desk: Desk) -> None:
    desk.apply([contact(str(number), first="Anna", notes="x" * 500) for number in range(50)])

    def shrink(connection: object, _touched: Touched) -> None:
        native = driver_of(connection)  # type: ignore[arg-type]
        pages = native.execute("PRAGMA page_count").fetchone()[0]
        native.execute(f"PRAGMA max_page_count = {pages + 2}")

    desk.database.write_sync(shrink)
    with pytest.raises(StorageError, match="disk is full"):
        desk.apply([contact(f"n{number}", first="Berta", notes="y" * 900) for number in range(300)])
    assert len(await desk.found("anna")) == 50
    assert await desk.found("berta") == []
    assert desk.database.check() == []


def test_accounts_secrets_views_and_searches(desk: Desk) -> None:
    write, read = desk.database.write_sync, desk.database.read_sync
    second = write(lambda c, t: accounts.add(c, t, Account(0, "other", "Annex", "https://x", {"a": "b"})))
    write(lambda c, t: accounts.put_secret(c, t, second.id, "token", "s3cret"))
    write(lambda c, t: accounts.set_state(c, t, second.id, AccountState.SIGN_IN, "The token was refused."))
    stored = read(lambda c: accounts.account(c, second.id))
    assert stored is not None
    assert (stored.config, stored.state, stored.reason) == ({"a": "b"}, AccountState.SIGN_IN, "The token was refused.")
    assert read(lambda c: accounts.secrets(c, second.id)) == {"token": "s3cret"}
    view = write(lambda c, t: accounts.save_view(c, t, SavedView(0, "Mine", "a b", (Sort("city", True),), ("name",))))
    assert read(accounts.views) == [view]
    for number in range(25):
        write(lambda c, t, number=number: accounts.remember_search(c, t, f"search {number}"))
    assert read(accounts.recent_searches) == [f"search {number}" for number in range(24, 4, -1)]


async def test_removing_an_account_keeps_or_drops_its_contacts(desk: Desk) -> None:
    annex = desk.add_account("Annex", "other")
    desk.apply([contact("1", first="Anna")])
    desk.apply([contact("1", first="Annex Anna")], account=annex)
    desk.database.write_sync(lambda c, t: accounts.put_secret(c, t, annex, "token", "s"))
    desk.database.write_sync(lambda c, t: accounts.remove(c, t, desk.account, keep_contacts=True))
    assert len(await desk.found("anna")) == 2
    assert [account.active for account in await desk.reader.accounts()] == [False, True]
    desk.database.write_sync(lambda c, t: accounts.remove(c, t, annex, keep_contacts=False))
    assert len(await desk.found("anna")) == 1
    assert desk.database.read_sync(lambda c: accounts.secrets(c, annex)) == {}


async def test_an_erased_guest_leaves_no_byte(tmp_path: Path) -> None:
    """Neither the guest nor an earlier name of the guest, in any page of a decrypted copy, index tables included."""
    desk = Desk(tmp_path / "crmdesk.db")
    crowd = [contact(f"c{number}", first=f"Crowd{number}", city="Ulm") for number in range(300)]
    desk.apply([*crowd, contact("1", first="Qwertzina", last="Oldname", email="qwertzina@example.com")])
    desk.apply([contact("1", first="Qwertzina", last="Newname", notes="Likes Zebrastreifen", phone="+49 777 888 999")])
    desk.apply([contact("1", first="Qwertzina", last="Newname", forget_at=STAMP)])
    for _ in range(200):
        if not desk.database.read_sync(
            lambda c: driver_of(c).execute("SELECT 1 FROM meta WHERE name='purge_due'").fetchone()
        ):
            break
        await asyncio.sleep(0.01)
    assert len(await desk.found("crowd")) == 300
    desk.close()
    plain = decrypted(tmp_path / "crmdesk.db", tmp_path / "plain.db")
    assert b"crowd299" in plain
    for mark in (b"qwertz", b"Qwertz", b"ewname", b"ldname", b"ebrastr", b"777 888", b"4977 9777"):
        assert mark not in plain


def decrypted(path: Path, target: Path) -> bytes:
    """Every table, those behind the indices too, in a file without a key."""
    from crmdesk.store.connect import connect

    connection = connect(path, KEY)
    connection.execute("ATTACH DATABASE ? AS plain KEY ''", (str(target),))
    connection.execute("SELECT sqlcipher_export('plain')")
    connection.execute("DETACH DATABASE plain")
    connection.close()
    return target.read_bytes()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(alphabet=st.characters(), max_size=30), st.text(alphabet=st.characters(), max_size=10))
def test_any_remote_id_and_searched_text_can_be_stored(
    tmp_path_factory: pytest.TempPathFactory, text: str, code: str
) -> None:
    desk = Desk(tmp_path_factory.mktemp("any") / "crmdesk.db")
    try:
        pair = contact(code, notes=text, name="x")
        clean = changed(pair, notes="", name="x")
        assert desk.apply([clean]).new == 1
        assert desk.apply([clean]).unchanged == 1
    finally:
        desk.close()


def test_the_database_refuses_work_after_close(desk: Desk) -> None:
    desk.close()
    desk.close()
    with pytest.raises(StorageError):
        desk.apply([])
    assert isinstance(desk.database, Database)
