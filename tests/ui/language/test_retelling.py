"""Sentences that were kept in English are said in the language of the program."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from crmdesk.sync.progress import done_text
from crmdesk.ui import language
from crmdesk.ui.retelling import Retelling, originals

WORDS = {
    ("{vendor} cannot be reached.",): ("{vendor} ist nicht erreichbar.",),
    ("Check the network connection. Nothing was sent.",): ("Prüfen Sie das Netz. Nichts wurde gesendet.",),
    ("{field} is missing.",): ("„{field}“ fehlt.",),
    ("The {field} is missing.",): ("„{field}“ fehlt hier.",),
    ("Only one of these may be given: {fields}.",): ("Nur eines davon: {fields}.",),
    ("City",): ("Ort",),
    ("Access token",): ("Zugangsschlüssel",),
    ("{vendor} refused this: {why}",): ("{vendor} lehnt ab: {why}",),
    ("it is empty",): ("sie ist leer",),
    ("1 row has an error.", "{n} rows have errors."): ("1 Zeile hat einen Fehler.", "{n} Zeilen haben Fehler."),
    ("{first} {last}",): ("{last}, {first}",),
    ("Cendyn took {contacts} and {purchases}.",): ("Cendyn nahm {contacts} und {purchases}.",),
    ("1 new", "{n} new"): ("1 neu", "{n} neu"),
    ("1 changed", "{n} changed"): ("1 geändert", "{n} geändert"),
    ("1 contact", "{n} contacts"): ("{n} Kontakt", "{n} Kontakte"),  # as in French, where 0 has the same form
    ("1 purchase", "{n} purchases"): ("1 Kauf", "{n} Käufe"),
}


class German:
    def gettext(self, message: str) -> str:
        singular = {forms[0]: words[0] for forms, words in WORDS.items()}  # as GNU gettext looks it up
        return singular.get(message, message)

    def ngettext(self, one: str, many: str, count: int, /) -> str:
        return WORDS[one, many][count != 1].replace("{n}", self.number(count))

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", ".")


@pytest.fixture
def told() -> Retelling:
    return Retelling(WORDS, German())


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("Cendyn cannot be reached.", "Cendyn ist nicht erreichbar."),
        (
            "Cendyn cannot be reached. Check the network connection. Nothing was sent.",
            "Cendyn ist nicht erreichbar. Prüfen Sie das Netz. Nichts wurde gesendet.",
        ),
        ("City is missing.", "„Ort“ fehlt."),
        ("The access token is missing.", "„Zugangsschlüssel“ fehlt hier."),
        ("Only one of these may be given: City, Access token.", "Nur eines davon: Ort, Zugangsschlüssel."),
        ("Cendyn refused this: it is empty", "Cendyn lehnt ab: sie ist leer"),
        ("1,204 rows have errors.", "1.204 Zeilen haben Fehler."),
        ("1 row has an error.", "1 Zeile hat einen Fehler."),
        ("1 contact", "1 Kontakt"),
        ("1 new, 3 changed.", "1 neu, 3 geändert."),
        ("1,204 new.", "1.204 neu."),
        ("Cendyn cannot be reached. 2 new, 1 changed.", "Cendyn ist nicht erreichbar. 2 neu, 1 geändert."),
        ("Cendyn took 1 contact and 1,200 purchases.", "Cendyn nahm 1 Kontakt und 1.200 Käufe."),
    ],
)
def test_a_kept_sentence_is_said_anew(told: Retelling, kept: str, said: str) -> None:
    assert told.told(kept) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ana Ruiz",
        "contact_email is not valid",
        "Bitte. Danke. Bis bald.",
        "3 new, 2 old.",
        "2 rooms, 1 changed",
        "12 ",
        "1, 2, 3",
        "x" * 100_000,
        "{vendor}",
        "(?P<a>.*",
    ],
)
def test_what_is_not_ours_stays_as_it_is(told: Retelling, text: str) -> None:
    assert told.told(text) == text


def test_a_vendors_words_between_ours_stay(told: Retelling) -> None:
    kept = "The line is cut. Cendyn cannot be reached."
    assert told.told(kept) == "The line is cut. Cendyn ist nicht erreichbar."


def test_long_texts_that_fit_no_message_cost_little(told: Retelling) -> None:
    begun = time.process_time()
    told.told("Only one of these may be given: " + "a, " * 600)
    assert time.process_time() - begun < 0.5


def test_a_compiled_catalogue_names_its_messages() -> None:
    found = list(originals(language.catalogue_file("de").read_bytes()))
    assert ("Settings",) in found and ("1 contact", "{n} contacts") in found
    assert all(message[0] for message in found)


@pytest.fixture
def english_again(qapp: QApplication) -> Iterator[None]:
    before = QLocale()
    yield
    language.choose("en")
    QLocale.setDefault(before)


@pytest.mark.usefixtures("english_again")
@pytest.mark.parametrize("code", [code for code in language.offered() if code != language.SOURCE])
@pytest.mark.parametrize("counts", [(1, 0, 0), (0, 3, 0), (2, 1, 1204), (0, 0, 1)])
def test_what_a_check_did_is_told_in_each_language_once_it_is_kept(code: str, counts: tuple[int, int, int]) -> None:
    """Kept, it is the plain English sentence."""
    language.choose(code)
    live, kept = done_text(*counts), str(done_text(*counts))
    assert language.translated(kept) == language.translated(live) != kept
