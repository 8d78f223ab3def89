"""Codes are found by code, by their name here and by their English name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from string import ascii_uppercase
from typing import Any

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.sync.validation import validate
from crmdesk.ui.contacts import names
from crmdesk.ui.editor.controls import day_of
from crmdesk.ui.editor.picks import Chips, Options, options_of
from crmdesk.vendors.bookingsync.fields import FIELDS
from crmdesk.vendors.crmcom_selfservice.fields import FIELDS as CRMCOM

ALL_CODES = [f"{one}{other}" for one in ascii_uppercase for other in ascii_uppercase]
COUNTRY = FieldSpec("country_code", "Country", FieldKind.COUNTRY)


@pytest.fixture
def german() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    names.forget()
    yield
    QLocale.setDefault(before)
    names.forget()


def found(options: Options, typed: str) -> list[str]:
    return [option.code for option in options.find(typed)]


def test_a_country_by_its_local_and_its_english_name(german: None) -> None:
    options = options_of(COUNTRY)
    assert options.code_of("Deutschland") == "DE"
    assert options.code_of("germany") == "DE"
    assert options.code_of("de") == "DE"
    assert options.shown("DE") == "Deutschland (DE)"
    assert found(options, "österr")[0] == "AT"
    assert found(options, "osterr")[0] == "AT"


def test_the_code_comes_first_then_beginnings_then_words_inside() -> None:
    hits = found(options_of(COUNTRY), "de")
    assert hits[0] == "DE"
    assert "DK" in hits
    assert found(options_of(COUNTRY), "kingdom") == ["GB"]


def test_what_begins_several_names_stands_for_none() -> None:
    options = options_of(COUNTRY)
    assert options.code_of("united") == ""
    assert options.code_of("atlantis") == ""
    assert options.code_of("") == ""
    assert options.shown("XX") == "XX"


def test_languages_are_those_the_vendor_takes_in_its_own_codes() -> None:
    spec = next(spec for spec in FIELDS if spec.path == "spoken_languages")
    options = options_of(spec)
    assert options.code_of("serbian") == "rs"
    assert options.code_of("zh-TW") == "zh-TW"
    assert options.code_of("Arabic") == "", "it is not in the vendor's list"
    everything = options_of(FieldSpec("language", "Language", FieldKind.LANGUAGES))
    assert everything.code_of("Arabic") == "ar"


@pytest.mark.parametrize(
    ("typed", "day"),
    [("1985-03-01", "1985-03-01"), ("1.3.1985", "1985-03-01"), ("1985/3/1", "1985-03-01"), ("soon", ""), ("", "")],
)
def test_a_day_is_understood_as_it_is_usually_written(typed: str, day: str) -> None:
    assert day_of(typed) == day


def test_a_vendor_with_codes_of_three_letters_gets_those() -> None:
    options = options_of(replace(COUNTRY, three_letters=True))
    assert [options.code_of(typed) for typed in ("Cyprus", "cy", "CYP", "cyp")] == ["CYP"] * 4
    assert options.shown("CYP") == "Cyprus (CYP)"
    assert options_of(COUNTRY).code_of("Cyprus") == "CY"


@pytest.mark.parametrize("three_letters", [False, True])
def test_every_country_that_is_offered_is_one_that_the_check_takes(three_letters: bool) -> None:
    """Qt knows regions without a code of ISO 3166-1: Kosovo, the Canaries, the European Union."""
    spec = replace(COUNTRY, three_letters=three_letters)
    options = options_of(spec)
    offered = {found for code in ALL_CODES if (found := options.code_of(code))}
    assert len(offered) > 240
    assert [code for code in sorted(offered) if validate({spec.path: code}, [spec])] == []


def test_where_the_vendor_tells_no_codes_any_can_be_typed(qtbot: Any) -> None:
    """The sectors of a company are ids that only CRM.COM knows: they can be added, not only taken away."""
    spec = next(one for one in CRMCOM if one.path == "company_profile.industry_sectors")
    chips = Chips("sectors", "Industry sectors", lambda: options_of(spec))
    qtbot.addWidget(chips)
    chips.put(("4AD9C84FA60F9FE407140E20F707726A",))
    for typed in (" 7B00-1 ", "7B00-1", "  "):
        QTest.keyClicks(chips.line, typed)
        QTest.keyClick(chips.line, Qt.Key.Key_Return)
    assert chips.codes() == ("4AD9C84FA60F9FE407140E20F707726A", "7B00-1")
    chips.line.clear()
    QTest.keyClick(chips.line, Qt.Key.Key_Backspace)
    assert chips.codes() == ("4AD9C84FA60F9FE407140E20F707726A",)
    assert validate({spec.path: list(chips.codes())}, CRMCOM) == ()
