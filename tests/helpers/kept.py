"""An account's secrets in memory, as a connector is given them, with everything that was ever stored written down."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager


class KeptSecrets:
    """`typed` by path; `now` is what is kept. `fail` is raised by the next `keep`."""

    def __init__(self, typed: Mapping[str, str], kept: Mapping[str, str] | None = None) -> None:
        self.typed, self.now = dict(typed), dict(kept or {})
        self.history = [self.now]
        self.fail: Exception | None = None
        self._turn = asyncio.Lock()

    async def get(self, path: str) -> str:
        return self.typed.get(path, "")

    async def kept(self) -> Mapping[str, str]:
        await asyncio.sleep(0)
        return dict(self.now)

    async def keep(self, values: Mapping[str, str], before: Mapping[str, str]) -> bool:
        await asyncio.sleep(0)
        if self.fail is not None:
            error, self.fail = self.fail, None
            raise error
        if self.now != dict(before):
            return False
        self.now = dict(values)
        self.history.append(self.now)
        return True

    def turn(self) -> AbstractAsyncContextManager[object]:
        return self._turn
