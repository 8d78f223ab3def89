"""Memory of the process that asks. Imports next to nothing: the bare window asks too."""

from pathlib import Path


def resident() -> dict[str, float]:
    """Rss and Pss of this process, in MB."""
    lines = Path("/proc/self/smaps_rollup").read_text("ascii").splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return {name: sizes[name] for name in ("Rss", "Pss")}
