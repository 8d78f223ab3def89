"""The emulator as the benchmarks use it: one large account, no hourly limit, on a loopback port."""

from __future__ import annotations

import json

from crmdesk.sandbox.server import run
from crmdesk.vendors.bookingsync.sandbox import SandboxAccount, sandbox

TOKEN = "benchmark"
NO_LIMIT = 10**9


def serve(count: int) -> None:
    """Serves until it is terminated; prints its address once it answers."""
    app = sandbox([SandboxAccount(1, "Benchmark", TOKEN, count=count)], hourly=NO_LIMIT)
    run(app, ready=lambda url: print(json.dumps(url), flush=True))
