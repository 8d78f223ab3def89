"""What an editor may save, what it warns of, and what it offers instead; by the vendors' own field specifications."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.sync import plausible
from crmdesk.sync.validation import Finding, cleaned, missing, validate
from crmdesk.vendors.bookingsync.fields import FIELDS as BOOKINGSYNC
from crmdesk.vendors.crmcom_selfservice.fields import FIELDS as CRMCOM
from crmdesk.vendors.prioticket.fields import FIELDS as PRIOTICKET
from tests.helpers.any_json import ANY_JSON

K = FieldKind


def found(path: str, value: Any, specs: Any = BOOKINGSYNC, **more: Any) -> list[tuple[str, str, bool, Any]]:
    """Path, code, warning and proposal of everything said about one value."""
    return [(item.path, item.code, item.warning, item.fix) for item in validate({path: value}, specs, **more)]


def spec_of(path: str, specs: Any = BOOKINGSYNC) -> FieldSpec:
    return next(spec for spec in specs if spec.path == path)


GOOD = {
    "firstname": "Ana",
    "lastname": "Ruiz",
    "email": "ana.ruiz@example.com",
    "phones": [{"label": "mobile", "number": "+33 6 12 34 56 78"}],
    "website": "https://example.com/a?b=c",
    "gender": "female",
    "address1": "12 rue de la Paix",
    "zip": "58000",
    "city": "Nevers",
    "country_code": "FR",
    "spoken_languages": ["fr", "zh-TW", "rs"],
    "private_notes": "one\ntwo",
}


def test_a_good_contact_is_not_remarked_upon() -> None:
    assert validate(GOOD, BOOKINGSYNC) == ()
    assert missing(GOOD, BOOKINGSYNC) == ()


def test_only_what_was_touched_is_checked() -> None:
    assert validate({"city": "Köln"}, BOOKINGSYNC) == ()
    assert validate({"no.such.field": 5, "phones.x.number": ""}, BOOKINGSYNC) == ()


def test_findings_come_in_the_order_of_the_fields() -> None:
    values = {"zip": "", "email": "", "firstname": " "}
    assert [item.path for item in validate(values, BOOKINGSYNC)] == ["firstname", "email", "zip"]


REQUIRED = ["firstname", "lastname", "email", "address1", "zip", "city", "country_code", "spoken_languages"]


@pytest.mark.parametrize("path", REQUIRED)
@pytest.mark.parametrize("nothing", ["", None, "  ", "\u200b", [], [""]])
def test_a_required_field_cannot_be_emptied(path: str, nothing: Any) -> None:
    assert found(path, nothing) == [(path, "required", False, None)]


def test_a_new_contact_needs_what_is_not_given_and_empties_are_told_once() -> None:
    values = {"firstname": "Ana", "email": ""}
    both = [*missing(values, BOOKINGSYNC), *validate(values, BOOKINGSYNC)]
    assert sorted(item.path for item in both) == sorted(set(REQUIRED) - {"firstname"})
    assert missing({}, PRIOTICKET) == ()


@pytest.mark.parametrize("path", ["address2", "website", "gender", "phones", "private_notes"])
@pytest.mark.parametrize("nothing", ["", None, []])
def test_other_fields_may_be_emptied(path: str, nothing: Any) -> None:
    assert found(path, nothing) == []


@pytest.mark.parametrize(
    ("path", "most"), [("address1", 100), ("address2", 100), ("state", 100), ("city", 100), ("zip", 15)]
)
def test_a_text_has_at_most_the_documented_length(path: str, most: int) -> None:
    assert found(path, "é" * most) == []
    (finding,) = validate({path: "é" * (most + 3)}, BOOKINGSYNC)
    assert (finding.code, finding.warning) == ("too_long", False)
    assert "3" in finding.text
    assert str(most) in finding.text


def test_printable_fields_take_no_breaks_and_nothing_takes_what_cannot_be_sent() -> None:
    assert found("address1", "12 rue\nde\x07 la Paix") == [("address1", "unprintable", False, "12 rue de la Paix")]
    assert found("address1", "Straße 1, 東京, עיר, क्षि 🏡") == []
    assert found("city", "Köln\n") == []
    assert found("firstname", "A\0na\ud800") == [("firstname", "unsendable", False, "Ana")]
    assert found("private_notes", "x\ud800") == [("private_notes", "unsendable", False, "x")]


def test_a_field_of_the_vendor_cannot_be_typed_over() -> None:
    assert found("fullname", "Ana") == [("fullname", "read_only", False, None)]
    assert found("id", None) == [("id", "read_only", False, None)]


# ── e-mail ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address",
    [
        "a@b.de",
        "o'brien+x@sub.example.co.uk",
        "ana@exämple.de",
        "a_b@hotmail.fr",
        "x@ymail.com",
        "x@mail.com",
        "x@gmx.net",
    ],
)
def test_addresses_that_are_fine(address: str) -> None:
    assert found("email", address) == []


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ana", None),
        ("ana@", None),
        ("@example.com", None),
        ("ana@example", None),
        ("ana@example..com", None),
        ("a@b.de, c@d.de", None),
        ("ana ruiz@example.com", "anaruiz@example.com"),
        (" ana@example.com", "ana@example.com"),
        ("Ana Ruiz <ana@example.com>", "ana@example.com"),
        ("mailto:ana@example.com", "ana@example.com"),
        ("ana@example,com", "ana@example.com"),
        ("ana@example.com;", None),
        ("x" * 400 + "@example.com", None),
    ],
)
def test_what_is_no_address_is_an_error_with_an_offer_where_there_is_one(typed: str, offered: Any) -> None:
    assert found("email", typed) == [("email", "email", False, offered)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmail.con", "gmail.com"),
        ("GMIAL.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.de", "gmail.com"),
        ("hotmial.fr", "hotmail.fr"),
        ("hotmail.cm", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("yaho.con", "yahoo.com"),
        ("tonline.de", "t-online.de"),
        ("orage.fr", "orange.fr"),
        ("firma-mueller.con", "firma-mueller.com"),
    ],
)
def test_a_misspelt_domain_is_a_warning_with_the_right_one(typed: str, meant: str) -> None:
    assert found("email", f"Ana@{typed}") == [("email", "email_domain", True, f"Ana@{meant}")]


@pytest.mark.parametrize(
    "domain", ["grange.fr", "web.com", "email.com", "libero.com", "yahoo.lt", "outlook.sg", "a.co"]
)
def test_another_domain_is_no_misspelt_one(domain: str) -> None:
    assert found("email", f"ana@{domain}") == []


def test_what_only_the_standard_forbids_is_a_warning() -> None:
    assert found("email", "a..b@docomo.ne.jp") == [("email", "email_form", True, None)]
    assert found("email", "a@b_c.de") == [("email", "email_form", True, None)]


# ── web addresses, choices, countries, languages ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("address", ["http://a.de", "https://müller.de:8080/x#y", "https://localhost/", "HTTPS://A.DE"])
def test_web_addresses_that_are_fine(address: str) -> None:
    assert found("website", address) == []


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("www.hotel.de", "https://www.hotel.de"),
        ("hotel.de/a b", None),
        ("  hotel.de:80/x?y ", "https://hotel.de:80/x?y"),
        ("http:/hotel.de", "https://hotel.de"),
        ("htp://hotel.de", "https://hotel.de"),
        ("https//hotel.de", "https://hotel.de"),
        ("//hotel.de", "https://hotel.de"),
        ("info@hotel.de", None),
        ("hotel", None),
        ("https://", None),
        ("https://[::1", None),
        ("https://a.de:port", None),
        ("ftp://a.de", None),
        ("javascript:alert(1)", None),
        ("t" * 100_000, None),
        (" " * 50_000 + "x x", None),
    ],
)
def test_what_is_no_web_address_is_an_error_with_an_offer_where_there_is_one(typed: str, offered: Any) -> None:
    assert found("website", typed) == [("website", "url", False, offered)]


@pytest.mark.parametrize(("given_value", "offered"), [("Female", "female"), ("MALE", "male"), ("x", None), (5, None)])
def test_a_choice_is_one_of_the_documented_codes(given_value: Any, offered: Any) -> None:
    assert found("gender", given_value) == [("gender", "choice", False, offered)]


def test_announced_codes_are_a_warning() -> None:
    assert found("contact_type", "MANAGER", PRIOTICKET) == [("contact_type", "upcoming", True, None)]
    assert found("contact_type", "GUEST", PRIOTICKET) == []
    assert found("contact_type", "EMPEROR", PRIOTICKET) == [("contact_type", "choice", False, None)]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("fr", "FR"),
        ("FRA", "FR"),
        ("France", "FR"),
        ("uk", "GB"),
        ("Turkey", "TR"),
        ("XX", None),
        (5, None),
        ("x" * 999, None),
    ],
)
def test_a_country_is_a_code_of_two_letters(typed: Any, offered: Any) -> None:
    assert found("country_code", typed) == [("country_code", "country", False, offered)]


def test_three_letters_will_do_where_the_vendor_takes_them() -> None:
    path = "demographics.passport.issue_country_code"
    assert found(path, "CYP", CRMCOM) == found(path, "CY", CRMCOM) == []
    assert found(path, "CYX", CRMCOM) == [(path, "country", False, None)]


def test_languages_are_those_the_vendor_takes() -> None:
    assert found("spoken_languages", ["fr", "en"]) == []
    assert [item[1] for item in found("spoken_languages", ["fr", "xx", "EN", 5])] == ["language"] * 3
    (finding,) = validate({"spoken_languages": ["tlh"]}, BOOKINGSYNC)
    assert "tlh" in finding.text


@pytest.mark.parametrize("code", ["nl", "NL", "nl-BE", "zh_Hant_TW", "deu"])
def test_a_single_language_is_any_code_there_is(code: str) -> None:
    assert found("contact_language", code, PRIOTICKET) == []


def test_a_single_language_is_one() -> None:
    assert found("contact_language", ["nl"], PRIOTICKET) == [("contact_language", "type", False, None)]
    assert found("contact_language", "Dutch", PRIOTICKET) == [("contact_language", "language", False, None)]


# ── phones ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def number(text: Any, **more: Any) -> list[tuple[str, str, bool, Any]]:
    return found("phones", [{"label": "mobile", "number": text}], **more)


@pytest.mark.parametrize(
    "text", ["+33 6 12 34 56 78", "0033612345678", "+49 (0)30 123456", "(+49) 30 123456", "+357 99 123456"]
)
def test_phone_numbers_that_are_fine(text: str) -> None:
    assert number(text) == []


@pytest.mark.parametrize(
    ("text", "code", "warning"),
    [
        ("", "required", False),
        ("  ", "required", False),
        (None, "required", False),
        ("123", "phone_short", False),
        ("none", "phone_short", False),
        ({"a": 1}, "type", False),
        ("0612345678", "phone_prefix", True),
        ("+33 612", "phone_doubt", True),
        ("+33 6 12 34 56 78 99", "phone_doubt", True),
        ("+999 12345678", "phone_doubt", True),
        ("+33 6 12 34 56 78 ext 5", "phone_letters", True),
        ("+" + "1" * 50_000, "phone_doubt", True),
    ],
)
def test_phone_numbers_with_something_to_say(text: Any, code: str, warning: bool) -> None:
    assert number(text) == [("phones.0.number", code, warning, None)]


def test_the_prefix_of_the_persons_country_is_offered() -> None:
    offer = [("phones.0.number", "phone_prefix", True, "+33 6 12 34 56 78")]
    assert number("06 12 34 56 78", country="FR") == offer
    values = {"country_code": "FR", "phones": [{"label": "mobile", "number": "06 12 34 56 78"}]}
    assert [item.fix for item in validate(values, BOOKINGSYNC)] == ["+33 6 12 34 56 78"]
    assert number("06 12", country="FR") == [("phones.0.number", "phone_prefix", True, None)]
    assert number("06 12 34 56 78", country="xx") == [("phones.0.number", "phone_prefix", True, None)]


@pytest.mark.parametrize(("country", "prefix"), [("SE", "+46"), ("US", "+1"), ("xx", "+33"), ("", "+33")])
def test_a_missing_prefix_is_told_with_the_one_of_the_guests_country(country: str, prefix: str) -> None:
    (found,) = validate({"phones": [{"label": "mobile", "number": "31 555 01"}]}, BOOKINGSYNC, country=country)
    assert found.text == f"The country prefix is missing, as in {prefix}."


def test_every_line_is_checked_and_needs_a_label() -> None:
    lines = [
        {"label": "mobile", "number": "+33 6 12 34 56 78"},
        {"label": "", "number": "+33612345678"},
        "+33612345678",
        {"number": "12"},
    ]
    assert found("phones", lines) == [
        ("phones.1.label", "required", False, None),
        ("phones.1.number", "phone_twice", True, None),
        ("phones.2", "type", False, None),
        ("phones.3.label", "required", False, None),
        ("phones.3.number", "phone_short", False, None),
    ]


def test_one_part_of_a_line_can_be_checked_alone() -> None:
    assert found("phones.3.number", "12") == [("phones.3.number", "phone_short", False, None)]
    assert found("phones.0.label", "") == [("phones.0.label", "required", False, None)]
    assert found("phones.0.label", "any word at all") == []
    assert found("contact_notes.1.note_type", "NOBODY", PRIOTICKET) == [
        ("contact_notes.1.note_type", "choice", False, None)
    ]


def test_a_lone_number_is_a_text() -> None:
    assert found("contact_phone", "+31201234567", PRIOTICKET) == []
    assert found("contact_phone", "12", PRIOTICKET) == [("contact_phone", "phone_short", False, None)]
    assert found("contact_phone", ["+31201234567"], PRIOTICKET) == [("contact_phone", "type", False, None)]


# ── entries, numbers, days ───────────────────────────────────────────────────────────────────────────────────────────


def test_entries_are_checked_part_by_part() -> None:
    notes = [
        {"note_value": "late arrival", "note_type": "GUEST", "note_date": "vendor's own", "extra": 1},
        {"note_value": "x", "note_type": "NOBODY"},
        {"note_value": " ", "note_creator": "Ana"},
        "text",
    ]
    assert found("contact_notes", notes, PRIOTICKET) == [
        ("contact_notes.1.note_type", "choice", False, None),
        ("contact_notes.2", "required", False, None),
        ("contact_notes.3", "type", False, None),
    ]


def test_entries_lack_nothing_that_is_required() -> None:
    lists = FieldSpec("lists", "Lists", K.RECORDS, parts=(FieldSpec("id", "List", required=True), FieldSpec("x", "X")))
    assert found("lists", [{"x": "1"}], [lists]) == [("lists.0.id", "required", False, None)]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1990-01-31", None),
        ("1990-01-31T00:00:00Z", None),
        (633_744_000, None),
        ("633744000", None),
        ({"year": 1990, "month": "1", "day": 31}, None),
        ({"month": 2, "day": 29}, None),
        ({"year": 2023, "month": 2, "day": 29}, "date"),
        ("2023-02-30", "date"),
        ("31.01.1990", "date"),
        ("1990-13-01", "date"),
        ({"year": "abc", "month": 1, "day": 1}, "date"),
        ({"day": 5}, "date"),
        ({"month": 0, "day": 5}, "date"),
        ([1990, 1, 31], "date"),
        (True, "date"),
        ("１９９０-01-31", "date"),
    ],
)
def test_a_day_is_one_that_exists(value: Any, code: str | None) -> None:
    said = found("contact_birth_date", value, PRIOTICKET)
    assert said == ([("contact_birth_date", code, False, None)] if code else [])


@pytest.mark.parametrize(
    ("value", "fine"),
    [(34, True), ("34", True), (0, True), (34.0, True), (151, False), (-1, False), ("x", False), (34.5, False)],
)
def test_a_number_is_one_and_not_too_great(value: Any, fine: bool) -> None:
    assert found("contact_age", value, PRIOTICKET) == ([] if fine else [("contact_age", "number", False, None)])


def test_a_count_is_a_whole_number() -> None:
    path = "company_profile.number_of_employees"
    assert found(path, 12, CRMCOM) == []
    assert found(path, 2.5, CRMCOM) == [(path, "number", False, None)]
    assert found("company_profile.annual_turnover", 2.5, CRMCOM) == []


@pytest.mark.parametrize("path", ["demographics.name_day", "demographics.date_of_birth"])
@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("--10-04", None),
        ("--02-29", None),
        ("1985-10-04", None),
        ({"year": None, "month": 10, "day": 4}, None),
        ("--02-30", "date"),
        ("--13-01", "date"),
        ("--00-04", "date"),
        ("0000-10-04", "date"),
    ],
)
def test_a_day_may_lack_its_year_as_the_editor_writes_it(path: str, value: Any, code: str | None) -> None:
    """A name day has none, and an old one is shown as `--10-04`: a new one can be typed so."""
    assert found(path, value, CRMCOM) == ([(path, code, False, None)] if code else [])


@pytest.mark.parametrize("value", ["--10-04", "0000-10-04", "1990-00-00", "1990-10-00"])
def test_half_a_day_is_none_where_the_vendor_wants_a_date(value: str) -> None:
    assert found("contact_birth_date", value, PRIOTICKET) == [("contact_birth_date", "date", False, None)]


def test_answers_and_times_are_such() -> None:
    specs = [FieldSpec("yes", "Yes", K.FLAG), FieldSpec("at", "At", K.TIME)]
    assert found("yes", False, specs) == found("yes", "true", specs) == found("at", "2024-05-01T10:00:00Z", specs) == []
    assert found("yes", "maybe", specs) == [("yes", "flag", False, None)]
    assert found("at", "noon", specs) == [("at", "time", False, None)]


def test_secrets_are_not_looked_at() -> None:
    specs = [FieldSpec("token", "Token", K.SECRET, required=True), FieldSpec("word", "Word", K.PASSWORD)]
    assert validate({"token": "\ud800", "word": " x "}, specs) == ()
    assert cleaned(" x\u200b ", specs[1]) == (" x\u200b ", 0)


# ── cleaning ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "value", "clean", "hidden"),
    [
        ("city", "  Köln ", "Köln", 0),
        ("city", "\u200bKö\u00adln\ufeff\0", "Köln", 4),
        ("city", "Köln\r\nMitte\tSüd", "Köln Mitte Süd", 0),
        ("city", "می‌خواهم", "می‌خواهم", 0),  # the joiner inside is a part of the word
        ("city", "👩‍🍳", "👩‍🍳", 0),
        ("city", "A\xa0B", "A\xa0B", 0),
        ("email", "\u202aana@example.com\u202c", "ana@example.com", 2),
        ("email", "ana@exam\u200dple.com\xa0", "ana@example.com", 1),
        ("private_notes", " a\r\nb\tc\u2028d\n\n", "a\nb\tc\nd", 0),
        (
            "phones",
            [{"label": " mobile ", "number": "\u202a+33\xa06\u202c"}],
            [{"label": "mobile", "number": "+33 6"}],
            2,
        ),
        ("spoken_languages", [" fr", "en\u200b"], ["fr", "en"], 1),
        ("city", None, None, 0),
        ("city", 5, 5, 0),
        ("city", "   ", "", 0),
    ],
)
def test_what_nobody_sees_is_taken_out_and_counted(path: str, value: Any, clean: Any, hidden: int) -> None:
    before = json.dumps(value)
    assert cleaned(value, spec_of(path)) == (clean, hidden)
    assert json.dumps(value) == before


def test_entries_are_cleaned_by_the_kind_of_their_parts() -> None:
    notes = [{"note_value": " a\nb\u200b ", "note_type": "GUEST ", "other": 5}]
    spec = spec_of("contact_notes", PRIOTICKET)
    assert cleaned(notes, spec) == ([{"note_value": "a\nb", "note_type": "GUEST", "other": 5}], 1)


def test_what_is_clean_comes_back_itself() -> None:
    for path, value in GOOD.items():
        assert cleaned(value, spec_of(path))[0] is value


# ── any JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────

EVERY = [*BOOKINGSYNC, *PRIOTICKET, *CRMCOM]


def assert_kind(item: Finding) -> None:
    assert item.text
    assert not set(item.text) & set("\n\r\t\0\x1b\u2028\u202e\u2066\ud800")
    assert item.text.endswith((".", "?"))
    assert len(item.text) < 200
    item.text.encode()


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(EVERY), ANY_JSON, st.sampled_from(["", "FR", "x", "\ud800"]))
def test_any_json_is_checked_without_an_error(spec: FieldSpec, value: Any, country: str) -> None:
    for item in validate({spec.path: value}, [spec], country=country):
        assert_kind(item)
        assert item.path == spec.path or item.path.startswith(f"{spec.path}.")
    once, _ = cleaned(value, spec)
    again, hidden = cleaned(once, spec)
    assert (again is once or json.dumps(again) == json.dumps(once)) and hidden == 0


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["email", "website", "country_code", "phones.0.number", "spoken_languages"]), st.text(max_size=30)
)
def test_a_proposal_is_better_than_what_was_typed(path: str, text: str) -> None:
    for item in validate({path: text}, BOOKINGSYNC, country="FR"):
        if item.fix is not None:
            assert item.code not in {again.code for again in validate({path: item.fix}, BOOKINGSYNC)}


ONE_OF_EACH = {(spec.kind, spec.single, spec.printable): spec for spec in EVERY if spec.writable}


@pytest.mark.parametrize("spec", ONE_OF_EACH.values(), ids=lambda spec: spec.path)
def test_huge_and_hostile_values_are_answered_soon(spec: FieldSpec) -> None:
    deep: Any = "x"
    for _ in range(5_000):
        deep = [deep]
    lines = [{"label": "x" * 1_000, "number": "1" * 1_000, "note_value": "\ud800"}] * 3_000
    huge = ["a" * 10_000_000, "@" * 300_000, " \u200b" * 300_000, "\0\ud800\n" * 300_000, "." * 300_000, "0" * 300_000]
    began = time.process_time()
    for value in (*huge, deep, {"number": deep}, [deep, None, True], lines, {"a": "b"}, 10**4000, float("nan")):
        for item in validate({spec.path: value}, [spec]):
            assert_kind(item)
        cleaned(value, spec)
    assert time.process_time() - began < 10


def test_findings_do_not_run_on_for_ever() -> None:
    assert len(validate({"phones": [{}] * 100_000}, BOOKINGSYNC)) <= 200
    assert found("phones", [{"label": "a", "number": "+33612345678"}] * 501)[0][1] == "too_many"


# ── the libraries behind it ──────────────────────────────────────────────────────────────────────────────────────────


def test_slow_libraries_come_with_the_first_use_only() -> None:
    code = (
        "import sys, crmdesk.sync.validation as v\n"
        "slow = {'pycountry', 'email_validator', 'phonenumbers', 'dns'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)\n"
        "v.warm_up()\n"
        "assert slow - set(sys.modules) == {'dns'}, slow - set(sys.modules)\n"  # no name server is ever asked
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("typed", "meant", "slip"),
    [("gmial", "gmail", True), ("gmai", "gmail", True), ("ggmail", "gmail", True), ("gnail", "gmail", True),
     ("gmail", "gmail", False), ("gamli", "gmail", False), ("gm", "gmail", False), ("", "g", True)],
)  # fmt: skip
def test_one_slip_is_one_letter(typed: str, meant: str, slip: bool) -> None:
    assert plausible.one_slip(typed, meant) is slip
