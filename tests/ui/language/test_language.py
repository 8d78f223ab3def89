"""The language of the window: chosen, followed, and everywhere."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QDialogButtonBox, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.filters import Filter
from crmdesk.core.query_nodes import Op
from crmdesk.core.said import said, term
from crmdesk.core.tasks import TaskScope
from crmdesk.settings import LANGUAGES, Settings, load
from crmdesk.ui import language
from crmdesk.ui.backup.dialogs import RestoreDialog
from crmdesk.ui.contacts import names
from crmdesk.ui.contacts.listing import chip_sentence
from crmdesk.ui.guest.files import _size
from crmdesk.ui.kit import PlainLabel
from crmdesk.ui.outbox.speech import SPEECH
from crmdesk.ui.words import clock_time, exact_time, in_name_order, number, plural, tr
from crmdesk.vendors.bookingsync import VENDOR
from crmdesk.vendors.cendyn.own_fields import read_own_fields


@pytest.fixture(autouse=True)
def english_again(qapp: object) -> Iterator[None]:
    before = QLocale()
    yield
    language.choose("en")
    QLocale.setDefault(before)
    names.forget()


def test_english_needs_no_catalogue_and_is_the_words_of_the_source() -> None:
    assert language.choose("en") == "en"
    assert tr("Settings") == "Settings" and plural(2, "1 contact", "{n} contacts") == "2 contacts"


def test_german_words_numbers_and_names() -> None:
    assert language.choose("de") == "de"
    names.forget()
    assert tr("Settings") == "Einstellungen"
    assert number(48213) == "48.213"
    assert names.country("FR") == "Frankreich" and names.language("pt") == "Portugiesisch"


def test_counts_go_by_the_rule_of_the_language() -> None:
    language.choose("de")
    assert plural(1, "1 contact", "{n} contacts") == "1 Kontakt"
    assert plural(1500, "1 contact", "{n} contacts") == "1.500 Kontakte"


def test_sentences_made_of_parts_are_said_anew() -> None:
    language.choose("pseudo")
    assert tr(said("{vendor} did not answer.", vendor="Acme")).startswith("⟦Acme")


def test_german_nouns_keep_their_capital_inside_a_sentence() -> None:
    city = next(field for field in VENDOR.fields if field.path == "city")
    assert SPEECH.label(city) == "city"
    language.choose("de")
    assert SPEECH.label(city) == "Ort"


def test_a_field_that_somebody_named_keeps_its_name() -> None:
    """A custom field may be called like a message of ours."""
    language.choose("de")
    assert tr("No") != "No"
    [mine] = read_own_fields({"custom_fields": "No"}, frozenset(), frozenset()).contact
    assert tr(mine.label) == "No" == pickle.loads(pickle.dumps(mine)).label
    assert tr(said("{field} is missing.", field=term(mine.label))) == tr("{field} is missing.").replace("{field}", "No")


def test_qts_own_buttons_follow() -> None:
    language.choose("de")
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert box.buttons()[0].text().replace("&", "") == "Abbrechen"


def test_the_head_of_a_catalogue_is_never_shown() -> None:
    language.choose("de")
    assert tr("") == ""


def test_what_is_not_translated_stays_as_it_is() -> None:
    language.choose("de")
    assert tr("Grüße aus Wien") == "Grüße aus Wien"


@pytest.mark.parametrize(
    ("system", "spoken"),
    [(["de-AT"], "de"), (["el", "de"], "de"), (["el-GR"], "en"), (["en-US", "de"], "en"), ([], "en")],
)
def test_the_systems_list_is_followed(system: list[str], spoken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "wanted_by_system", lambda: system)
    assert language.of_system() == spoken


def test_a_language_without_a_catalogue_becomes_english(monkeypatch: pytest.MonkeyPatch) -> None:
    assert language.choose("xx") == "en"


def test_the_setting_takes_only_languages(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert Settings().language == "system"
    for code, kept in (("de", "de"), ("klingon", "system"), ("", "system")):
        (tmp_path / "settings.json").write_text(f'{{"language": "{code}"}}', "utf-8")
        assert load(tmp_path).language == kept


def test_only_languages_that_are_there_are_offered() -> None:
    assert "en" in language.offered() and "de" in language.offered()
    assert all(code in language.OWN_NAMES for code in LANGUAGES)


def test_pseudo_keeps_placeholders() -> None:
    made = language.pseudo("Data folder: {folder}")
    assert "{folder}" in made and made.startswith("⟦") and made.endswith("⟧") and len(made) > 28


def test_names_stand_in_the_order_of_the_locale() -> None:
    names_ = ["Zypern", "Österreich", "Afghanistan", "Ägypten", "oman", "Spanien"]
    QLocale.setDefault(QLocale("de"))
    assert in_name_order(names_, str) == ["Afghanistan", "Ägypten", "oman", "Österreich", "Spanien", "Zypern"]
    QLocale.setDefault(QLocale("sv"))
    assert in_name_order(names_, str)[-2:] == ["Ägypten", "Österreich"]


@pytest.mark.parametrize("code", ["de", "fr", "es"])
def test_titles_of_columns_are_not_cut_in_any_language(qtbot: QtBot, code: str) -> None:
    from crmdesk.ui.contacts.columns import COLUMNS
    from crmdesk.ui.contacts.header import PAD, ContactsHeader
    from crmdesk.ui.theme import theme

    language.choose(code)
    host = QWidget()
    qtbot.addWidget(host)
    header = ContactsHeader(theme(), host)
    for place, column in enumerate(COLUMNS):
        assert header._usual_width(place) >= header.fontMetrics().horizontalAdvance(tr(column.title)) + 2 * PAD


def test_chips_of_filters_are_said_in_the_language() -> None:
    language.choose("pseudo")
    chip = chip_sentence(Filter("updated", Op.LAST, ("7d",)), {}, {})
    assert chip.startswith("⟦") and chip.endswith("⟧") and "7" in chip and "days" not in chip


@pytest.mark.parametrize(
    ("code", "amount", "large", "day"), [("en", "2.5", "48,213", "May"), ("de", "2,5", "48.213", "Mai")]
)
def test_numbers_and_days_are_written_as_the_language_does(code: str, amount: str, large: str, day: str) -> None:
    language.choose(code)
    assert (language.decimal(2.5), number(48213)) == (amount, large)
    assert _size(2_621_440).startswith(amount)
    exact = exact_time("2026-05-03T12:34:56Z")
    assert day in exact and exact.split()[-1] in ("UTC", *time.tzname), "the zone is told"
    assert "2026-05-03" not in clock_time("2026-05-03T12:34:56Z", datetime(2026, 6, 1, tzinfo=UTC))


def test_sizes_are_read_in_the_language_of_the_desk(qtbot: QtBot) -> None:
    language.choose("de")
    record = SimpleNamespace(made_at="2026-11-28T01:00:00+00:00", size=2_500_000)
    host = QWidget()
    qtbot.addWidget(host)
    dialog = RestoreDialog(host, TaskScope(lambda *_: None), SimpleNamespace(), "/b/evening.crmdesk", record)
    told = " ".join(label.text() for label in dialog.findChildren(PlainLabel)).replace("\u200b", "")
    assert "2,5 MB" in told.replace("\u00a0", " ")
    dialog.reject()
