"""The PINs of the people at the desk, and whether the window is locked: kept in the encrypted data file.

A PIN keeps people who pass by away from the screen; the data file's key keeps thieves away. A try is written down
before it is looked at, so ending the program in between wins nobody a further one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from crmdesk.core.errors import NotFoundError, SettingsError
from crmdesk.core.pin import (
    FREE_TRIES,
    NO_PINS,
    AtDesk,
    PinBook,
    PinRecord,
    Verdict,
    clean,
    key_of,
    wait_after,
    wait_left,
    why_bad,
)
from crmdesk.core.seams import Clock, iso, random_bytes

if TYPE_CHECKING:
    from crmdesk.store.database import Database

log = logging.getLogger(__name__)

COST_N, COST_R, COST_P = 2**15, 8, 1  # 32 MB and about 0.1 s; stored with each PIN
SIZE = 32  # bytes of digest and salt


class Pins:
    """On the caller's loop. `load` first; then the answers without `await` are known at once.

    `prove(passphrase)` tells whether this is the data folder's passphrase (blocks 0.1 s); None where it has none."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._book = NO_PINS
        self._until: dict[str, float] = {}  # by folded name, on the monotonic clock: a wall clock may be moved
        self._proof_until: dict[str, float] = {}  # the same for the passphrase, by which a wait for PINs is left
        self._one = asyncio.Lock()  # tries are counted one by one, and nothing is changed under one
        self.prove: Callable[[str], bool] | None = None

    def load(self) -> None:
        """Reads what is stored; blocks. StorageError."""
        from crmdesk.store import pins
        from crmdesk.store.database import driver_of

        self._book = self._database.read_sync(lambda c: pins.read(driver_of(c)))
        now, clock = self._clock.now(), self._clock.monotonic()
        self._until = {key: clock + wait_left(record, now) for key, record in self._book.pins.items()}

    # ── what is so ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def book(self) -> PinBook:
        return self._book

    def names(self) -> list[str]:
        """Who has a PIN, in the order of their folded names."""
        return [self._book.pins[key].name for key in sorted(self._book.pins)]

    def has(self, name: str) -> bool:
        return self._book.has(name)

    def wait(self, name: str) -> float:
        """Seconds until this person's next try counts; 0: now."""
        return max(0.0, self._until.get(key_of(name), 0.0) - self._clock.monotonic())

    # ── trying ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def check(self, name: str, typed: str) -> Verdict:
        """Whether `typed` is this person's PIN. During a wait nothing is looked at; what cannot be a PIN at all
        (letters, nothing) costs no try. For somebody without a PIN nothing is right. StorageError."""
        async with self._one:
            return await self._checked(name, typed)

    async def _checked(self, name: str, typed: str) -> Verdict:
        """Within `_one`, as all that follows: what is decided by a PIN is done before the next one is looked at."""
        digits = clean(typed)
        return await self._try(name, lambda record: _matches(record, digits), self._until, counts=bool(digits))

    async def _try(
        self, name: str, right: Callable[[PinRecord], bool], until: dict[str, float], *, counts: bool = True
    ) -> Verdict:
        """`until`: which wait keeps it from being looked at."""
        record = self._book.pins.get(key_of(name))
        if record is None:
            return Verdict(False)
        if not counts or self._left(until, record) > 0:
            return self._verdict(record, until)
        missed = record.missed(iso(self._clock.now()))
        await self._put(missed)
        if await asyncio.to_thread(right, record):
            await self._put(record.passed())
            self._until.pop(key_of(name), None)
            self._proof_until.pop(key_of(name), None)
            return Verdict(True)
        ends = self._clock.monotonic() + wait_after(missed.tries)
        self._until[key_of(name)] = until[key_of(name)] = ends
        log.info("a PIN was wrong; %d times in a row", missed.tries)
        return self._verdict(missed, until)

    def _left(self, until: dict[str, float], record: PinRecord) -> float:
        return max(0.0, until.get(key_of(record.name), 0.0) - self._clock.monotonic())

    def _verdict(self, record: PinRecord, until: dict[str, float]) -> Verdict:
        return Verdict(False, max(0, FREE_TRIES - record.tries), self._left(until, record))

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def set(self, name: str, new: str, old: str = "") -> Verdict:
        """Gives this person a PIN, or another one where `old` is right. SettingsError(field="pin"), StorageError."""
        digits = clean(new)
        if not name.strip():
            raise SettingsError("A PIN belongs to a name.", "Say first who is at the desk.", field="name")
        if reason := why_bad(digits):
            raise SettingsError(reason, field="pin")
        return await self._with_old(name, old, lambda: self._set(name, digits))

    async def remove(self, name: str, old: str) -> Verdict:
        """Takes this person's PIN away where `old` is right. StorageError."""
        return await self._with_old(name, old, lambda: self._forget(name))

    async def _with_old(self, name: str, old: str, do: Callable[[], Awaitable[None]]) -> Verdict:
        async with self._one:
            verdict = await self._checked(name, old) if self.has(name) else Verdict(True)
            if verdict.right:
                await do()
        return verdict

    async def _set(self, name: str, digits: str) -> None:
        salt = random_bytes(SIZE)
        digest = await asyncio.to_thread(_digest, digits, salt, COST_N, COST_R, COST_P)
        await self._put(PinRecord(name, salt.hex(), digest.hex(), COST_N, COST_R, COST_P))
        log.info("a PIN was set")

    async def forget(self, name: str) -> None:
        """Without the PIN: for whoever proved otherwise that the data is theirs. NotFoundError where there is none."""
        async with self._one:
            await self._forget(name)

    async def _forget(self, name: str) -> None:
        from crmdesk.store import pins
        from crmdesk.store.database import driver_of

        key = key_of(name)
        if key not in self._book.pins:
            raise NotFoundError("There is no PIN for this name.", "Look at the names: crmdesk pins list")
        await self._database.write(lambda c, _touched: pins.drop(driver_of(c), name))
        self._book = replace(self._book, pins={one: kept for one, kept in self._book.pins.items() if one != key})
        self._until.pop(key, None)
        log.info("a PIN was removed")

    async def forget_by_passphrase(self, name: str, passphrase: str) -> Verdict:
        """*Forgot PIN*: the data folder's passphrase takes the PIN away, also while a PIN has to wait. Wrong
        ones count like wrong PINs, and then the next one waits.

        KnownError where the folder has no passphrase, or its key.json cannot be read."""
        prove = self.prove
        if prove is None:
            raise NotFoundError("This data folder has no passphrase.", "Remove the PIN with: crmdesk pins forget NAME")
        proof = bool(passphrase)
        async with self._one:
            verdict = await self._try(name, lambda _record: prove(passphrase), self._proof_until, counts=proof)
            if verdict.right:
                await self._forget(name)
        return verdict

    # ── the desk ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def note_desk(self, operator: str, *, locked: bool) -> None:
        """Writes down who is at the desk and whether the window is locked, for the next start. StorageError."""
        from crmdesk.store import pins
        from crmdesk.store.database import driver_of

        desk = AtDesk(operator, locked)
        await self._database.write(lambda c, _touched: pins.put_desk(driver_of(c), desk))
        self._book = replace(self._book, desk=desk)

    async def _put(self, record: PinRecord) -> None:
        from crmdesk.store import pins
        from crmdesk.store.database import driver_of

        await self._database.write(lambda c, _touched: pins.put(driver_of(c), record))
        self._book = replace(self._book, pins={**self._book.pins, key_of(record.name): record})


def _matches(record: PinRecord, digits: str) -> bool:
    """In a worker thread."""
    import hmac

    found = _digest(digits, bytes.fromhex(record.salt), record.n, record.r, record.p)
    return hmac.compare_digest(found, bytes.fromhex(record.digest))


def _digest(digits: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    import hashlib

    memory = 128 * r * (n + p + 2) + 1024 * 1024
    return hashlib.scrypt(digits.encode("ascii"), salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=SIZE)
