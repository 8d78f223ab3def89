"""Where sign-ins are kept: in the encrypted data file, or, where they must not be written down, in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crmdesk.store.database import Database


def _nothing_lent(_account_id: int, _one_server: bool) -> str:
    return ""


class SecretShelf:
    """The accounts' secrets, read anew at each use: a changed one counts at once.

    `keep` False (a data folder opened with a key file): secrets stay in memory and end with the program; `lent` gives
    the one that the environment names for an account, '' for none, and is told whether all accounts in use are at one
    server. Usable from any thread."""

    def __init__(
        self, database: Database, *, keep: bool = True, lent: Callable[[int, bool], str] = _nothing_lent
    ) -> None:
        self._database = database
        self._keep = keep
        self._lent = lent
        self._session: dict[int, dict[str, str]] = {}

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

    def store(self, connection: Any, touched: Any, account_id: int, secrets: Mapping[str, str]) -> None:
        """Inside the write that stores the account: both or neither. In memory they count at once."""
        from crmdesk.store import accounts

        if not self._keep:
            self._session.setdefault(account_id, {}).update(secrets)
            return
        for name, value in secrets.items():
            accounts.put_secret(connection, touched, account_id, name, value)

    def forget(self, account_id: int) -> None:
        """The account is gone; the data file drops its secrets with it."""
        self._session.pop(account_id, None)
