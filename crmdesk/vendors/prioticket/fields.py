"""PrioTicket's contact fields and credentials as data.

`source` quotes the contacts page of API 3.8 (*page*), other pages of its documentation (*docs*) or the contact model
that the vendor published for 3.5 (*model*); the README of this folder says where they are. The rules bind what is
sent; what is read may break them and is shown all the same.
"""

from __future__ import annotations

from crmdesk.core.fields import FieldKind, FieldSpec

CONTACT, ADDRESS, PERSON, VISIT = "Contact", "Address", "Person", "Visit"
NOTES, CUSTOM, RECORD = "Notes", "Custom fields", "Record"

API_PATH = "/v3.8/distributor"
ENVIRONMENTS = (
    (f"https://distributor-api.prioticket.com{API_PATH}", "Production"),
    (f"https://sandbox-distributor-api.prioticket.com{API_PATH}", "Sandbox"),
    (f"https://staging-distributor-api.prioticket.com{API_PATH}", "Staging (acceptance tests)"),
    (f"https://internal-distributor-api.prioticket.com{API_PATH}", "Internal (PrioTicket’s own)"),
)
"""docs: https://{environment}.prioticket.com/{version}/distributor"""

NO_CREATE = "PrioTicket makes contacts only inside orders; there is no way to make one here."
NO_DELETE = "PrioTicket has no way to delete a contact."

SCOPE = "https://www.prioticketapis.com/auth/distributor/contacts"
"""docs, definition of 3.8. All token samples of the vendor have a dot instead: `…/auth/distributor.booking`."""

CONTACT_TYPES = (
    ("CONTACT", "Contact"),
    ("BOOKER", "Booker"),
    ("GUEST", "Guest"),
    ("PARTNER", "Partner"),
    ("STAFF", "Staff"),
    ("CASHIER", "Cashier"),
    ("PAYMENT", "Payment"),
    ("AGENT", "Agent"),
    ("EMERGENCY", "Emergency"),
    ("GUIDE", "Guide"),
    ("SUPPLIER", "Supplier"),
    ("VENUE", "Venue"),
    ("HOST", "Host"),
    ("COMPANY", "Company"),
    ("DELIVERY", "Delivery"),
    ("OTHER", "Other"),
    ("MANAGER", "Manager"),
    ("SUPPORT", "Support"),
    ("INSTRUCTOR", "Instructor"),
)
"""page, "Type of contact"; the last three are marked "(UPCOMING)" there."""
UPCOMING = frozenset({"MANAGER", "SUPPORT", "INSTRUCTOR"})

GENDERS = (("MALE", "Male"), ("FEMALE", "Female"), ("OTHER", "Other"))
CLASSIFICATIONS = (
    ("IMPORTANT", "Important"),
    ("VERY_IMPORTANT", "Very important"),
    ("PROBLEMATIC", "Problematic"),
    ("DISABLEDPERSON", "Disabled person"),
    ("TOPMANAGEMENT", "Top management"),
    ("STAFF", "Staff"),
    ("LOYALTYPROGRAM", "Loyalty program"),
    ("MEDIA", "Media"),
    ("FRIENDORFAMILY", "Friend or family"),
    ("RETURNING", "Returning"),
    ("PERSONAL", "Personal"),
    ("BUSINESS", "Business"),
)
NOTE_TYPES = (
    ("GUEST", "Guest"),
    ("PARTNER", "Partner"),
    ("SUPPLIER", "Supplier"),
    ("RESELLER", "Reseller"),
    ("DISTRIBUTOR", "Distributor"),
    ("INTERNAL", "Internal"),
)
CUSTOM_TYPES = (("SYSTEM", "System"), ("USER", "User"))

_PHONE = "Must be a valid E.164 spec compliant phone number."
_PHONE_HINT = "PrioTicket wants it with + and country code, as +31201234567; its own samples are not all like that."


def _address(
    key: str, label: str, kind: FieldKind = FieldKind.TEXT, *, writable: bool = True, meaning: str = ""
) -> FieldSpec:
    source = f"model, AddressModel: {key}{'' if writable else ' [readonly]'}"
    return FieldSpec(f"contact_address.{key}", label, kind, ADDRESS, writable=writable, source=source, meaning=meaning)


_NOTE_PARTS = (
    FieldSpec("note_value", "Note", FieldKind.LINES, source="model, Note: note_value"),
    FieldSpec(
        "note_type",
        "For",
        FieldKind.CHOICE,
        words=NOTE_TYPES,
        source="model, Note: note_type: GUEST, PARTNER, SUPPLIER, RESELLER, DISTRIBUTOR, INTERNAL",
    ),
    FieldSpec("note_date", "Written", FieldKind.TIME, writable=False, source="model, Note: note_date [readonly]"),
    FieldSpec("note_creator", "By", writable=False, source="model, Note: note_creator [readonly]"),
)
_CUSTOM_PARTS = (
    FieldSpec("custom_field_name", "Name", source="model: custom_field_name: Unique Name / Identifier for this field."),
    FieldSpec("custom_field_value", "Value", source="model: custom_field_value: Freeform value of this field."),
    FieldSpec(
        "custom_field_type",
        "Kind",
        FieldKind.CHOICE,
        words=CUSTOM_TYPES,
        source="model: custom_field_type: SYSTEM, USER",
    ),
)

FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "contact_type",
        "Type",
        FieldKind.CHOICE,
        CONTACT,
        words=CONTACT_TYPES,
        upcoming=tuple(sorted(UPCOMING)),
        source="page: Type of contact. CONTACT: Only use this type if a more specific classification is unknown.",
        hint="Manager, Support and Instructor are announced; PrioTicket may still refuse them.",
    ),
    FieldSpec(
        "contact_title",
        "Title",
        group=CONTACT,
        source="model: contact_title: Title prefix of the contact (Mister / Miss / Misses etc).",
        meaning="title",
    ),
    FieldSpec(
        "contact_name_first",
        "First name",
        group=CONTACT,
        max_length=255,
        source="model: contact_name_first: First name of the contact. At most 255",
        meaning="first",
    ),
    FieldSpec(
        "contact_name_last",
        "Last name",
        group=CONTACT,
        max_length=255,
        source="model: contact_name_last: If you only have the fullname, we recommend sending it as contact_name_last "
        "and leaving the contact_name_first blank. At most 255",
        hint="A name known only as a whole stands here.",
        meaning="last",
    ),
    FieldSpec(
        "contact_email",
        "E-mail",
        FieldKind.EMAIL,
        CONTACT,
        source="model: contact_email: Email address of the contact.",
        meaning="email",
    ),
    FieldSpec(
        "contact_phone",
        "Phone",
        FieldKind.PHONES,
        CONTACT,
        source=f"model: contact_phone: {_PHONE}",
        hint=_PHONE_HINT,
        single=True,
        e164=True,
        meaning="phone",
    ),
    FieldSpec(
        "contact_mobile",
        "Mobile",
        FieldKind.PHONES,
        CONTACT,
        source=f"model: contact_mobile: {_PHONE}",
        hint=_PHONE_HINT,
        single=True,
        e164=True,
        meaning="phone",
    ),
    FieldSpec(
        "contact_website",
        "Website",
        FieldKind.URL,
        CONTACT,
        source="model: contact_website: Contact website. URI",
        hint="A whole address, beginning with https:// or http://.",
        meaning="website",
    ),
    FieldSpec(
        "contact_language",
        "Language",
        FieldKind.LANGUAGES,
        CONTACT,
        source="model: contact_language: Language and culture code of the contact preferred language (ISO-639-1).",
        hint="One language: the one to write to this person in.",
        single=True,
        meaning="lang",
    ),
    FieldSpec(
        "contact_classification",
        "Classification",
        FieldKind.CHOICE,
        CONTACT,
        words=CLASSIFICATIONS,
        source="model: contact_classification, twelve values",
    ),
    _address("name", "Name of the place"),
    _address("street", "Street", meaning="address"),
    _address("addition", "Addition", meaning="address2"),
    _address("postal_code", "Postal code", meaning="zip"),
    _address("city", "City", meaning="city"),
    _address("region", "Region", meaning="state"),
    _address("country", "Country as written"),
    FieldSpec(
        "contact_address.country_code",
        "Country",
        FieldKind.COUNTRY,
        ADDRESS,
        source="model, AddressModel: country_code: ISO 3166-1 alpha-2",
        meaning="country",
    ),
    _address("latitude", "Latitude"),
    _address("longitude", "Longitude"),
    _address("place_id", "Place id"),
    _address("notes", "Notes on the address", FieldKind.LINES),
    _address("id", "Address id", writable=False),
    FieldSpec(
        "contact_gender",
        "Gender",
        FieldKind.CHOICE,
        PERSON,
        words=GENDERS,
        source="model: contact_gender: Gender of the contact. MALE, FEMALE, OTHER",
        meaning="gender",
    ),
    FieldSpec(
        "contact_birth_date",
        "Born on",
        FieldKind.DATE,
        PERSON,
        source="model: contact_birth_date: Date of birth.",
        meaning="birth",
    ),
    FieldSpec("contact_birth_place", "Born in", group=PERSON, source="model: contact_birth_place: Place of birth."),
    FieldSpec(
        "contact_age",
        "Age",
        FieldKind.NUMBER,
        PERSON,
        most=150,
        whole=True,
        source="model: contact_age: Age of the contact. At most 150",
    ),
    FieldSpec(
        "contact_nationality",
        "Nationality",
        FieldKind.COUNTRY,
        PERSON,
        source="model: contact_nationality: Country code of the contact (ISO-3166-1). The sample has “Dutch”",
        hint="Country of the passport.",
    ),
    FieldSpec(
        "contact_passport",
        "Passport",
        group=PERSON,
        masked=True,
        source="model: contact_passport: Passport details of the contact.",
    ),
    FieldSpec(
        "contact_loyalty_number",
        "Loyalty number",
        group=VISIT,
        source="model: contact_loyalty_number: Contact Loyalty Number.",
    ),
    FieldSpec("contact_room_number", "Room", group=VISIT, source="model: contact_room_number: Contact room number."),
    FieldSpec(
        "contact_flight_number",
        "Flight",
        group=VISIT,
        source="model: contact_flight_number: Contact Flight Number.",
    ),
    FieldSpec(
        "contact_notes",
        "Notes",
        FieldKind.RECORDS,
        NOTES,
        parts=_NOTE_PARTS,
        source="model: contact_notes: Contact notes.",
        meaning="notes",
    ),
    FieldSpec(
        "contact_custom_fields",
        "Custom fields",
        FieldKind.RECORDS,
        CUSTOM,
        parts=_CUSTOM_PARTS,
        source="model: contact_custom_fields: Freeform entry of any key-value pair.",
    ),
    FieldSpec(
        "contact_number",
        "Contact number",
        group=RECORD,
        max_length=50,
        source="model: contact_number: Number of the contact. At most 50",
    ),
    FieldSpec(
        "contact_external_uid",
        "External id",
        group=RECORD,
        source="model: contact_external_uid: Unique external identifier of the contact.",
        hint="The id of this contact in another program. Two contacts must not share one.",
    ),
    FieldSpec(
        "contact_uid",
        "PrioTicket id",
        group=RECORD,
        writable=False,
        source="model: contact_uid: A unique contact identifier created by Prio.",
    ),
    FieldSpec(
        "contact_version",
        "Version",
        FieldKind.NUMBER,
        RECORD,
        writable=False,
        source="model: contact_version: every time the contact details are updated, a new version is registered.",
    ),
    FieldSpec(
        "contact_created",
        "Created",
        FieldKind.TIME,
        RECORD,
        writable=False,
        source="model: contact_created: Creation date and time of the contact. [readonly]",
    ),
    FieldSpec(
        "contact_modified",
        "Changed",
        FieldKind.TIME,
        RECORD,
        writable=False,
        source="model: contact_modified: Last update date and time of the contact. [readonly]",
    ),
)

CREDENTIALS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "base_url",
        "Address of the API",
        FieldKind.URL,
        required=True,
        words=ENVIRONMENTS,
        source="docs: https://{environment}.prioticket.com/{version}/distributor",
        hint="The environment your client id belongs to. Credentials of one environment do not work in another.",
    ),
    FieldSpec(
        "client_id",
        "Client id",
        required=True,
        selects=True,
        source="docs: OAuth 2 client credentials, HTTP Basic",
        hint="PrioTicket gave it to you together with the client secret. It is not your e-mail address.",
    ),
    FieldSpec(
        "client_secret",
        "Client secret",
        FieldKind.SECRET,
        required=True,
        source="docs: OAuth 2 client credentials, HTTP Basic",
        hint="Belongs to the client id. Copy it as one piece; a new one makes the old one useless.",
    ),
    FieldSpec(
        "scope",
        "Scope",
        source=f"docs, definition of 3.8: {SCOPE}",
        hint="Leave empty for the contacts scope of API 3.8, unless PrioTicket gave you another one.",
    ),
    FieldSpec(
        "reseller_id",
        "Only reseller",
        max_length=40,
        selects=True,
        source="page: [FILTER] on reseller_id. 501",
        hint="A reseller’s number lists only its contacts. Empty lists all.",
    ),
    FieldSpec(
        "distributor_id",
        "Only distributor",
        max_length=40,
        selects=True,
        source="page: [FILTER] on distributor_id. 501",
        hint="A distributor’s number lists only its contacts. Empty lists all.",
    ),
    FieldSpec(
        "contact_type",
        "Only type",
        FieldKind.CHOICE,
        selects=True,
        words=(("", "All types"), *CONTACT_TYPES),
        source="page: Type of contact, as a filter of the list",
        hint="With one type, only contacts of that type are listed.",
    ),
)
