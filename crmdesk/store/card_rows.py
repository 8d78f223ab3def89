"""Who stands on which guest card and which records are pairs, as rows; the marks in the contacts' own rows follow.

A record in the trash keeps its place for the case that it comes back; nobody sees it until then. Functions run inside
one read or write of `Database`, on the driver's own connection. Where nobody is linked and no pair is known, they cost
one look."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable

from crmdesk.core.types import CARD_FLAGS, Flag
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver

_IN_LIST = "IN (SELECT value FROM json_each(?1))"
TOGETHER = (
    "EXISTS (SELECT 1 FROM card_member AS x JOIN card_member AS y ON y.card_id=x.card_id"
    " WHERE x.contact_id=pair.a AND y.contact_id=pair.b)"
)
_OPEN = f"pair.verdict<>'different' AND NOT {TOGETHER}"
_MARKS = (
    "SELECT id, flags & ?2, EXISTS (SELECT 1 FROM card_member AS x JOIN card_member AS y ON y.card_id=x.card_id"
    " AND y.contact_id<>x.contact_id JOIN contact AS o ON o.id=y.contact_id WHERE x.contact_id=contact.id),"
    f" EXISTS (SELECT 1 FROM pair JOIN contact AS o ON o.id=pair.b WHERE pair.a=contact.id AND {_OPEN})"
    f" OR EXISTS (SELECT 1 FROM pair JOIN contact AS o ON o.id=pair.a WHERE pair.b=contact.id AND {_OPEN})"
    f" FROM contact WHERE id {_IN_LIST}"
)


def any_at_all(driver: Driver) -> bool:
    asked = "SELECT EXISTS (SELECT 1 FROM card_member) OR EXISTS (SELECT 1 FROM pair)"
    return bool(driver.execute(asked).fetchone()[0])


def mark(driver: Driver, touched: Touched, ids: Iterable[int]) -> None:
    """Brings LINKED and DUPLICATE in these contacts' rows to what the tables say."""
    changed = []
    for number, has, linked, double in driver.execute(_MARKS, (json.dumps(list(ids)), int(CARD_FLAGS))).fetchall():
        wanted = (Flag.LINKED.value if linked else 0) | (Flag.DUPLICATE.value if double else 0)
        if wanted != has:
            changed.append((~CARD_FLAGS.value, wanted, number))
    if changed:
        driver.executemany("UPDATE contact SET flags = flags & ? | ? WHERE id=?", changed)
        touched.contacts.update(number for _, _, number in changed)
        touched.listing = True


def neighbours(driver: Driver, ids: Iterable[int]) -> set[int]:
    """Who is on a card with one of them, or a pair with one."""
    rows = driver.execute(
        "SELECT y.contact_id FROM card_member AS x JOIN card_member AS y ON y.card_id=x.card_id"
        f" WHERE x.contact_id {_IN_LIST} UNION SELECT b FROM pair WHERE a {_IN_LIST}"
        f" UNION SELECT a FROM pair WHERE b {_IN_LIST}",
        (json.dumps(list(ids)),),
    )
    return {row[0] for row in rows.fetchall()}


def leave(driver: Driver, touched: Touched, ids: Iterable[int]) -> None:
    """These contacts have left the list or the trash. Who is not in the trash now is gone for good: from cards, of
    which at least two members must stay, and from pairs."""
    chosen = set(ids)
    if not chosen or not any_at_all(driver):
        return
    near = neighbours(driver, chosen)
    if not near:
        return
    listed = json.dumps(list(chosen))
    kept = driver.execute(f"SELECT contact_id FROM trash WHERE contact_id {_IN_LIST}", (listed,)).fetchall()
    gone = json.dumps(list(chosen - {row[0] for row in kept}))
    driver.execute(f"DELETE FROM card_member WHERE contact_id {_IN_LIST}", (gone,))
    driver.execute(f"DELETE FROM pair WHERE a {_IN_LIST} OR b {_IN_LIST}", (gone,))
    tidy(driver)
    mark(driver, touched, near)
    touched.cards = True


def tidy(driver: Driver) -> None:
    """A card with one member is none."""
    driver.execute(
        "DELETE FROM card_member WHERE card_id IN (SELECT card_id FROM card_member GROUP BY card_id HAVING count(*)<2)"
    )
    driver.execute("DELETE FROM card WHERE id NOT IN (SELECT card_id FROM card_member)")


def came_back(driver: Driver, touched: Touched, contact_id: int) -> None:
    """The contact is in the list again, under the id it had."""
    if any_at_all(driver):
        mark(driver, touched, {contact_id, *neighbours(driver, [contact_id])})
        touched.cards = True


def hand_over(driver: Driver, touched: Touched, other: int, contact_id: int) -> None:
    """Two contacts are one: the place on a card that `other` has belongs to `contact_id`, if that one has none."""
    if not any_at_all(driver):
        return
    if driver.execute("SELECT 1 FROM card_member WHERE contact_id=?", (contact_id,)).fetchone() is None:
        driver.execute("UPDATE card_member SET contact_id=? WHERE contact_id=?", (contact_id, other))
        mark(driver, touched, {contact_id, other, *neighbours(driver, [contact_id])})
        touched.cards = True
