"""BookingSync's contact fields and credentials as data.

`source` quotes the vendor's contacts page (*page*), its enums page (*enums*) or its GDPR guide (*gdpr*); the README of
this folder says where they are. The rules bind what is sent; what is read may break them and is shown all the same.
"""

from __future__ import annotations

from crmdesk.core.fields import FieldKind, FieldSpec

CONTACT, ADDRESS, LANGUAGES, NOTES, RECORD = "Contact", "Address", "Languages", "Notes", "Record"

GENDERS = (("male", "Male"), ("female", "Female"))

LOCALES = (
    *("bg", "cs", "da", "de", "el", "en", "es", "fi", "fr", "hu", "id", "it", "ja", "ko", "lt", "lv", "mk", "nb"),
    *("nl", "pl", "pt", "ro", "rs", "ru", "sk", "sv", "uk", "zh", "zh-TW"),
)
"""Values of `spoken_languages` (enums page). `rs` is their Serbian."""

ISO_LANGUAGE = {"rs": "sr"}
"""Vendor locale → ISO 639-1 code, where they differ."""

PHONE_LABELS = ("phone", "mobile", "fax")
"""Labels in the page's own samples. Any text will do: "must be in email format" is a slip (README, doubts)."""

_PRINTABLE = "cannot contain non-printable characters"

FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "fullname",
        "Name",
        group=CONTACT,
        writable=False,
        source="page: fullname, Read: Contact’s fullname",
        hint="BookingSync joins first and last name.",
    ),
    FieldSpec("firstname", "First name", group=CONTACT, required=True, source="page: firstname: Required"),
    FieldSpec("lastname", "Last name", group=CONTACT, required=True, source="page: lastname: Required"),
    FieldSpec(
        "email",
        "E-mail",
        FieldKind.EMAIL,
        CONTACT,
        required=True,
        source="page: email: Required, must be in email format",
    ),
    FieldSpec(
        "phones",
        "Phones",
        FieldKind.PHONES,
        CONTACT,
        suggests=PHONE_LABELS,
        source="page: phones: label Required, number Required, must be in phone number format "
        "(if the element is present in phones array)",
        hint="Every line needs a label and a number; digits, spaces and + - . ( ) may stand in it.",
    ),
    FieldSpec(
        "website",
        "Website",
        FieldKind.URL,
        CONTACT,
        source="page: website: Must be a URL",
        hint="A whole address, beginning with https:// or http://.",
    ),
    FieldSpec(
        "gender",
        "Gender",
        FieldKind.CHOICE,
        CONTACT,
        words=GENDERS,
        source="page: gender: Must be one of genders enum; enums: male, female",
    ),
    FieldSpec(
        "address1",
        "Address",
        group=ADDRESS,
        required=True,
        max_length=100,
        printable=True,
        source=f"page: address1: Required, Maximum length: 100, {_PRINTABLE}",
    ),
    FieldSpec(
        "address2",
        "Address, line 2",
        group=ADDRESS,
        max_length=100,
        printable=True,
        source=f"page: address2: Maximum length: 100, {_PRINTABLE}",
    ),
    FieldSpec(
        "zip",
        "Postal code",
        group=ADDRESS,
        required=True,
        max_length=15,
        printable=True,
        source=f"page: zip: Required, Maximum length: 15, {_PRINTABLE}",
    ),
    FieldSpec(
        "city",
        "City",
        group=ADDRESS,
        required=True,
        max_length=100,
        source="page: city: Required, Maximum length: 100",
    ),
    FieldSpec(
        "state",
        "State or region",
        group=ADDRESS,
        max_length=100,
        printable=True,
        source=f"page: state: Maximum length: 100, {_PRINTABLE}",
    ),
    FieldSpec(
        "country_code",
        "Country",
        FieldKind.COUNTRY,
        ADDRESS,
        required=True,
        source="page: country_code: Required, Must be a country code enum",
        hint="The country’s name or its two letters.",
    ),
    FieldSpec(
        "spoken_languages",
        "Languages",
        FieldKind.LANGUAGES,
        LANGUAGES,
        required=True,
        words=(("rs", "Serbian"),),
        suggests=LOCALES,
        source="page: spoken_languages: Each item must be one of available locales, at least one element is required",
        hint="At least one. BookingSync takes only the languages offered here.",
    ),
    FieldSpec(
        "private_notes",
        "Private notes",
        FieldKind.LINES,
        NOTES,
        source="page: private_notes: Contact’s annotations.",
        hint="Notes of the house about the contact.",
    ),
    FieldSpec("id", "BookingSync id", FieldKind.NUMBER, RECORD, writable=False, source="page: id: Contact’s id."),
    FieldSpec(
        "links.account",
        "BookingSync account",
        FieldKind.NUMBER,
        RECORD,
        writable=False,
        source="page: account: Account’s ID related to the Client; in answers under links",
    ),
    FieldSpec(
        "created_at",
        "Created",
        FieldKind.TIME,
        RECORD,
        writable=False,
        source="page: created_at: Contact’s create time.",
    ),
    FieldSpec(
        "updated_at",
        "Changed",
        FieldKind.TIME,
        RECORD,
        writable=False,
        source="page: updated_at: Contact’s update time.",
    ),
    FieldSpec(
        "canceled_at",
        "Cancelled",
        FieldKind.TIME,
        RECORD,
        writable=False,
        source="page: canceled_at: Contact’s cancel time.",
    ),
    FieldSpec(
        "forget_me_at",
        "To be forgotten",
        FieldKind.TIME,
        RECORD,
        writable=False,
        source="page: forget_me_at: Contact’s forget time. Refer to GDPR guide",
        hint="From this time on the contact's data is erased here.",
    ),
    FieldSpec(
        "processing_restricted_at",
        "Processing restricted",
        FieldKind.TIME,
        RECORD,
        writable=False,
        source="page: processing_restricted_at: Contact’s processing restriction time. Refer to GDPR guide",
        hint="This person asked that the data is kept but not used.",
    ),
)

CREDENTIALS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "base_url",
        "Address of the API",
        FieldKind.URL,
        required=True,
        source="docs: https://www.bookingsync.com/api/v3",
        hint="Leave as it is unless BookingSync gave you another address. It starts with https://.",
    ),
    FieldSpec(
        "token",
        "Access token",
        FieldKind.SECRET,
        required=True,
        source="docs: Authorization: Bearer TOKEN; 64 hexadecimal characters",
        hint="Access token of your BookingSync application (64 hex characters). "
        "crmdesk needs scope public to read, rentals_write to change.",
    ),
)
