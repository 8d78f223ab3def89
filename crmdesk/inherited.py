"""What the programs that we start inherit: a browser, the file manager, a second crmdesk.

A frozen program finds its own libraries through variables that PyInstaller sets at its start. Whoever inherits them
loads our libraries in place of the system's: on a newer system than the one that built us, browsers do not start."""

from __future__ import annotations

from collections.abc import MutableMapping

LIBRARIES = "LD_LIBRARY_PATH"
BEFORE = "LD_LIBRARY_PATH_ORIG"  # what it was before PyInstaller's start, if it was set at all
PLUGINS = ("QT_PLUGIN_PATH", "QML2_IMPORT_PATH")  # Qt finds ours without: its wheels say where they lie
OF_THE_START = "_PYI_"  # with these a crmdesk would take itself for a part of this one, and miss its libraries


def give_back(environment: MutableMapping[str, str]) -> None:
    """Makes it what the frozen program was started with. Nothing changes for this process: its loader has read it."""
    before = environment.pop(BEFORE, "")
    for name in [name for name in environment if name in (LIBRARIES, *PLUGINS) or name.startswith(OF_THE_START)]:
        del environment[name]
    if before:
        environment[LIBRARIES] = before
