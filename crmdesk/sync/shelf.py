"""Where sign-ins are kept: in the encrypted data file, or, where they must not be written down, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection

if TYPE_CHECKING:
    from crmdesk.store.database import Database


def _nothing_lent(_account_id: int, _one_server: bool) -> str:
    return ""


class SecretShelf:
    """The accounts' secrets, read anew at each use: a changed one counts at once.

    `keep` False (a data folder opened with a key file): secrets stay in memory and end with the program; `lent` gives
    the one that the environment names for an account, '' for none, and is told whether all accounts in use are at one
    server. Usable from any thread, but `turn` in the network thread only."""

    def __init__(
        self, database: Database, *, keep: bool = True, lent: Callable[[int, bool], str] = _nothing_lent
    ) -> None:
        self._database = database
        self._keep = keep
        self._lent = lent
        self._session: dict[int, dict[str, str]] = {}
        self._turns: dict[int, asyncio.Lock] = {}

    async def of(self, account_id: int, names: list[str]) -> dict[str, str]:
        """The account's secrets by name. What was typed in this session counts more than what the environment lends;
        a lent one is the first of `names`."""
        from crmdesk.store import accounts

        if self._keep:
            return await self._database.read(lambda c: accounts.secrets(c, account_id))
        used = {(one.vendor, one.base_url) for one in await self._database.read(accounts.accounts) if one.active}
        lent = self._lent(account_id, len(used) <= 1)
        return ({names[0]: lent} if lent and names else {}) | self._session.get(account_id, {})

    async def address(self, account_id: int) -> str:
        """The account's base address as it is stored now; '' for an account that is gone."""
        from crmdesk.store import accounts

        found = await self._database.read(lambda c: accounts.account(c, account_id))
        return found.base_url if found is not None else ""

    def store(
        self,
        connection: Connection,
        touched: Touched,
        account_id: int,
        secrets: Mapping[str, str],
        *,
        only: Collection[str] | None = None,
    ) -> None:
        """Inside the write that stores the account: both or neither. In memory they count at once.

        `only`: the names that may be there afterwards; whatever else is kept of the account goes."""
        held = self._held(connection, account_id)
        dropped = set() if only is None else held.keys() - only
        self._replace(connection, touched, account_id, dropped, secrets)

    async def swap(
        self, account_id: int, before: Mapping[str, str], values: Mapping[str, str], fits: Callable[[str], bool]
    ) -> bool:
        """`values` in the place of `before`, in one commit. False, and nothing is changed, where the account is gone or
        its address no longer `fits`, or where what it has under these names is no longer `before`."""
        from crmdesk.store import accounts

        names = before.keys() | values.keys()

        def store(connection: Connection, touched: Touched) -> bool:
            found = accounts.account(connection, account_id)
            held = self._held(connection, account_id)
            now = {name: held[name] for name in names if name in held}
            if found is None or not found.active or not fits(found.base_url) or now != dict(before):
                return False
            self._replace(connection, touched, account_id, before.keys() - values.keys(), values)
            return True

        return await self._database.write(store)

    def turn(self, account_id: int) -> asyncio.Lock:
        """Held while a sign-in of the account is renewed: two accesses of one account may be open for a moment."""
        return self._turns.setdefault(account_id, asyncio.Lock())

    def forget(self, account_id: int) -> None:
        """The account is gone; the data file drops its secrets with it."""
        self._session.pop(account_id, None)

    def _held(self, connection: Connection, account_id: int) -> dict[str, str]:
        from crmdesk.store import accounts

        return accounts.secrets(connection, account_id) if self._keep else dict(self._session.get(account_id, {}))

    def _replace(
        self,
        connection: Connection,
        touched: Touched,
        account_id: int,
        dropped: Collection[str],
        secrets: Mapping[str, str],
    ) -> None:
        from crmdesk.store import accounts

        if not self._keep:
            kept = self._session.get(account_id, {})
            rest = {name: value for name, value in kept.items() if name not in dropped}
            self._session[account_id] = rest | dict(secrets)
            return
        if dropped:
            accounts.drop_secrets(connection, touched, account_id, dropped)
        for name, value in secrets.items():
            accounts.put_secret(connection, touched, account_id, name, value)
