"""What a query matches: sets of contact ids, found in the indices and the vectors and put together with numpy.

A set is an array of ids (few) or a mask over all ids (many). Every function here runs in the search thread, inside one
snapshot of the file."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crmdesk.core.query import And, Choice, Everything, Joined, Node, Not, Or, Phrase, TextIs, When, Word
from crmdesk.core.text import MIN_NEEDLE, digit_needles, words
from crmdesk.core.types import Flag
from crmdesk.store import contact_events
from crmdesk.store.document import (
    all_words,
    columns_of,
    ending_of,
    field_words,
    folded,
    groups_of,
    has_phrase,
    mark_of_country,
    mark_of_ending,
    mark_of_language,
)
from crmdesk.store.driver import Driver
from crmdesk.store.endings import FIRST
from crmdesk.store.heavy import HEAVY, HeavyWords, key_of_digits, key_of_mark
from crmdesk.store.operators import UNSENT, changed_by, unsent_by
from crmdesk.store.rows import documents_of
from crmdesk.store.vectors import Ids, Mask, Vectors, numbers_of

Found: TypeAlias = NDArray[Any]  # Ids or Mask
_VERIFIED_AT_ONCE = 500
_FLAGS = {
    "restricted": Flag.RESTRICTED, "forget": Flag.FORGET, "cancelled": Flag.CANCELLED, "email": Flag.HAS_EMAIL,
    "phone": Flag.HAS_PHONE, "address": Flag.HAS_ADDRESS, "notes": Flag.HAS_NOTES, "website": Flag.HAS_WEBSITE,
    "waiting": Flag.WAITING, "conflict": Flag.CONFLICT, "needsyou": Flag.NEEDS_YOU, "unknown": Flag.IN_DOUBT,
    "draft": Flag.DRAFT, "linked": Flag.LINKED, "duplicate": Flag.DUPLICATE,
    "yes": Flag.CONSENT_YES, "no": Flag.CONSENT_NO, "never": Flag.CONSENT_NEVER,
}  # fmt: skip
AS_OF = "max(fetched_at, (SELECT checked_at FROM account WHERE account.id = contact.account_id))"
_TIMES = {"updated": "updated_at", "created": "created_at", "fetched": "fetched_at", "as_of": AS_OF}


@dataclass(frozen=True, slots=True)
class AccountFact:
    """What `vendor:` and `account:` ask."""

    id: int
    vendor: str
    title: str
    checked_at: str


class Search:
    """Evaluates nodes against one snapshot. `kept` keeps sets that are dear to find while no commit comes between."""

    def __init__(
        self, driver: Driver, vectors: Vectors, heavy: HeavyWords, accounts: list[AccountFact], kept: dict[Any, Found]
    ) -> None:
        self._driver = driver
        self._vectors = vectors
        self._heavy = heavy
        self._accounts = accounts
        self._dear = kept

    def find(self, node: Node) -> Found:
        """Ids below `vectors.size` that match; may hold ids that the view no longer has."""
        match node:
            case Word(text=text):
                return self._word(text)
            case Phrase(text=text):
                return self._phrase(text, "")
            case TextIs(field=field, value=value):
                return self._in_field(field, value)
            case Choice(field=field, value=value):
                return self._choice(field, value)
            case When():
                return self._when(node)
            case Joined():
                return self._joined(node)
            case And(nodes=nodes):
                return self._all(nodes)
            case Or(nodes=nodes):
                return self._any(self.find(inner) for inner in nodes)
            case Not(node=inner):
                return self._minus(self._everything(), self.find(inner))
            case Everything():
                return self._everything()

    # ── set algebra ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _everything(self) -> Mask:
        return self._vectors.alive

    def _none(self) -> Ids:
        return np.empty(0, np.uint32)

    def _mask(self, found: Found) -> Mask:
        if found.dtype == np.bool_:
            return found
        mask: Mask = np.zeros(self._vectors.size, np.bool_)
        mask[found] = True
        return mask

    def _both(self, one: Found, other: Found) -> Found:
        if other.dtype != np.bool_ and (one.dtype == np.bool_ or len(other) < len(one)):
            one, other = other, one  # the ids, or the fewer ids, are looked up in the mask of the other
        if one.dtype == np.bool_:
            return one & other
        return one[self._mask(other)[one]]

    def _minus(self, one: Found, other: Found) -> Found:
        barred = self._mask(other)
        return one & ~barred if one.dtype == np.bool_ else one[~barred[one]]

    def _any(self, sets: Iterable[Found]) -> Found:
        kept = [found for found in sets if found.dtype == np.bool_ or len(found)]
        if len(kept) < 2:
            return kept[0] if kept else self._none()
        if all(found.dtype != np.bool_ for found in kept) and sum(map(len, kept)) < HEAVY:
            return _united(kept)
        mask = np.zeros(self._vectors.size, np.bool_)
        for found in kept:
            if found.dtype == np.bool_:
                mask |= found
            else:
                mask[found] = True
        return mask

    def _all(self, nodes: Iterable[Node]) -> Found:
        """Plain words go to the index together; what is barred comes last, when little is left."""
        plain: dict[str, None] = {}
        others: list[Node] = []
        barred: list[Node] = []
        nodes = list(nodes)
        about = _unsent(nodes)
        for node in nodes:
            if isinstance(node, Word) and _is_plain(node.text):
                plain.update(dict.fromkeys(words(node.text)))
            elif isinstance(node, Not):
                barred.append(node.node)
            else:
                others.append(node)
        found = self._words(list(plain)) if plain else None
        for node in others:
            found = self._about(node, about) if found is None else self._both(found, self._about(node, about))
        if found is None:
            found = self._everything()
        for node in barred:
            found = self._minus(found, self._about(node, about))
        return found

    def _about(self, node: Node, unsent: frozenset[str]) -> Found:
        """The node as it is meant beside `is:waiting` and the like (`unsent`): there `by:` asks whose these changes
        are."""
        match node:
            case Choice(field="by", value=value) if unsent:
                return self._kept_ids((value, unsent), lambda: unsent_by(self._driver, value, unsent))
            case Or(nodes=nodes) if unsent:
                return self._any(self._about(inner, unsent) for inner in nodes)
        return self.find(node)

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _word(self, text: str) -> Found:
        """Every word starts a word of the contact, or the number is in one of its phones."""
        tokens = words(text)
        ending = ending_of(text)
        found = self._words(tokens[:-1] if ending else tokens)
        few = found.dtype != np.bool_ and len(found) <= _VERIFIED_AT_ONCE
        if ending and len(tokens) > 1 and few:  # a look at them beats a walk through half the index
            found = self._starting(found, ending)
        elif ending:
            ends = self._ending(ending)
            found = self._any((self._words(tokens), ends if len(tokens) == 1 else self._both(found, ends)))
        return self._any((found, self._numbers(digit_needles(text))))

    def _starting(self, candidates: Ids, start: str) -> Ids:
        """Those of a few candidates that have a word with this start, endings of e-mail addresses included."""
        docs = documents_of(self._driver, candidates.tolist())
        kept = [number for number, doc in docs if any(word.startswith(start) for word in all_words(doc))]
        return np.array(sorted(kept), np.uint32)

    def _words(self, tokens: list[str]) -> Found:
        """All of these word starts, each in any field. Those without a bitmap go to the index together: it leaps over
        what a short one has and a rare one has not, 1 ms instead of 5-20."""
        if not tokens:
            return self._none()
        kept = [token for token in tokens if token in self._heavy]
        rest = [token for token in tokens if token not in kept]
        sets = [self._heavy_word(token) for token in (*kept, *(rest if len(rest) == 1 else ()))]
        if len(rest) > 1:
            sets.append(self._known(self._match("contact_fts", " ".join(_start(token) for token in rest))))
        found = sets.pop()
        for other in sets:
            found = self._both(found, other)
        return found

    def _heavy_word(self, token: str) -> Found:
        return self._kept(token, "contact_fts", _start(token))

    def marked(self, mark: str) -> Found:
        """Contacts with this mark (see document.py)."""
        return self._kept(key_of_mark(mark), "contact_code", f'marks : "{mark}"')

    def endings(self) -> list[str]:
        """Marks of all endings of e-mail addresses."""
        return self._heavy.endings.starting(self._driver, FIRST)

    def _ending(self, start: str) -> Found:
        """Contacts with an e-mail address whose last label begins so."""
        return self._any(
            self.marked(mark) for mark in self._heavy.endings.starting(self._driver, mark_of_ending(start))
        )

    def _kept(self, key: str, index: str, expression: str) -> Found:
        """Hits of one word start, from its bitmap if it has one; a heavy one gets one."""
        mask = self._heavy.get(key, self._vectors.size)
        if mask is not None:
            return mask
        ids = self._match(index, expression)
        if len(ids) > HEAVY:
            self._heavy.put(key, ids)
        return self._known(ids)

    def _match(self, index: str, expression: str) -> Ids:
        sql = f"SELECT group_concat(rowid) FROM {index} WHERE {index} MATCH ?"
        return numbers_of(self._driver.execute(sql, (expression,)).fetchone()[0])

    def _known(self, ids: Ids) -> Ids:
        """Without contacts that are newer than the view."""
        return ids[ids < self._vectors.size] if len(ids) and ids[-1] >= self._vectors.size else ids

    def _numbers(self, needles: Iterable[str]) -> Found:
        """Contacts with one of these runs of digits in a phone number."""
        return self._any(
            self._kept(
                key_of_digits(needle),
                "contact_code",
                f'digits : "{groups_of(needle)}"' if len(needle) >= MIN_NEEDLE else f"digits : {_start(needle)}",
            )
            for needle in needles
        )

    def _joined(self, node: Joined) -> Found:
        needles = node.needles or digit_needles(node.digits)
        return self._any((self._numbers(needles), self._all(node.words)))

    # ── one field, phrases ───────────────────────────────────────────────────────────────────────────────────────────

    def _in_field(self, field: str, value: Word | Phrase) -> Found:
        needles = digit_needles(value.text) if field == "phone" else ()
        if needles:
            return self._numbers(needles)
        if isinstance(value, Phrase):
            return self._phrase(value.text, field)
        tokens = words(value.text)
        ending = ending_of(value.text) if field == "email" else ""
        if not ending:
            return self._in_columns(field, [_start(token) for token in tokens])
        found = self._any((self._in_columns(field, [_start(ending)]), self._ending(ending)))
        if len(tokens) == 1:
            return found
        return self._both(found, self._in_columns(field, [_start(token) for token in tokens[:-1]]))

    def _in_columns(self, field: str, parts: list[str]) -> Ids:
        if not parts:
            return self._none()
        columns = f"{{{' '.join(columns_of(field))}}} : " if field else ""
        return self._known(self._match("contact_fts", " AND ".join(f"{columns}{part}" for part in parts)))

    def _phrase(self, text: str, field: str) -> Found:
        """The index knows which words are in which column but not their order: the candidates' documents are read."""
        phrase = words(text)
        ending = ending_of(text) if field in ("", "email") else ""
        whole = [f'"{token}"' for token in (phrase[:-1] if ending else phrase)]
        if ending:
            last = self._any((self._in_columns(field, [f'"{ending}"']), self.marked(mark_of_ending(ending))))
            candidates = self._both(last, self._in_columns(field, whole)) if whole else last
        else:
            candidates = self._in_columns(field, whole)
        if len(phrase) == 1:
            return candidates
        ids: Ids = np.flatnonzero(candidates).astype(np.uint32) if candidates.dtype == np.bool_ else candidates
        return self._verified(ids, phrase, field)

    def _verified(self, candidates: Ids, phrase: list[str], field: str) -> Ids:
        kept: list[int] = []
        for start in range(0, len(candidates), _VERIFIED_AT_ONCE):
            chosen = candidates[start : start + _VERIFIED_AT_ONCE].tolist()
            for contact_id, doc in documents_of(self._driver, chosen):
                texts = field_words(doc, field)
                if has_phrase(texts, phrase):
                    kept.append(contact_id)
        return np.array(kept, np.uint32)

    # ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _choice(self, field: str, value: str) -> Found:
        if field == "vendor":
            return self._of_accounts(account.id for account in self._accounts if account.vendor == value)
        if field == "account":
            wanted = folded(value)
            return self._of_accounts(
                account.id for account in self._accounts if folded(account.title) == wanted or str(account.id) == value
            )
        if field == "by":
            return self._kept_ids((field, value), lambda: changed_by(self._driver, value))
        if field == "event":
            return self._kept_ids((field, value), lambda: contact_events.sent_about(self._driver, value))
        if field in ("country", "lang"):
            mark = mark_of_country(value) if field == "country" else mark_of_language(value)
            return self.marked(mark) if mark else self._none()
        bits = self._vectors.flags & _FLAGS[value].value
        mask: Mask = bits == 0 if field == "no" else bits != 0
        return mask

    def of_account(self, account_id: int) -> Mask:
        mask: Mask = self._vectors.account == account_id
        return mask

    def strays(self, found: Found, kept: Iterable[int]) -> Ids:
        """Those of `kept` that are there and not in `found`."""
        ids = np.array([one for one in kept if one < self._vectors.size], np.uint32)
        ids = ids[self._vectors.alive[ids]]
        return ids[~self._mask(found)[ids]]

    def with_strays(self, found: Found, strays: Ids) -> Found:
        """Both; `found` is not altered."""
        if found.dtype != np.bool_:
            return np.concatenate((found, strays))
        both = found.copy()
        both[strays] = True
        return both

    def within(self, found: Found, account_id: int) -> Found:
        return self._both(found, self.of_account(account_id))

    def _of_accounts(self, account_ids: Iterable[int]) -> Mask:
        return np.isin(self._vectors.account, np.array(list(account_ids), np.uint16))

    def _kept_ids(self, key: tuple[Any, ...], find: Callable[[], list[int]]) -> Found:
        """`find` gives ids in order."""
        if key not in self._dear:
            self._dear[key] = self._known(np.array(find(), np.uint32))
        return self._dear[key]

    def _when(self, node: When) -> Found:
        if node not in self._dear:
            column = _TIMES[node.field]
            bounds = [(">=", node.low), ("<", node.high)]
            tests = [f"{column} {sign} ?" for sign, bound in bounds if bound is not None]
            where = " AND ".join([f"{column} <> ''", *tests])
            row = self._driver.execute(
                f"SELECT group_concat(id) FROM (SELECT id FROM contact WHERE {where} ORDER BY id)",
                [bound for _, bound in bounds if bound is not None],
            ).fetchone()
            self._dear[node] = self._known(numbers_of(row[0]))
        return self._dear[node]


def _unsent(nodes: Iterable[Node]) -> frozenset[str]:
    """What the terms that must all match say of changes that somebody made and that are not at their vendor."""
    said: set[str] = set()
    for node in nodes:
        choices = node.nodes if isinstance(node, Or) else (node,)
        values = {one.value for one in choices if isinstance(one, Choice) and one.field == "is"}
        said |= values if len(values) == len(choices) and values <= UNSENT.keys() else set()
    return frozenset(said)


def _start(token: str) -> str:
    """FTS5's word for "starts with"; tokens hold no quotes."""
    return f'"{token}"*'


def _united(sets: list[Ids]) -> Ids:
    """`np.unique` without its 25 ms at the first call, and a twentieth of its time later."""
    ids = np.concatenate(sets)
    ids.sort()
    united: Ids = ids[np.append(True, ids[1:] != ids[:-1])]
    return united


def _is_plain(text: str) -> bool:
    """Whether the word index alone answers this word."""
    return not ending_of(text) and not digit_needles(text)
