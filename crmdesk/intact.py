"""Whether an installation is whole: its files, its modules, its pictures, its languages, its way to a keyring.

`crmdesk self-test` asks all of it. What is missing is named by a TroubleError, or by the error of who looked for it."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import pkgutil
import sys
from pathlib import Path

import crmdesk

SUMS = "SHA256SUMS"  # beside the frozen program, as `sha256sum --check` reads it; macOS signs its bundles instead
WORD = "Cancel"  # differs in every language that we speak
COUNTRY = "Germany"
UNLOADED = "crmdesk.store.migrations.env"  # runs by being loaded
CALLS = 1000  # of Qt
KEYRINGS = {"linux": "SecretService", "win32": "Windows", "darwin": "macOS"}


class TroubleError(Exception):
    """Something is otherwise than it should be."""


def files(home: Path | None = None) -> int:
    """How many files lie in the frozen program as they were packed; 0 for a checkout."""
    if home is None:
        if sys.platform == "darwin" or not getattr(sys, "frozen", False):
            return 0
        home = Path(sys.executable).parent
    lines = (home / SUMS).read_text("utf-8").splitlines()
    for line in lines:
        digest, _, name = line.partition("  ")
        if digest_of(home / name) != digest:
            raise TroubleError(f"{name} is not what was packed")
    return len(lines)


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def modules() -> int:
    """How many modules crmdesk consists of: each is loaded, with what it needs of others."""
    names = [found.name for found in pkgutil.walk_packages(crmdesk.__path__, "crmdesk.")]
    loaded = [importlib.import_module(name) for name in names if name != UNLOADED and ".versions." not in name]
    return len(loaded)


def pictures() -> int:
    """How many icons there are: each can be drawn."""
    from crmdesk.ui.icons import pixmap, program_icon
    from crmdesk.ui.paths import resources

    names = sorted(path.stem for path in (resources() / "icons").glob("*.svg"))
    for name in names:
        drawn = pixmap(name).toImage()
        if not any(drawn.pixelColor(x, y).alpha() for x in range(drawn.width()) for y in range(drawn.height())):
            raise TroubleError(f"the icon {name} is empty")
    if program_icon().pixmap(64).isNull():
        raise TroubleError("the program's own icon cannot be drawn")
    return len(names)


def languages() -> tuple[str, ...]:
    """The languages beside English: each has its catalogue, Qt's own words and the names of countries."""
    from gettext import GNUTranslations, translation

    import pycountry
    from PySide6.QtCore import QLibraryInfo, QTranslator

    from crmdesk.settings import LANGUAGES
    from crmdesk.ui.language import SOURCE, catalogue_file

    spoken = tuple(code for code in LANGUAGES if code != SOURCE)
    of_qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for code in spoken:
        with catalogue_file(code).open("rb") as file:
            ours = GNUTranslations(file)
        if ours.gettext(WORD) == WORD:
            raise TroubleError(f"the catalogue of {code} is empty")
        if not QTranslator().load(f"qtbase_{code}", of_qt):
            raise TroubleError(f"Qt's own words are missing in {code}")
        if translation("iso3166-1", pycountry.LOCALES_DIR, [code], fallback=True).gettext(COUNTRY) == COUNTRY:
            raise TroubleError(f"the names of countries are missing in {code}")
    return spoken


def references() -> None:
    """PySide6 6.12.0 on Python 3.10 and 3.11 drops references of None and True: the process dies after some 1,000
    calls. From Python 3.12 on both are immortal."""
    from PySide6.QtCore import QObject, Signal

    class Emitter(QObject):
        fired = Signal()

    emitter = Emitter()
    emitter.fired.connect(lambda: None)
    emitter.fired.emit()
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(CALLS):
        emitter.setObjectName("a")
        emitter.fired.emit()
    lost = before[0] - sys.getrefcount(None), before[1] - sys.getrefcount(True)
    if max(lost) > CALLS // 10:
        raise TroubleError("this PySide6 does not fit this Python: it loses references")


def keyring() -> str:
    """Our way to the system's keyring can be loaded; whether one is there is another matter."""
    wanted = KEYRINGS[sys.platform]
    for found in importlib.metadata.entry_points(group="keyring.backends", name=wanted):
        found.load()
        return wanted
    raise TroubleError(f"the way to the keyring is missing: {wanted}")
