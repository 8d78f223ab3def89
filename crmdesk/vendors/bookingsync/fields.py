"""BookingSync's contact fields and credentials as data.

`source` quotes the vendor's contacts page (*page*), its enums page (*enums*) or its GDPR guide (*gdpr*); the README of
this folder says where they are. The rules bind what is sent; what is read may break them and is shown all the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.said import said
from crmdesk.core.types import Account

API_PATH = "/api/v3"

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
    FieldSpec(
        "firstname", "First name", group=CONTACT, required=True, source="page: firstname: Required", meaning="first"
    ),
    FieldSpec("lastname", "Last name", group=CONTACT, required=True, source="page: lastname: Required", meaning="last"),
    FieldSpec(
        "email",
        "E-mail",
        FieldKind.EMAIL,
        CONTACT,
        required=True,
        source="page: email: Required, must be in email format",
        meaning="email",
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
        meaning="phone",
    ),
    FieldSpec(
        "website",
        "Website",
        FieldKind.URL,
        CONTACT,
        source="page: website: Must be a URL",
        hint="A whole address, beginning with https:// or http://.",
        meaning="website",
    ),
    FieldSpec(
        "gender",
        "Gender",
        FieldKind.CHOICE,
        CONTACT,
        words=GENDERS,
        source="page: gender: Must be one of genders enum; enums: male, female",
        meaning="gender",
    ),
    FieldSpec(
        "address1",
        "Address",
        group=ADDRESS,
        required=True,
        max_length=100,
        printable=True,
        source=f"page: address1: Required, Maximum length: 100, {_PRINTABLE}",
        meaning="address",
    ),
    FieldSpec(
        "address2",
        "Address, line 2",
        group=ADDRESS,
        max_length=100,
        printable=True,
        source=f"page: address2: Maximum length: 100, {_PRINTABLE}",
        meaning="address2",
    ),
    FieldSpec(
        "zip",
        "Postal code",
        group=ADDRESS,
        required=True,
        max_length=15,
        printable=True,
        source=f"page: zip: Required, Maximum length: 15, {_PRINTABLE}",
        meaning="zip",
    ),
    FieldSpec(
        "city",
        "City",
        group=ADDRESS,
        required=True,
        max_length=100,
        source="page: city: Required, Maximum length: 100",
        meaning="city",
    ),
    FieldSpec(
        "state",
        "State or region",
        group=ADDRESS,
        max_length=100,
        printable=True,
        source=f"page: state: Maximum length: 100, {_PRINTABLE}",
        meaning="state",
    ),
    FieldSpec(
        "country_code",
        "Country",
        FieldKind.COUNTRY,
        ADDRESS,
        required=True,
        source="page: country_code: Required, Must be a country code enum",
        hint="The country’s name or its two letters.",
        meaning="country",
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
        meaning="lang",
    ),
    FieldSpec(
        "private_notes",
        "Private notes",
        FieldKind.LINES,
        NOTES,
        source="page: private_notes: Contact’s annotations.",
        hint="Notes of the house about the contact.",
        meaning="notes",
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

# -- signing in --------------------------------------------------------------------------------------------------

BROWSER, APPLICATION, PASTED = "browser", "application", "token"
READ_ONLY = "read"
CODE_REDIRECT = "urn:ietf:wg:oauth:2.0:oob"
"""For this redirect the page shows the code, "displayed authorization code" (docs: testing authorization)."""

_OWN_APPLICATION = ("sign_in", BROWSER, APPLICATION)

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
        "sign_in",
        "How to sign in",
        FieldKind.CHOICE,
        words=(
            (BROWSER, "Sign in in the browser"),
            (APPLICATION, "Read only, with the application’s own sign-in"),
            (PASTED, "A token you have"),
        ),
        default=PASTED,
        source="docs: Authorization Code Flow; Client Credentials Flow; Authorization: Bearer TOKEN",
        hint="In the browser is best: crmdesk may change contacts then, and the sign-in renews itself. For that, and "
        "to read only, your hotel registers an application of its own at BookingSync (Partners, Applications).",
    ),
    FieldSpec(
        "client_id",
        "Client id",
        required=True,
        source="docs: Each registered application is assigned a unique Client ID and Client Secret",
        hint="Shown at BookingSync with your application.",
        when=_OWN_APPLICATION,
    ),
    FieldSpec(
        "client_secret",
        "Client secret",
        FieldKind.SECRET,
        required=True,
        source="docs: It is important that the Client Secret is not shared with anyone",
        hint="Shown beside the client id. It belongs to your hotel alone.",
        when=_OWN_APPLICATION,
    ),
    FieldSpec(
        "rights",
        "Rights",
        FieldKind.CHOICE,
        words=(("", "Read and change contacts"), (READ_ONLY, "Only read contacts")),
        source="docs: scopes: public allows readonly access; contacts page: Required OAuth scope: rentals_write",
        hint="public reads. To change contacts BookingSync needs rentals_write; it has no right for contacts alone.",
        when=("sign_in", BROWSER),
    ),
    FieldSpec(
        "token",
        "Access token",
        FieldKind.SECRET,
        required=True,
        source="docs: Authorization: Bearer TOKEN; 64 hexadecimal characters",
        hint="Access token of your BookingSync application: 64 digits and letters from a to f. To read it needs the "
        "right “public”, to change contacts “rentals_write”.",
        when=("sign_in", PASTED),
    ),
)

EXPLAINED = said(
    "Your browser opens BookingSync. Sign in there and allow the access; then it comes back here by itself. crmdesk "
    "never sees your password. At BookingSync, your application needs the redirect address "
    "{address} for this, or {other} where you want to copy a code instead.",
    address="http://127.0.0.1/callback",
    other=CODE_REDIRECT,
)

_ONLY_READS = {
    APPLICATION: "The application’s own sign-in at BookingSync only reads. Sign in in the browser to change contacts.",
    BROWSER: "This BookingSync account was set up to only read. Change its rights on the Accounts page, then sign in.",
}
_WRITES = ("create", "edit", "delete")


def way_of(account: Account) -> str:
    """How the account signs in."""
    return account.config.get("sign_in", "").strip() or PASTED


def writes(account: Account) -> bool:
    """Whether its sign-in may change contacts at all."""
    way = way_of(account)
    return way == PASTED or (way == BROWSER and account.config.get("rights", "") != READ_ONLY)


def barred(account: Account) -> Mapping[str, str]:
    """See `Vendor.barred`."""
    return {} if writes(account) else dict.fromkeys(_WRITES, _ONLY_READS[way_of(account)])
