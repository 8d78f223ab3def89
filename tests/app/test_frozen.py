"""The program as hotels get it, frozen here and tried out by itself. The long tests of the installer pack it, too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from build_installer import lacking
from crmdesk import __version__, libraries

ROOT = Path(__file__).parents[2]
LOST = "crmdesk/_resources/icons/theatre.svg"  # no start needs it


@pytest.mark.timeout(900)
def test_the_frozen_program_works(tmp_path: Path) -> None:
    message = lacking()
    if message and not os.environ.get("CI"):  # where it must not be left out (see .ci/run)
        pytest.skip(message)
    command = [sys.executable, str(ROOT / "build_installer.py"), "--folder-only", "--out", str(tmp_path / "dist")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This installation works." in done.stdout
    program = tmp_path / "dist" / "crmdesk"
    table = (program / "licences" / "LICENCES.txt").read_text("utf-8")
    assert "httpx " in table
    if shutil.which("dpkg"):  # it knows whose the libraries are that came from the system
        assert ": system/lib" in table and any((program / "licences" / "system").iterdir())
    told = subprocess.run([program / "crmdesk", "--version"], capture_output=True, text=True, check=True).stdout
    assert told == f"crmdesk {__version__}\n"
    assert not [*program.rglob("__pycache__")]
    if sys.platform == "linux":
        inside = program / "_internal"
        assert libraries.unneeded(program / "crmdesk", inside) == []
        assert libraries.forget_places(libraries.libraries(inside)) == []  # the builder's folders are told to nobody
    (program / "_internal" / LOST).unlink()
    done = subprocess.run([program / "crmdesk", "self-test"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{LOST}'" in done.stdout
