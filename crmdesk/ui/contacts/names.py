"""Country and language codes as words of the desk's locale, and the other way round for the search box."""

from __future__ import annotations

import re
from functools import lru_cache
from gettext import NullTranslations
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale

from crmdesk.core.text import fold

if TYPE_CHECKING:
    from crmdesk.core.query import Lexicon

NO_LANGUAGES = (QLocale.Language.AnyLanguage, QLocale.Language.C)


@lru_cache(maxsize=512)
def country(code: str) -> str:
    """Name of an alpha-2 code in the desk's language; other text is given back as it is."""
    territory = QLocale.codeToTerritory(code) if len(code) == 2 else QLocale.Country.AnyTerritory
    if territory == QLocale.Country.AnyTerritory:
        return code
    english = QLocale.territoryToString(territory)
    return english if _english() else _translated_country(code.upper(), english)


@lru_cache(maxsize=512)
def language(code: str) -> str:
    """Name of a language code (`pt`, `zh-TW`) in the desk's language; unknown codes as they are."""
    main, _, region = code.partition("-")
    found = QLocale.codeToLanguage(main)
    if found in NO_LANGUAGES:
        return code
    name = QLocale.languageToString(found)
    if not _english():
        name = _translated_language(main, name)
    return f"{name} ({country(region.upper())})" if region else name


def languages(codes: str) -> str:
    """Names of several codes parted by commas or blanks."""
    return ", ".join(language(code) for code in re.split(r"[,;\s]+", codes) if code)


def lexicon(vendors: dict[str, str]) -> Lexicon:
    """What people may type for a code: country and language names, in English and in the desk's language, and the
    vendors' titles. `vendors` maps vendor keys to titles."""
    from crmdesk.core.query import Lexicon

    return Lexicon(
        countries=_countries(),
        languages=_languages(),
        vendors={fold(word): key for key, title in vendors.items() for word in (key, title)},
    )


def folded_countries() -> dict[str, str]:
    """Code → the name in the desk's language, as lists are sorted by it."""
    codes = {QLocale.territoryToCode(territory) for territory in QLocale.Country}
    return {code: fold(country(code)) for code in codes if len(code) == 2 and code.isalpha()}


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    found: dict[str, str] = {}
    for territory in QLocale.Country:
        code = QLocale.territoryToCode(territory)
        if len(code) == 2 and code.isalpha():
            found[fold(QLocale.territoryToString(territory))] = code
            found.setdefault(fold(country(code)), code)
    return found


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    found: dict[str, str] = {}
    for item in QLocale.Language:
        code = QLocale.languageToCode(item)
        if len(code) == 2:
            found[fold(QLocale.languageToString(item))] = code
            found.setdefault(fold(language(code)), code)
    return found


def _english() -> bool:
    return QLocale().language() in (QLocale.Language.English, QLocale.Language.C)


def _translated_country(code: str, english: str) -> str:
    import pycountry  # 47 ms, and only where the desk's language is not English

    found = pycountry.countries.get(alpha_2=code)
    return _catalogue("iso3166-1").gettext(found.name) if found else english


def _translated_language(code: str, english: str) -> str:
    import pycountry

    found = pycountry.languages.get(alpha_2=code) or pycountry.languages.get(alpha_3=code)
    return _catalogue("iso639-3").gettext(found.name) if found else english


@lru_cache(maxsize=4)
def _catalogue(domain: str) -> NullTranslations:
    import gettext

    import pycountry

    return gettext.translation(domain, pycountry.LOCALES_DIR, [QLocale().name()], fallback=True)


def forget() -> None:
    """After the desk's language changed."""
    for cached in (country, language, _catalogue, _countries, _languages):
        cached.cache_clear()
