"""CRM.COM Self-Service: fields of a contact and credentials as data.

`source` quotes the v1 source page (*page*: its GET, PUT and authenticate sections), names the vendor's own OpenAPI of
version 2 (*v2*) or a public client of version 1 (*client*); the README of this folder says where they are. The page
breaks off inside GET contact and has lost most names, so a field stands here in every form that is known of it: the
detail shows the one that came.
"""

from __future__ import annotations

from collections.abc import Iterator

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.said import said, term
from crmdesk.vendors.crmcom_selfservice.codes import LANGUAGES_2, LANGUAGES_3

BASE_URL = "https://app.crm.com/self-service/v1"
"""The live host of the vendor's own onboarding guide. The page itself prints only the test host; an account form that
began with that one would send live keys to the test system."""

NO_CREATE = (
    "CRM.COM Self-Service makes no contacts for others. Somebody new registers: sign in a guest, and "
    "choose Register there."
)
NO_DELETE = "CRM.COM Self-Service has no way to delete a contact. A contact can only leave the organisation."

CONTACT, PERSON, DOCUMENTS, COMPANY = "Contact", "Person", "Identity documents", "Company"
CONSENT, OTHER, RECORD = "Consent", "Further details", "Record"

TYPES = (("PERSON", "Person"), ("COMPANY", "Company"))
GENDERS = (("MALE", "Male"), ("FEMALE", "Female"), ("OTHER", "Other"))
CONSENTS = (("ACCEPTED", "Accepted"), ("REJECTED", "Rejected"), ("PENDING", "Not answered yet"))


PHONE_TYPES = (("MOBILE", "mobile"), ("LANDLINE", "landline"), ("FAX", "fax"))
_PHONE_PARTS = (
    FieldSpec("type", "Type", FieldKind.CHOICE, words=PHONE_TYPES, source="v2: phone.type"),
    FieldSpec("country_code", "Country", FieldKind.COUNTRY, source="v2: phone.country_code"),
    FieldSpec("number", "Number", source="client: phones[].number; v2: phone.number"),
)


_CONTACT = (
    FieldSpec(
        "type",
        "Type",
        FieldKind.CHOICE,
        CONTACT,
        writable=False,
        words=TYPES,
        source="page: Tje contact type; names of v2",
    ),
    FieldSpec(
        "title",
        "Title",
        group=CONTACT,
        source="page: The contact title; applicable only if the type is PERSON",
        meaning="title",
    ),
    FieldSpec(
        "first_name",
        "First name",
        group=CONTACT,
        source="page: The first name of the contact. Applicable and mandatory only if the type is PERSON",
        meaning="first",
    ),
    FieldSpec("middle_name", "Middle name", group=CONTACT, source="page: The contact middle name"),
    FieldSpec(
        "last_name",
        "Last name",
        group=CONTACT,
        source="page: The last name of the contact. Applicable and mandatory only if the type is PERSON",
        meaning="last",
    ),
    FieldSpec(
        "company_name",
        "Company",
        group=CONTACT,
        source="page: Company Name if the Contact represents a company, required attribute if the type is a Company.",
        meaning="company",
    ),
    FieldSpec(
        "email_address", "E-mail", FieldKind.EMAIL, CONTACT, source="page: The contact’s email address", meaning="email"
    ),
    FieldSpec(
        "email", "E-mail", FieldKind.EMAIL, CONTACT, form_of="email_address", source="v2: email", meaning="email"
    ),
    FieldSpec(
        "emails",
        "E-mail",
        FieldKind.RECORDS,
        CONTACT,
        form_of="email_address",
        hint="The first one can be changed.",
        source="client: emails[].email_address",
        parts=(FieldSpec("email_address", "E-mail", FieldKind.EMAIL, source="client: emails[].email_address"),),
        meaning="email",
    ),
    FieldSpec(
        "phone_number",
        "Phone",
        FieldKind.PHONES,
        CONTACT,
        writable=False,
        source="page: The contact’s phone number",
        meaning="phone",
    ),
    FieldSpec(
        "phone",
        "Phone",
        FieldKind.PHONES,
        CONTACT,
        writable=False,
        source="v2: phone",
        parts=_PHONE_PARTS,
        meaning="phone",
    ),
    FieldSpec(
        "phones",
        "Phone",
        FieldKind.PHONES,
        CONTACT,
        writable=False,
        source="client: phones[].number",
        parts=_PHONE_PARTS,
        meaning="phone",
    ),
    FieldSpec(
        "preferred_language_code",
        "Language",
        FieldKind.LANGUAGES,
        CONTACT,
        single=True,
        suggests=LANGUAGES_3,
        source="page: The contact preferred language; three letters in the sample",
        meaning="lang",
    ),
    FieldSpec(
        "language_code",
        "Language",
        FieldKind.LANGUAGES,
        CONTACT,
        single=True,
        suggests=LANGUAGES_2,
        form_of="preferred_language_code",
        source="v2: language_code; two letters",
        meaning="lang",
    ),
    FieldSpec(
        "avatar_url",
        "Picture",
        FieldKind.URL,
        CONTACT,
        writable=False,
        source="page: The contact URL of Avatar; name of v2",
    ),
    FieldSpec(
        "avatar",
        "Picture",
        group=CONTACT,
        writable=False,
        source="page: The contact’s avatar (answer of a sign-in)",
    ),
)

_PERSON = (
    FieldSpec(
        "demographics.gender",
        "Gender",
        FieldKind.CHOICE,
        PERSON,
        words=GENDERS,
        source="page: The person gender; MALE in the sample, the others of v2",
        meaning="gender",
    ),
    FieldSpec(
        "demographics.date_of_birth",
        "Date of birth",
        FieldKind.DATE,
        PERSON,
        yearless=True,
        source="page: Information about the person birthdate: The birth year, month, day",
        meaning="birth",
    ),
    FieldSpec(
        "demographics.name_day",
        "Name day",
        FieldKind.DATE,
        PERSON,
        yearless=True,
        source="page: Information about the person nameday: The nameday month, The nameday day",
    ),
)


def _document(path: str, word: str, numbers: tuple[str, ...], what: str) -> Iterator[FieldSpec]:
    """Number, country and end of one identity document, by the names of both versions."""
    where = f"demographics.{path}"
    for name in numbers:
        own = name != "number"
        form = "" if own else f"{where}.{numbers[0]}"
        source = f"page: The {what} number" if own else f"v2: {path}.number"
        yield FieldSpec(
            f"{where}.{name}",
            said("{document} number", document=term(word)),
            group=DOCUMENTS,
            masked=True,
            source=source,
            form_of=form,
        )
    for name in ("issue_country_code", "issuing_country_code"):
        own = name == "issue_country_code"
        form = "" if own else f"{where}.issue_country_code"
        source = f"page: The country that issued the {what}" if own else f"v2: {path}.issuing_country_code"
        yield FieldSpec(
            f"{where}.{name}",
            said("{document} issued by", document=term(word)),
            FieldKind.COUNTRY,
            DOCUMENTS,
            three_letters=True,
            source=source,
            form_of=form,
        )
    yield FieldSpec(
        f"{where}.expiration_date",
        said("{document} valid until", document=term(word)),
        FieldKind.DATE,
        DOCUMENTS,
        ends=True,
        source=f"page: The {what} expiration date; seconds since 1970 in the sample",
    )


_DOCUMENTS = (
    *_document("passport", "Passport", ("passport_number", "number"), "passport"),
    *_document("id_details", "Identity card", ("id_number", "number"), "id"),
    FieldSpec(
        "statutory_number",
        "Statutory number",
        group=DOCUMENTS,
        masked=True,
        source="page: The contact statutory number",
    ),
    FieldSpec(
        "demographics.statutory_number",
        "Statutory number",
        group=DOCUMENTS,
        masked=True,
        form_of="statutory_number",
        source="v2: demographics.statutory_number",
    ),
)

_PROFILE: tuple[tuple[str, str, FieldKind, str], ...] = (
    ("profile_year", "Profile year", FieldKind.NUMBER, "The company’s profile year"),
    ("annual_turnover", "Annual turnover", FieldKind.NUMBER, "The annual turnover"),
    ("established_on", "Established on", FieldKind.DATE, "The date that the company was established on"),
    ("number_of_employees", "Employees", FieldKind.NUMBER, "The company’s number of employees"),
    ("registration_number", "Registration number", FieldKind.TEXT, "The company registration number"),
    ("registration_country", "Registered in", FieldKind.COUNTRY, "The country that the company is registered to"),
    ("tax_reference_number", "Tax reference number", FieldKind.TEXT, "The company tax reference number"),
    ("vat_registration_number", "VAT number", FieldKind.TEXT, "The company vat registration number"),
    ("industry_id", "Industry (id)", FieldKind.TEXT, "The company’s Industry ID"),
    ("industry_sectors", "Industry sectors (ids)", FieldKind.CHOICES, "The company’s Industry Sectors."),
)


_WHOLE = ("profile_year", "number_of_employees")
"""page, sample: seconds since 1970, and a count."""


def _company() -> Iterator[FieldSpec]:
    """`company_profle` is how the page's sample spells it, `company_profile` how version 2 does."""
    for head in ("company_profile", "company_profle"):
        for name, label, kind, words in _PROFILE:
            own = head == "company_profile"
            form = "" if own else f"company_profile.{name}"
            source = f"page: {words}" if not own else f"page: {words}; spelt company_profile in v2"
            three, whole = kind is FieldKind.COUNTRY, name in _WHOLE
            yield FieldSpec(
                f"{head}.{name}", label, kind, COMPANY, three_letters=three, whole=whole, source=source, form_of=form
            )
    yield FieldSpec(
        "company_profile.sub_industries",
        "Industry sectors (ids)",
        FieldKind.CHOICES,
        COMPANY,
        form_of="company_profile.industry_sectors",
        source="v2: company_profile.sub_industries",
    )


_CONSENT = (
    FieldSpec(
        "consent_state",
        "Consent",
        FieldKind.CHOICE,
        CONSENT,
        words=CONSENTS,
        source="page: The contact setting for consent; ACCEPTED in the sample, PENDING of v2, REJECTED assumed",
    ),
    FieldSpec(
        "email_opt_out",
        "No e-mail wanted",
        FieldKind.FLAG,
        CONSENT,
        source="page: The contact setting for receiving email",
        refuses=FieldKind.EMAIL,
    ),
    FieldSpec(
        "sms_opt_out",
        "No text messages wanted",
        FieldKind.FLAG,
        CONSENT,
        source="page: The contact setting for receiving sms",
        refuses=FieldKind.PHONES,
    ),
    FieldSpec(
        "service_acceptance",
        "Terms accepted",
        FieldKind.FLAG,
        CONSENT,
        writable=False,
        source="page: Defines whether the contact has accepted the client service (register)",
    ),
    FieldSpec(
        "country_of_agreement",
        "Country of agreement",
        FieldKind.COUNTRY,
        CONSENT,
        writable=False,
        source="page: The country code that the contact agreed to register to (register); name of v2",
    ),
)

_OTHER = (
    FieldSpec("category_id", "Category (id)", group=OTHER, source="page: The contact’s category ID"),
    FieldSpec(
        "is_tax_exempt",
        "Tax exempt",
        FieldKind.FLAG,
        OTHER,
        source="page: Defiens whether the contact is tax exempt or not",
    ),
    FieldSpec(
        "custom_fields",
        "Custom fields",
        FieldKind.RECORDS,
        OTHER,
        source="page: The custom field’s unique key, The custom field’s value; names of v2 and client",
        parts=(
            FieldSpec("key", "Name", required=True, source="page: The custom field’s unique key"),
            FieldSpec("value", "Value", source="page: The custom field’s value"),
        ),
    ),
    FieldSpec(
        "loyalty_identifiers",
        "Loyalty numbers",
        FieldKind.CHOICES,
        OTHER,
        writable=False,
        source="v2: loyalty_identifiers",
    ),
    FieldSpec(
        "referral_code",
        "Referral code",
        group=OTHER,
        writable=False,
        source="page: The code that the contact was referred with in order to register; name of v2",
    ),
    FieldSpec("wallet.code", "Wallet", group=OTHER, writable=False, source="v2: wallet.code"),
    FieldSpec("wallet.id", "Wallet (id)", group=OTHER, writable=False, source="v2: wallet.id"),
)

_RECORD = (
    FieldSpec("id", "CRM.COM id", group=RECORD, writable=False, source="page: The contact identifier"),
    FieldSpec("code", "CRM.COM code", group=RECORD, writable=False, source="page: The contact code"),
    FieldSpec(
        "is_verified",
        "Sign-in verified",
        FieldKind.FLAG,
        RECORD,
        writable=False,
        source='page: Defines whether the used identity is verified; the text "false" in the samples',
    ),
)

FIELDS: tuple[FieldSpec, ...] = (
    *_CONTACT,
    *_PERSON,
    *_CONSENT,
    *_company(),
    *_DOCUMENTS,
    *_OTHER,
    *_RECORD,
)

CREDENTIALS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "base_url",
        "Address of the API",
        FieldKind.URL,
        required=True,
        words=(
            (BASE_URL, "Live"),
            ("https://sandbox.crm.com/self-service/v1", "Test system"),
            ("https://sandbox.crm.com/self-service/v2", "Test system, version 2"),
            ("https://sandboxapi.crm.com/self-service/v2", "Test system of developers, version 2"),
            ("https://stagingapi.crm.com/self-service/v2", "Staging, version 2"),
        ),
        source="page: https://sandbox.crm.com/self-service/v1; All API requests must be made over HTTPS. "
        "app.crm.com: the vendor’s onboarding guide; the others: v2",
        hint="Leave as it is unless CRM.COM gave you another address. It starts with https:// and its end names the "
        "version, as in /self-service/v1.",
    ),
    FieldSpec(
        "api_key",
        "API key",
        required=True,
        max_length=200,
        selects=True,
        source="page: api_key: The publishable api key for application identification",
        hint="Publishable key of your application at CRM.COM. A test key shows test data, a live key live data; "
        "the secret key is another one and does not belong here.",
    ),
    FieldSpec(
        "email",
        "E-mail of a contact",
        FieldKind.EMAIL,
        max_length=254,
        source="page: The contact’s username (applicable for EMAIL providers)",
        hint="Leave it empty, and the password too: then guests sign in at the desk. With both, this one contact’s "
        "profile is checked by itself. It is what the person signs in with at CRM.COM, not a CRM.COM user.",
    ),
    FieldSpec(
        "password",
        "Password of that contact",
        FieldKind.PASSWORD,
        source="page: The contact’s password (applicable for EMAIL providers)",
        hint="The contact’s own password; empty where guests sign in at the desk. It is sent to CRM.COM only, and the "
        "token it gives is never stored.",
    ),
    FieldSpec(
        "dialect",
        "API version",
        FieldKind.CHOICE,
        words=(("v1", "Version 1"), ("v2", "Version 2")),
        default="v1",
        source="page: version 1; v2: version 2 has other names for some fields and paths",
        hint="Version 1 unless the address ends in /v2.",
    ),
)
