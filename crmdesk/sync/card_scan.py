"""The search for records that may be one person: all records once for their keys, then only those that share one are
held against each other. Short reads while nothing else is read, the work in a worker thread, and bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from crmdesk.core.cards import Crowd, Scanned, ScanProgress
from crmdesk.core.match import Match, Plan, Trait, Traits, Weights, keys, plans, score, traits_of
from crmdesk.core.seams import Clock, iso
from crmdesk.core.vendor import Vendor

if TYPE_CHECKING:
    from crmdesk.store.blocks import Blocks
    from crmdesk.store.database import Database
    from crmdesk.store.picks import Picked

T = TypeVar("T")
CHUNK = 250  # records read together; the window's own reads wait behind one chunk at most
COMPARED = 2_000  # candidates compared together
WRITTEN = 500  # pairs of one commit
MOST_PAIRS = 100_000  # kept of one search; nobody decides more
_CROWDS_TOLD = 20
Tell = Callable[[ScanProgress], object]


class Scan:
    """One search. `stopped` is asked between chunks."""

    def __init__(
        self,
        database: Database,
        vendors: Mapping[str, Vendor],
        clock: Clock,
        weights: Weights,
        tell: Tell,
        stopped: Callable[[], bool],
    ) -> None:
        self._database, self._all_vendors, self._clock = database, vendors, clock
        self._weights, self._tell, self._stopped = weights, tell, stopped
        self._vendors: dict[int, Vendor] = {}  # by account id
        self._records = self._found = 0

    async def run(self) -> Scanned:
        """StorageError. What was found is kept, whatever ends it."""
        from crmdesk.store import accounts, card_scan, cards
        from crmdesk.store.database import driver_of

        for account in await self._database.read(accounts.accounts):
            if (vendor := self._all_vendors.get(account.vendor)) is not None:
                self._vendors[account.id] = vendor
        total = await self._database.read(lambda c: card_scan.count(driver_of(c)))
        number = await self._database.read(lambda c: cards.next_scan(driver_of(c)))
        blocks = await asyncio.to_thread(_new_blocks)
        if not await self._key_all(blocks, total):
            return await self._ended(number, (), stopped=True)
        candidates, crowded, full = await asyncio.to_thread(blocks.candidates)
        done = await self._compare_all(candidates, number)
        crowds = await self._crowds(crowded)
        return await self._ended(number, crowds, stopped=not done, full=full or self._found >= MOST_PAIRS)

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _key_all(self, blocks: Blocks, total: int) -> bool:
        """False: stopped."""
        from crmdesk.store import card_scan

        wanted, after = plans(self._weights), 0
        while not self._stopped():
            chunk = await self._read(partial(card_scan.following, after=after, most=CHUNK))
            if not chunk:
                return True
            after = chunk[-1].id
            await asyncio.to_thread(self._key, blocks, chunk, wanted)
            self._records += len(chunk)
            self._tell(ScanProgress("reading", min(self._records, total), total))
        return False

    def _key(self, blocks: Blocks, chunk: Sequence[Picked], wanted: Sequence[Plan]) -> None:
        for number, traits in self._traits(chunk).items():
            blocks.add(number, keys(traits, wanted))

    def _traits(self, records: Iterable[Picked]) -> dict[int, Traits]:
        """By contact id; those of accounts whose vendor is not known here are left out."""
        from crmdesk.store.effective import effective, raw_of

        return {
            one.id: traits_of(vendor, effective(vendor, raw_of(one.base), one.waiting))
            for one in records
            if (vendor := self._vendors.get(one.account_id)) is not None
        }

    async def _read(self, fn: Callable[..., T]) -> T:
        """Only while the window reads nothing."""
        from crmdesk.store.database import driver_of

        return await self._database.read(lambda c: fn(driver_of(c)), idle=True)

    # ── pairs ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _compare_all(self, candidates: Any, number: int) -> bool:
        """False: stopped."""
        for start in range(0, len(candidates), COMPARED):
            if self._stopped():
                return False
            if self._found >= MOST_PAIRS:
                return True
            wanted: list[list[int]] = candidates[start : start + COMPARED].tolist()
            found = await self._compare(wanted)
            await self._keep(found, number)
            self._tell(ScanProgress("comparing", min(start + COMPARED, len(candidates)), len(candidates)))
        return True

    async def _compare(self, wanted: Sequence[Sequence[int]]) -> list[tuple[int, int, Match]]:
        from crmdesk.store import card_scan

        ids = sorted({number for pair in wanted for number in pair})
        traits: dict[int, Traits] = {}
        for start in range(0, len(ids), CHUNK):
            chunk = await self._read(partial(card_scan.by_ids, ids=ids[start : start + CHUNK]))
            traits |= await asyncio.to_thread(self._traits, chunk)
        return await asyncio.to_thread(self._matches, wanted, traits)

    def _matches(self, wanted: Sequence[Sequence[int]], traits: Mapping[int, Traits]) -> list[tuple[int, int, Match]]:
        found = []
        for a, b in wanted:
            if a in traits and b in traits:
                match = score(traits[a], traits[b], self._weights)
                if match.score >= self._weights.review:
                    found.append((a, b, match))
        return found

    async def _write(self, fn: Callable[..., T]) -> T:
        from crmdesk.store.database import driver_of

        return await self._database.write(lambda c, t: fn(driver_of(c), t))

    async def _keep(self, found: Sequence[tuple[int, int, Match]], number: int) -> None:
        from crmdesk.store import cards

        for start in range(0, len(found), WRITTEN):
            piece = found[start : start + WRITTEN]
            await self._write(partial(cards.put_pairs, scan=number, found=piece))
        self._found += len(found)

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _crowds(self, crowded: Sequence[tuple[int, int, int]]) -> tuple[Crowd, ...]:
        """What the members of blocks that were too large have in common, the greatest first; one line each."""
        greatest: dict[tuple[Trait, ...], int] = {}
        for records, one, other in sorted(crowded, reverse=True)[: 5 * _CROWDS_TOLD]:
            traits = await self._traits_of([one, other])
            if len(traits) == 2:
                shared = score(traits[one], traits[other], self._weights).matched
                greatest.setdefault(shared, records)
        return tuple(Crowd(records, shared) for shared, records in greatest.items() if shared)[:_CROWDS_TOLD]

    async def _traits_of(self, ids: list[int]) -> dict[int, Traits]:
        from crmdesk.store import card_scan

        return self._traits(await self._read(partial(card_scan.by_ids, ids=ids)))

    async def _ended(
        self, number: int, crowds: tuple[Crowd, ...], *, stopped: bool = False, full: bool = False
    ) -> Scanned:
        from crmdesk.store import cards
        from crmdesk.store.database import driver_of

        now = iso(self._clock.now())
        if not stopped and not full:
            while await self._write(partial(cards.drop_unseen, scan=number, most=WRITTEN)):
                continue
        if not stopped:
            await self._database.write(lambda c, _: cards.note_scan(driver_of(c), now))
        least = self._weights.strong
        pairs, strong = await self._database.read(
            lambda c: (cards.count(driver_of(c)), cards.count(driver_of(c), least=least))
        )
        return Scanned(self._records, pairs, strong, crowds, stopped, full, now)


def _new_blocks() -> Blocks:
    from crmdesk.store.blocks import Blocks  # brings numpy

    return Blocks()
