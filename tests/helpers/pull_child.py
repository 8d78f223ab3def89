"""A program to be killed: pulls a vendor in memory into the given file, slowly, and acknowledges each stored page.

python -m tests.helpers.pull_child FILE"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from crmdesk.core import seams
from tests.helpers.desk import Desk
from tests.helpers.memory_vendor import MemoryVendor

CONTACTS, PER_PAGE = 150, 5


def vendor() -> MemoryVendor:
    """The same in every process."""
    return MemoryVendor(CONTACTS, per_page=PER_PAGE)


async def _slowly(_page: int) -> None:
    await asyncio.sleep(0.004)


def main(path: str) -> None:
    memory = vendor()
    memory.pause = _slowly
    desk = Desk(Path(path), memory=memory)

    def acknowledge(name: str) -> None:
        if name in ("pull.page.after_commit", "pull.finish.after_commit"):
            print(name, len(desk.cached()), flush=True)

    seams.set_gate(acknowledge)
    desk.run()
    print("end", flush=True)
    desk.close()


if __name__ == "__main__":
    main(sys.argv[1])
