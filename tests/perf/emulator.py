"""The emulators as the benchmarks use them: one large account, no limit of calls, on a loopback port."""

from __future__ import annotations

import json
from typing import Any

from crmdesk.sandbox.server import run

TOKEN = "benchmark"
CLIENT = "benchmark"
NO_LIMIT = 10**9


def serve(count: int, vendor: str = "bookingsync") -> None:
    """Serves until it is terminated; prints its address once it answers."""
    run(_MADE[vendor](count), ready=lambda url: print(json.dumps(url), flush=True))


def _bookingsync(count: int) -> Any:
    from crmdesk.vendors.bookingsync.sandbox import SandboxAccount, sandbox

    return sandbox([SandboxAccount(1, "Benchmark", TOKEN, count=count)], hourly=NO_LIMIT)


def _prioticket(count: int) -> Any:
    from crmdesk.vendors.prioticket.sandbox import SandboxAccount, sandbox

    return sandbox([SandboxAccount(CLIENT, "Benchmark", TOKEN, count=count)], per_minute=NO_LIMIT)


def _crmcom_events(_count: int) -> Any:
    from crmdesk.vendors.crmcom_events.sandbox import sandbox

    return sandbox()


_MADE = {"bookingsync": _bookingsync, "prioticket": _prioticket, "crmcom_events": _crmcom_events}
