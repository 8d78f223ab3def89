"""Functions run in processes of their own, so that no measure inherits another one's memory, imports or caches."""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
QUIET = "*.warning=false;qt.text.font.db=false"  # the second: of names in scripts that a lean machine has no fonts for
ENVIRONMENT = {"QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": QUIET, "CRMDESK_NO_KEYRING": "1"}

peaks: dict[str, float] = {}  # module → most memory that a process of it has used (RSS, MB)


def environment(**more: str) -> dict[str, str]:
    """Ours for every child. Bytecode is kept, as it is for everybody who starts the program a second time."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**inherited, **ENVIRONMENT, **more}


def run(target: str, **arguments: Any) -> Any:
    """What `package.module:function(**arguments)` returns, called in a new process. CalledProcessError if it fails."""
    done = subprocess.run(
        _command(target, arguments), cwd=PROJECT, env=environment(), stdout=subprocess.PIPE, text=True, check=True
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    module = target.partition(":")[0]
    peaks[module] = max(peaks.get(module, 0.0), answer["peak"])
    return answer["result"]


@contextmanager
def emulator(count: int, vendor: str = "bookingsync") -> Iterator[str]:
    """Address of the vendor's emulator with one account of `count` contacts, in a process of its own."""
    command = _command("tests.perf.emulator:serve", {"count": count, "vendor": vendor})
    with subprocess.Popen(command, cwd=PROJECT, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def _command(target: str, arguments: dict[str, Any]) -> list[str]:
    return [sys.executable, "-m", "tests.perf.child", target, json.dumps(arguments)]


def _main(target: str, arguments: str) -> None:
    module, _, name = target.partition(":")
    result = getattr(importlib.import_module(module), name)(**json.loads(arguments))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"result": result, "peak": peak}), flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
