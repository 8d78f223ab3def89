"""What the emulated CRM.COM Self-Service takes in a PUT, a registration and an address: the page's tables, read a
second time. Names are those of the version the emulator plays; what comes out has the v1 names it is stored under."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from typing import Any

from crmdesk.vendors.crmcom_selfservice import sandbox_shape as shape
from crmdesk.vendors.crmcom_selfservice.sandbox_wire import Json, boolean, invalid, missing, only

CONSENTS = ("ACCEPTED", "REJECTED", "PENDING")
ADDRESS_TYPES = ("HOME", "BUSINESS", "ALTERNATIVE")
ADDRESS = (
    *(
        "type",
        "name",
        "is_primary",
        "address_line_1",
        "address_line_2",
        "state_province_county",
        "town_city",
        "care_of",
    ),
    *("postal_code", "country_code", "lat", "lon", "google_place_id", "is_billing_address"),
)
_TEXTS = ("company_name", "title", "first_name", "middle_name", "last_name", "statutory_number")
_PROFILE = (
    *("profile_year", "annual_turnover", "established_on", "number_of_employees", "registration_number"),
    *("registration_country", "tax_reference_number", "vat_registration_number", "industry_id", "industry_sectors"),
)
_PROFILE_TYPES: Mapping[str, Any] = {
    "annual_turnover": (int, float),
    "number_of_employees": int,
    **dict.fromkeys(("registration_number", "tax_reference_number", "vat_registration_number", "industry_id"), str),
    "industry_sectors": list,
}  # those of the page's sample
_LATEST = 4_102_444_800  # the year 2100
_GENDERS = ("MALE", "FEMALE", "OTHER")
_MARKS = ("sms_opt_out", "email_opt_out", "is_tax_exempt", "consent_state")
_OBJECTS = ("demographics", "company_profile", "company_profle")
_STORED = {
    "email": "email_address",
    "language_code": "preferred_language_code",
    "company_profle": "company_profile",
}  # name of a PUT → that of the record


def text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"{name} is a text.", name)
    return value


def country(value: Any, name: str) -> str:
    if not shape.is_country(value if isinstance(value, str) else None):
        raise invalid(f"{name} is a country of three letters.", name)
    return str(value)


def epoch(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -_LATEST < value < _LATEST:
        raise invalid(f"{name} is in seconds since 1970.", name)
    return value


def consent(value: Any) -> str:
    if value not in CONSENTS:
        raise invalid("consent_state is one of " + ", ".join(CONSENTS), "consent_state")
    return str(value)


def check_names(values: Json, kind: Any) -> None:
    """ "Applicable and mandatory only if the type is PERSON", "required attribute if the type is a Company": said of
    the body of PUT. The page says it of the middle name, too, which cannot be meant: many have none."""
    needed = ("company_name",) if kind == "COMPANY" else ("first_name", "last_name")
    for name in needed:
        if not str(values.get(name) or "").strip():
            raise invalid(f"{name} is required.", name)


class Put:
    """One PUT of a contact. `values` goes into the record."""

    def __init__(self, version: str, *, strict: bool) -> None:
        self._second, self._strict = version == "v2", strict

    def values(self, body: Json) -> Json:
        known: dict[str, Callable[[Any], Json]] = {name: self._text(name) for name in _TEXTS}
        known |= {name: self._flag(name) for name in ("sms_opt_out", "email_opt_out", "is_tax_exempt")}
        known |= {"category_id": _category, "demographics": self._demographics, "custom_fields": custom}
        known |= {"company_profile": self._profile}
        if self._second:
            for gone in ("title", "statutory_number"):
                del known[gone]
            known |= {"email": self._email, "language_code": self._language}
        else:
            known |= {"company_profle": self._profile, "consent_state": lambda given: {"consent_state": consent(given)}}
            known |= {"email_address": self._email, "preferred_language_code": self._language}
        only(body, list(known), strict=self._strict)
        if "company_profle" in body and body.get("company_profile", body["company_profle"]) != body["company_profle"]:
            raise invalid("company_profile comes twice, and differs.", "company_profile")
        made: Json = {}
        for name, value in body.items():
            if name in known:
                made |= known[name](value) if value is not None else {_STORED.get(name, name): self._nothing(name)}
        return made

    def _nothing(self, name: str) -> Any:
        """What null leaves. Marks are yes or no."""
        if name in _MARKS:
            raise invalid(f"{name} is true or false.", name)
        return [] if name == "custom_fields" else {} if name in _OBJECTS else ""

    def _text(self, name: str) -> Callable[[Any], Json]:
        return lambda value: {name: text(value, name)}

    def _flag(self, name: str) -> Callable[[Any], Json]:
        return lambda value: {name: boolean(value, name)}

    def _email(self, value: Any) -> Json:
        if "@" not in text(value, "email_address"):
            raise invalid("This is no e-mail address.", "email_address")
        return {"email_address": value}

    def _language(self, value: Any) -> Json:
        name, letters = ("language_code", 2) if self._second else ("preferred_language_code", 3)
        code = text(value, name)
        if len(code) != letters or not (code.isascii() and code.isalpha() and code.isupper()):
            raise invalid(f"A language has {letters} capital letters.", name)
        return {"preferred_language_code": shape.language_3(code) if self._second else code}

    def _profile(self, value: Any) -> Json:
        given = _mapping(value, "company_profile")
        if self._second and "sub_industries" in given:
            given = {("industry_sectors" if key == "sub_industries" else key): found for key, found in given.items()}
        elif self._second and "industry_sectors" in given:
            raise invalid("Unknown: industry_sectors", "industry_sectors")
        only(given, _PROFILE, strict=self._strict, where="company_profile.")
        for name in ("profile_year", "established_on"):
            if given.get(name) is not None:
                epoch(given[name], name)
        for name, kind in _PROFILE_TYPES.items():
            if given.get(name) is not None and (not isinstance(given[name], kind) or isinstance(given[name], bool)):
                raise invalid(f"company_profile.{name} is of another type.", f"company_profile.{name}")
        if given.get("registration_country") is not None:
            country(given["registration_country"], "registration_country")
        return {"company_profile": given}

    def _demographics(self, value: Any) -> Json:
        given = dict(_mapping(value, "demographics"))
        made: Json = {}
        if self._second and "statutory_number" in given:
            made["statutory_number"] = text(given.pop("statutory_number"), "statutory_number")
        names = ("gender", "passport", "id_details", "name_day", "date_of_birth")
        only(given, names, strict=self._strict, where="demographics.")
        if given.get("gender") not in (None, *_GENDERS):
            raise invalid("gender is one of " + ", ".join(_GENDERS), "gender")
        for name, number in (("passport", "passport_number"), ("id_details", "id_number")):
            if given.get(name) is not None:
                given[name] = self._document(_mapping(given[name], name), number)
        for name in ("name_day", "date_of_birth"):
            if given.get(name) is not None:
                given[name] = self._day(_mapping(given[name], name), name)
        return made | {"demographics": given}

    def _document(self, given: Mapping[str, Any], number: str) -> Json:
        names = ("number", "issuing_country_code") if self._second else (number, "issue_country_code")
        only(given, [*names, "expiration_date"], strict=self._strict)
        made: Json = {}
        if names[0] in given:
            made[number] = text(given[names[0]], names[0])
        if given.get(names[1]) is not None:
            made["issue_country_code"] = country(given[names[1]], names[1])
        if given.get("expiration_date") is not None:
            made["expiration_date"] = epoch(given["expiration_date"], "expiration_date")
        return made

    def _day(self, given: Mapping[str, Any], name: str) -> Json:
        """Numbers, or the texts of the page's sample (`"day": "16"`)."""
        limits = {"year": (1800, 2100), "month": (1, 12), "day": (1, 31)}
        only(given, list(limits), strict=self._strict, where=f"{name}.")
        told = {part: 2000 if part == "year" else 1 for part in limits}  # what is not told fits every day
        for part, value in given.items():
            number = int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 5 else value
            low, high = limits.get(part, (0, 0))
            if not isinstance(number, int) or not low <= number <= high:
                raise invalid(f"{name}.{part} is no such number.", f"{name}.{part}")
            told[part] = number
        if told["day"] > monthrange(told["year"], told["month"])[1]:
            raise invalid(f"{name} is no such day.", name)
        return dict(given)


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"{name} is an object.", name)
    return value


def _category(value: Any) -> Json:
    if value != shape.CATEGORY:
        raise missing("category", str(value))
    return {"category_id": value}


def custom(value: Any) -> Json:
    if not isinstance(value, list) or not all(isinstance(one, dict) and {"key", "value"} == set(one) for one in value):
        raise invalid("custom_fields is a list of key and value.", "custom_fields")
    return {"custom_fields": value}


def address(given: Json, others: list[Json], *, strict: bool, before: Json | None = None, new: bool = False) -> Json:
    """An address that may be stored beside `others`. What is '' or null is not there; `before` stays where nothing else
    is named."""
    only(given, ADDRESS, strict=strict)
    body = {key: value for key, value in {**(before or {}), **given}.items() if key != "id"}
    if body.get("type") not in ADDRESS_TYPES:
        raise invalid("type is one of " + ", ".join(ADDRESS_TYPES), "type")
    if not text(body.get("address_line_1"), "address_line_1").strip():
        raise invalid("address_line_1 is required.", "address_line_1")
    if body.get("country_code") is not None:
        country(body["country_code"], "country_code")
    for name, most in (("lat", 90), ("lon", 180)):
        if body.get(name) is not None and (not isinstance(body[name], int | float) or not -most <= body[name] <= most):
            raise invalid(f"{name} is a number.", name)
    for name in ("is_primary", "is_billing_address"):
        if body.get(name) is not None:
            body[name] = boolean(body[name], name)
    # "needed when a type repeats": one that was there first, without a name, may still be changed
    alike = [one for one in others if one["type"] == body["type"]]
    if not body.get("name") and any(new or not one.get("name") for one in alike):
        raise invalid("A second address of one type needs a name.", "name")
    return {key: value for key, value in body.items() if value not in ("", None)}
