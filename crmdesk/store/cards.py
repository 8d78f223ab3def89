"""Guest cards and pairs: each function is the inside of one commit or read. No vendor's record, no op and no row of a
contact is changed by any of them, besides the marks in the row and the contact's history."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmdesk.core.cards import MOST_MEMBERS, UNDECIDED, Groups, Linked, Member, Pair, Verdict, groups_of
from crmdesk.core.errors import ForbiddenError, NotFoundError
from crmdesk.core.match import Match, Trait
from crmdesk.core.outbox import Did
from crmdesk.core.said import said
from crmdesk.core.seams import gate
from crmdesk.store import card_rows, ops
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver
from crmdesk.store.rows import rows_by_id

_IN_LIST = "IN (SELECT value FROM json_each(?1))"
_SCANNED = "cards:scanned"  # name in meta: number and time of the last whole search
CHANGED = "These records were linked otherwise meanwhile."


@dataclass(frozen=True, slots=True)
class Desk:
    """Who writes when: the driver's connection inside a write, time (UTC ISO) and operator."""

    driver: Driver
    touched: Touched
    now: str
    operator: str = ""


# ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def groups(driver: Driver, ids: Iterable[int]) -> Groups:
    """These contacts and everybody on a card with one of them; records in the trash too."""
    chosen = set(ids)
    found: dict[int, set[int]] = {}
    rows = driver.execute(
        "SELECT y.card_id, y.contact_id FROM card_member AS x JOIN card_member AS y ON y.card_id=x.card_id"
        f" WHERE x.contact_id {_IN_LIST}",
        (json.dumps(list(chosen)),),
    )
    for card_id, contact_id in rows.fetchall():
        found.setdefault(card_id, set()).add(contact_id)
    alone = chosen.difference(*found.values())
    return groups_of([*found.values(), *([number] for number in alone)])


def link(desk: Desk, ids: Sequence[int]) -> Linked:
    """All these, with everybody they are linked with already, on one card. NotFoundError, ForbiddenError."""
    chosen = list(dict.fromkeys(ids))
    names = _names(desk.driver, chosen)
    if len(chosen) < 2:
        raise ForbiddenError("One record alone cannot be linked.", "Choose two records of the same person, or more.")
    before = groups(desk.driver, chosen)
    after = groups_of([[number for group in before for number in group]])
    if len(after[0]) > MOST_MEMBERS:
        raise ForbiddenError(said("One guest card holds at most {count} records.", count=MOST_MEMBERS), "Link fewer.")
    _regroup(desk, before, after)
    return Linked("link", names[chosen[0]], before, after)


def unlink(desk: Desk, ids: Sequence[int], *, together: bool = False) -> Linked:
    """Off their cards, each for itself; `together`: as a card of their own. Who stays goes on being linked."""
    chosen = list(dict.fromkeys(ids))
    names = _names(desk.driver, chosen)
    before = groups(desk.driver, chosen)
    leaving = [chosen] if together else [[number] for number in chosen]
    after = groups_of([*(set(group).difference(chosen) for group in before), *leaving])
    _regroup(desk, before, after)
    return Linked("unlink", names[chosen[0]] if chosen else "", before, after)


def undo(desk: Desk, ticket: Linked) -> None:
    """As it was before; who is gone since is left out. ForbiddenError where something else was done to the same records
    meanwhile."""
    if ticket.did == "decide":
        _undo_verdict(desk, ticket)
        return
    here = _here(desk.driver, ticket.contact_ids)
    before, after = (_without(side, here) for side in (ticket.before, ticket.after))
    if groups(desk.driver, here) != after:
        raise ForbiddenError(CHANGED, "Look at the guest card and change it there.")
    _regroup(desk, after, before)


def _without(side: Groups, here: set[int]) -> Groups:
    return groups_of(here.intersection(group) for group in side)


def _here(driver: Driver, ids: Iterable[int]) -> set[int]:
    """Those that are in the list or in the trash."""
    rows = driver.execute(
        f"SELECT id FROM contact WHERE id {_IN_LIST} UNION SELECT contact_id FROM trash WHERE contact_id {_IN_LIST}",
        (json.dumps(list(ids)),),
    )
    return {row[0] for row in rows.fetchall()}


def _regroup(desk: Desk, before: Groups, after: Groups) -> None:
    """From these groups to those of the same contacts, in one piece; each contact's history tells it."""
    if before == after:
        return
    driver = desk.driver
    concerned = [number for group in before for number in group]
    driver.execute(f"DELETE FROM card_member WHERE contact_id {_IN_LIST}", (json.dumps(concerned),))
    for group in after:
        if len(group) > 1:
            made = driver.execute("INSERT INTO card(made_at, operator) VALUES (?,?)", (desk.now, desk.operator))
            rows = [(number, made.lastrowid) for number in group]
            driver.executemany("INSERT INTO card_member(contact_id, card_id) VALUES (?,?)", rows)
    gate("cards: members written")
    card_rows.tidy(driver)
    card_rows.mark(driver, desk.touched, concerned)
    desk.touched.contacts.update(concerned)  # a third one joined: the rows of the first two tell more than before
    _tell(desk, before, after)
    desk.touched.cards = True


def _tell(desk: Desk, before: Groups, after: Groups) -> None:
    """The others by their accounts: a guest's name would outlive its record there."""
    was = {number: set(group) - {number} for group in before for number in group}
    now = {number: set(group) - {number} for group in after for number in group}
    accounts = _accounts(desk.driver, was)
    for number, (account_id, _) in accounts.items():
        for did, others in ((Did.UNLINKED, was[number] - now[number]), (Did.LINKED, now[number] - was[number])):
            titles = sorted({accounts[other][1] for other in others if other in accounts})
            if others:
                ops.note(
                    desk.driver, number, account_id, desk.now, did,
                    operator=desk.operator, text=", ".join(titles),
                )  # fmt: skip


def _accounts(driver: Driver, ids: Iterable[int]) -> Mapping[int, tuple[int, str]]:
    """Account id and title of those that are in the list."""
    rows = driver.execute(
        f"SELECT contact.id, account_id, title FROM contact JOIN account ON account.id=account_id WHERE contact.id"
        f" {_IN_LIST} ORDER BY contact.id",
        (json.dumps(list(ids)),),
    )
    return {number: (account_id, title) for number, account_id, title in rows.fetchall()}


def _names(driver: Driver, ids: Sequence[int]) -> Mapping[int, str]:
    """NotFoundError where one of them is not in the list."""
    found = dict(driver.execute(f"SELECT id, name FROM contact WHERE id {_IN_LIST}", (json.dumps(list(ids)),)))
    if len(found) < len(set(ids)):
        raise NotFoundError("One of these records is no longer here.", "Nothing was changed. Look at the list again.")
    return found


def members(driver: Driver, contact_id: int) -> tuple[Member, ...]:
    """Of the card that the contact is on, itself too, in the order of ids; () where it is on none."""
    rows = driver.execute(
        "SELECT c.id, c.account_id, a.vendor, a.title, c.name, c.remote_id, c.flags FROM card_member AS x"
        " JOIN card_member AS y ON y.card_id=x.card_id JOIN contact AS c ON c.id=y.contact_id"
        " JOIN account AS a ON a.id=c.account_id WHERE x.contact_id=? ORDER BY c.id",
        (contact_id,),
    ).fetchall()
    found = tuple(Member(*row) for row in rows)
    return found if len(found) > 1 and any(member.id == contact_id for member in found) else ()


# ── pairs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_PAIR = "SELECT a, b, score, matched, contradicting, verdict, decided_at, operator FROM pair"
_SEEN = "EXISTS (SELECT 1 FROM contact WHERE id=pair.a) AND EXISTS (SELECT 1 FROM contact WHERE id=pair.b)"
_IN_ORDER = "ORDER BY verdict='later', score DESC, a, b"


def pairs(driver: Driver, limit: int, offset: int, verdicts: Sequence[Verdict] = UNDECIDED) -> list[Pair]:
    """The highest score first, what was put off behind; linked pairs are left out."""
    rows = driver.execute(
        f"{_PAIR} WHERE verdict {_IN_LIST} AND {_SEEN} AND NOT {card_rows.TOGETHER} {_IN_ORDER} LIMIT ?2 OFFSET ?3",
        (_listed(verdicts), limit, offset),
    ).fetchall()
    return _whole(driver, rows)


def count(driver: Driver, verdicts: Sequence[Verdict] = UNDECIDED, least: int = 0) -> int:
    """How many `pairs` there are, with at least this score."""
    row = driver.execute(
        f"SELECT count(*) FROM pair WHERE verdict {_IN_LIST} AND score>=?2 AND {_SEEN} AND NOT {card_rows.TOGETHER}",
        (_listed(verdicts), least),
    ).fetchone()
    return int(row[0])


def pairs_of(driver: Driver, contact_id: int) -> list[Pair]:
    """All of one contact, whatever was said of them; linked pairs are left out."""
    rows = driver.execute(
        f"{_PAIR} WHERE (a=?1 OR b=?1) AND {_SEEN} AND NOT {card_rows.TOGETHER}"
        " ORDER BY verdict='different', verdict='later', score DESC, a, b",
        (contact_id,),
    ).fetchall()
    return _whole(driver, rows)


def _listed(verdicts: Sequence[Verdict]) -> str:
    return json.dumps([verdict.value for verdict in verdicts])


def _whole(driver: Driver, rows: Sequence[Sequence[Any]]) -> list[Pair]:
    contacts = {row.id: row for row in rows_by_id(driver, list({number for row in rows for number in row[:2]}))}
    return [
        Pair(
            a, b, points, _traits(matched), _traits(against), Verdict(verdict), contacts[a], contacts[b], at, operator
        )
        for a, b, points, matched, against, verdict, at, operator in rows
    ]  # fmt: skip


def _traits(text: str) -> tuple[Trait, ...]:
    known = {trait.value: trait for trait in Trait}
    return tuple(known[word] for word in text.split(",") if word in known)


def decide(desk: Desk, a: int, b: int, verdict: Verdict) -> Linked:
    """NotFoundError where the two are no pair (any more)."""
    a, b = min(a, b), max(a, b)
    row = desk.driver.execute("SELECT verdict FROM pair WHERE a=? AND b=?", (a, b)).fetchone()
    if row is None:
        raise NotFoundError("These two records are no pair any more.", "They may have been changed or deleted.")
    was = Verdict(row[0])
    title = desk.driver.execute("SELECT name FROM contact WHERE id=?", (a,)).fetchone()
    if was is not verdict:
        _put_verdict(desk, a, b, verdict)
    return Linked("decide", title[0] if title else "", pair=(a, b), verdicts=(was, verdict))


def _put_verdict(desk: Desk, a: int, b: int, verdict: Verdict) -> None:
    told = ("", "") if verdict is Verdict.OPEN else (desk.now, desk.operator)
    desk.driver.execute(
        "UPDATE pair SET verdict=?, decided_at=?, operator=? WHERE a=? AND b=?", (verdict.value, *told, a, b)
    )
    card_rows.mark(desk.driver, desk.touched, (a, b))
    desk.touched.cards = True


def _undo_verdict(desk: Desk, ticket: Linked) -> None:
    a, b = ticket.pair
    row = desk.driver.execute("SELECT verdict FROM pair WHERE a=? AND b=?", (a, b)).fetchone()
    if row is None or Verdict(row[0]) is not ticket.verdicts[1]:
        raise ForbiddenError("This pair was decided otherwise meanwhile.", "Look at it again.")
    _put_verdict(desk, a, b, ticket.verdicts[0])


# ── searching for pairs ──────────────────────────────────────────────────────────────────────────────────────────────


def next_scan(driver: Driver) -> int:
    """The number of the search that begins."""
    return int(driver.execute("SELECT coalesce(max(scan), 0) FROM pair").fetchone()[0]) + 1


def put_pairs(driver: Driver, touched: Touched, scan: int, found: Sequence[tuple[int, int, Match]]) -> None:
    """What a search found: new ones are open, known ones keep their verdict. Who is gone meanwhile is left out."""
    ids = {number for a, b, _ in found for number in (a, b)}
    here = {row[0] for row in driver.execute(f"SELECT id FROM contact WHERE id {_IN_LIST}", (json.dumps(list(ids)),))}
    rows = [
        (a, b, match.score, _words(match.matched), _words(match.contradicting), scan)
        for a, b, match in found
        if a in here and b in here
    ]
    driver.executemany(
        "INSERT INTO pair(a, b, score, matched, contradicting, verdict, scan) VALUES (?,?,?,?,?,'open',?)"
        " ON CONFLICT(a, b) DO UPDATE SET score=excluded.score, matched=excluded.matched,"
        " contradicting=excluded.contradicting, scan=excluded.scan",
        rows,
    )
    card_rows.mark(driver, touched, ids)
    touched.cards = True


def _words(traits: Iterable[Trait]) -> str:
    return ",".join(trait.value for trait in traits)


def drop_unseen(driver: Driver, touched: Touched, scan: int, most: int) -> int:
    """Forgets up to `most` undecided pairs that this whole search did not find any more; how many. *Different* stays:
    the records may be alike again."""
    rows = driver.execute(
        f"SELECT a, b FROM pair WHERE scan<>? AND verdict<>'different' AND {_SEEN} LIMIT ?", (scan, most)
    ).fetchall()
    if rows:
        driver.executemany("DELETE FROM pair WHERE a=? AND b=?", rows)
        card_rows.mark(driver, touched, {number for row in rows for number in row})
        touched.cards = True
    return len(rows)


def note_scan(driver: Driver, at: str) -> None:
    driver.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?,?)", (_SCANNED, at))


def scanned_at(driver: Driver) -> str:
    """When the last whole search ended, UTC ISO text; '' where there was none."""
    row = driver.execute("SELECT value FROM meta WHERE name=?", (_SCANNED,)).fetchone()
    return row[0] if row else ""
