"""The language of the program: catalogues, Qt's own texts, and the locale of dates and numbers.

Catalogues lie in resources/locale/LANGUAGE/crmdesk.mo and are read with the first text that needs them; English, the
language of the source, has none. A message that a catalogue lacks is shown in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QLocale

from crmdesk.core.said import Said
from crmdesk.settings import LANGUAGES, SYSTEM
from crmdesk.ui.paths import resources

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import QTranslator

    from crmdesk.ui.retelling import Retelling

SOURCE = "en"
PSEUDO = "pseudo"  # for us: longer, accented, in brackets; what is not, bypasses the catalogues
OWN_NAMES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español"}
_ACCENTS = str.maketrans("aceinouyACEINOUY", "àçéîñöüýÀÇÉÎÑÖÜÝ")
_PILE = 8  # letters of a word that is added
_LONGER = 0.4  # a translation may be so much longer


class Catalogue(Protocol):
    """What the words of one language come from."""

    def gettext(self, message: str) -> str: ...

    def ngettext(self, one: str, many: str, count: int, /) -> str: ...


class _English:
    def gettext(self, message: str) -> str:
        return message

    def ngettext(self, one: str, many: str, count: int, /) -> str:
        return one if count == 1 else many


class _Pseudo:
    def gettext(self, message: str) -> str:
        return message if "⟦" in message else pseudo(message)  # else it is said already

    def ngettext(self, one: str, many: str, count: int, /) -> str:
        return pseudo(one if count == 1 else many)


def pseudo(message: str) -> str:
    """Accented, 40 % longer, in brackets; {placeholders} stay."""
    made, rest = "", message
    while rest:
        plain, opened, tail = rest.partition("{")
        made += plain.translate(_ACCENTS)
        name, closed, rest = tail.partition("}")
        made += f"{opened}{name}{closed}"
    more = round(len(message) * _LONGER)
    piled = more if " " not in message else _PILE  # a single word becomes a longer one
    padding = " ".join("~" * min(piled, more - at) for at in range(0, more, piled)) if more else ""
    return f"⟦{made}{padding}⟧"


class _Spoken:
    """The chosen language, and its catalogue once a text was asked for."""

    def __init__(self) -> None:
        self.code = SOURCE
        self.catalogue: Catalogue | None = _English()
        self.retelling: Retelling | None = None
        self.qt: QTranslator | None = None

    def speak(self, code: str) -> None:
        self.code, self.catalogue, self.retelling = code, None if code != SOURCE else _English(), None

    def gettext(self, message: str) -> str:
        return self.words().gettext(message)

    def ngettext(self, one: str, many: str, count: int, /) -> str:
        return self.words().ngettext(one, many, count)

    def number(self, value: int) -> str:
        return number(value)

    def told(self, text: str) -> str:
        """A sentence that was kept in English."""
        if self.retelling is None:
            from crmdesk.ui.retelling import Retelling, originals

            self.retelling = Retelling(originals(catalogue_file(self.code).read_bytes()), self)
        return self.retelling.told(text)

    def words(self) -> Catalogue:
        if self.catalogue is None:
            self.catalogue = _read(self.code)
        return self.catalogue


_spoken = _Spoken()


def capitals() -> bool:
    """Whether the language writes every noun with a capital."""
    return _spoken.code == "de"


def translated(text: str) -> str:
    """The text in the language of the program; what has no translation as it is. A sentence that was stored in English
    counts as the message it was made from."""
    if not text:
        return ""  # '' is the name of a catalogue's own head
    if isinstance(text, Said):
        return text.in_words(_spoken)
    found = _spoken.gettext(text)
    kept = found == text and _spoken.code not in (SOURCE, PSEUDO) and " " in text
    return _spoken.told(text) if kept else found


def number(value: int) -> str:
    """With the locale's grouping: 48,213."""
    return _desk().toString(value)


def decimal(value: float) -> str:
    """With one digit after the locale's sign for it: 2.5, 2,5."""
    return _desk().toString(value, "f", 1)


def _desk() -> QLocale:
    desk = QLocale()
    plain = desk.language() == QLocale.Language.C  # no locale at all: it would not group
    return QLocale(QLocale.Language.English) if plain else desk


def counted(one: str, many: str, count: int) -> str:
    """The form that the language has for `count`."""
    return _spoken.words().ngettext(one, many, count)


def catalogue_file(code: str) -> Path:
    return resources() / "locale" / code / "crmdesk.mo"


def _read(code: str) -> Catalogue:
    if code == PSEUDO:
        return _Pseudo()
    if code == SOURCE:
        return _English()
    from gettext import GNUTranslations

    with catalogue_file(code).open("rb") as file:
        return GNUTranslations(file)


def offered() -> tuple[str, ...]:
    """Codes of the languages that can be chosen: English, and those with a catalogue."""
    return tuple(code for code in LANGUAGES if code == SOURCE or catalogue_file(code).is_file())


def of_system() -> str:
    """The first language of the system's list that we speak, else English."""
    there = offered()
    wanted = (tag.replace("_", "-").split("-")[0].lower() for tag in wanted_by_system())
    return next((code for code in wanted if code in there), SOURCE)


def wanted_by_system() -> list[str]:
    """Its languages (`de-AT`, `en`), the most wanted first."""
    return QLocale.system().uiLanguages()


def current() -> str:
    """Code of the language that is spoken now."""
    return _spoken.code


def choose(wanted: str) -> str:
    """Speak `wanted` (a code, or `system`) from now on; gives the code. What is shown already keeps its words, so this
    comes before the window."""
    code = of_system() if wanted == SYSTEM else wanted
    if code != PSEUDO and code not in offered():
        code = SOURCE
    _spoken.speak(code)
    QLocale.setDefault(_locale(code, followed=wanted == SYSTEM))
    _qt_texts(code)
    return code


def _locale(code: str, *, followed: bool) -> QLocale:
    """Of dates and numbers: the system's own where it is of that language, else of that language."""
    system = QLocale.system()
    if followed or code == PSEUDO:
        return system
    language = QLocale(code).language()
    if system.language() == language:
        return system
    return QLocale(language, system.territory()) if code == SOURCE else QLocale(language)


def _qt_texts(code: str) -> None:
    """Buttons and menus that Qt itself words. Its classes for that are made only where they are needed."""
    if code in (SOURCE, PSEUDO) and _spoken.qt is None:
        return
    from PySide6.QtCore import QCoreApplication, QLibraryInfo, QTranslator

    if _spoken.qt is not None:
        QCoreApplication.removeTranslator(_spoken.qt)
        _spoken.qt = None
    if code in (SOURCE, PSEUDO):
        return
    found = QTranslator(QCoreApplication.instance())
    if found.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        QCoreApplication.installTranslator(found)
        _spoken.qt = found
