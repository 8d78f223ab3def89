"""The fields of a CRM.COM customer event as it is sent, and the credentials, as data.

`source` quotes the vendor's page "customer_events/bulk" (*bulk*) or another page of its wiki (README says which). A key
of an identifier is a field of its own, with a path such as `accounts_receivable_identifier.number`: which keys exclude
each other stands in `kinds`.
"""

from __future__ import annotations

from collections.abc import Iterable

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.said import listed, mark, said, term

EVENT, WHO, WHERE, PURCHASE, PAYMENT, EXTERNAL, OWN, RECORD = (
    *("Event", "Who", "Where", "Purchase", "Payment", "Other system", "Own fields", "Record"),
)

_KEY_WORDS = {
    "id": mark("id"),
    "number": mark("number"),
    "name": mark("name"),
    "code": mark("code"),
    "alternative_code": "alternative code",
    "reference_number": "reference number",
    "back_office_code": "back office code",
}
ACCOUNT_KEYS = ("number", "id", "name")
PARTICIPANT_KEYS = ("number", "id")
NAMED_KEYS = ("name", "alternative_code", "id")
PRODUCT_KEYS = ("code", "alternative_code", "id")
CURRENCY_KEYS = ("code", "id")
INVOICE_KEYS = ("number", "reference_number", "back_office_code", "id")


def identifier(prefix: str, label: str, group: str, keys: Iterable[str], says: str) -> tuple[FieldSpec, ...]:
    """One field for each key of an identifier; `says` is the vendor's sentence about it."""
    return tuple(
        FieldSpec(
            f"{prefix}.{key}",
            said("{field} {key}", field=term(label), key=term(_KEY_WORDS[key])),
            group=group,
            source=f"bulk: {prefix}: {says}; {key} (semi-optional)",
            hint=said("Give exactly one of: {fields}.", fields=listed(_KEY_WORDS[other] for other in keys)),
            aliases=(label,) if place == 0 else (),
        )
        for place, key in enumerate(keys)
    )


LABEL = FieldSpec(
    "request_unique_identifier",
    "Label in the call",
    group=RECORD,
    writable=False,
    source="bulk: request_unique_identifier (mandatory): A unique identifier of the request, provided by the caller, "
    "in order to identify the successful or failed results",
    hint="crmdesk fills it in. CRM.COM does not keep it.",
)
ACCOUNT = identifier("accounts_receivable_identifier", "Account", WHO, ACCOUNT_KEYS, "The related accounts receivable")
PARTICIPANT = identifier(
    "rewards_participant_identifier", "Participant", WHO, PARTICIPANT_KEYS, "The related rewards participant"
)
REFERRED = identifier(
    "referred_rewards_participant_identifier",
    "Referred participant",
    WHO,
    PARTICIPANT_KEYS,
    "(mandatory) The referred rewards participant",
)
REFERRED_BY = identifier(
    "referred_by_rewards_participant_identifier",
    "Referring participant",
    WHO,
    PARTICIPANT_KEYS,
    "(mandatory) The rewards participant that provided the referral",
)
REFERRED_ACCOUNT = identifier(
    "referred_accounts_receivable_identifier",
    "Referred account",
    WHO,
    ACCOUNT_KEYS,
    "(mandatory from R17, page referrals/create) The referred account",
)
REFERRED_BY_ACCOUNT = identifier(
    "referred_by_accounts_receivable_identifier",
    "Referring account",
    WHO,
    ACCOUNT_KEYS,
    "(from R17, page referrals/list) The account that provided the referral",
)
CLASSIFICATION = identifier(
    "classification_identifier", "Classification", EVENT, NAMED_KEYS, "The classification of the customer event"
)
UNIT = identifier(
    "performed_by_unit_identifier", "Unit", WHERE, NAMED_KEYS, "(mandatory) The unit that initiated the customer event"
)
PERFORMED_ON = FieldSpec(
    "performed_on",
    "Performed on",
    FieldKind.TIME,
    EVENT,
    required=True,
    source="bulk: performed_on (mandatory): The date that the customer event was actually performed; in its samples "
    "2016-06-22T15:00:00",
    hint="Date and time, in the time zone of the account.",
    aliases=("date", "performed", "event date", "date performed", "date and time", "timestamp"),
)
DESCRIPTION = FieldSpec(
    "description",
    "Description",
    FieldKind.LINES,
    EVENT,
    source="bulk: description: A description of the customer event",
)
SOCIAL_MEDIA = FieldSpec(
    "social_media",
    "Social network",
    FieldKind.CHOICE,
    EVENT,
    required=True,
    words=(("FACEBOOK", "Facebook"),),
    source="bulk: social_media (mandatory): can be one of the following: FACEBOOK",
)
PROFILE = FieldSpec(
    "profile",
    "Profile",
    group=EVENT,
    required=True,
    source="bulk: profile (mandatory): The social media profile related with the customer event",
)
ACTION = FieldSpec(
    "action",
    "Action",
    FieldKind.CHOICE,
    EVENT,
    required=True,
    words=(("LIKE", "Like"),),
    source="bulk: action (mandatory): The social media action that was performed: LIKE",
)
WEBSITE = FieldSpec(
    "website",
    "Website",
    group=EVENT,
    required=True,
    source="bulk: website (mandatory): The website URL related with the customer event; in its samples www.crm.com",
)
REFERENCE = FieldSpec(
    "reference_number",
    "Reference number",
    group=PURCHASE,
    required=True,
    source="bulk: reference_number (mandatory): The reference number of the retrieved purchase customer event",
    hint="The number of the bill. Two purchases may have the same one.",
    aliases=("reference", "bill", "bill number", "receipt"),
)
INVOICE = identifier(
    "invoice_identifier", "Invoice", PURCHASE, INVOICE_KEYS, "The CRM.COM invoice related with the purchase"
)
PRODUCT = identifier("product_identifier", "Product", PURCHASE, PRODUCT_KEYS, "The purchased product")
BRAND = identifier(
    "payment_medium_brand_identifier",
    "Payment brand",
    PAYMENT,
    NAMED_KEYS,
    "The payment medium brand with which the event has been made",
)
MEDIUM_TYPE = identifier(
    "payment_medium_type_identifier",
    "Payment type",
    PAYMENT,
    NAMED_KEYS,
    "The payment medium type with which the event has been made",
)
MEDIUM = FieldSpec(
    "payment_medium_identifier",
    "Payment medium",
    group=PAYMENT,
    source="bulk: payment_medium_identifier: The payment medium identifier with which the event has been made",
    hint="Such as the first digits of a card. Never a whole card number.",
    no_card=True,
)
CURRENCY = identifier(
    "intended_currency_identifier",
    "Currency",
    PURCHASE,
    CURRENCY_KEYS,
    "validated against the currency of the related performed by unit; not saved",
)


def _amount(path: str, label: str, *aliases: str) -> FieldSpec:
    return FieldSpec(
        path,
        label,
        FieldKind.NUMBER,
        PURCHASE,
        required=True,
        source=f"bulk: {path} (mandatory): The {label.lower()} of the specified purchase customer event product",
        hint="Of the whole line, with at most two places.",
        aliases=aliases,
    )


NET, VAT, TOTAL = (
    _amount("net_amount", "Net amount", "net"),
    _amount("vat_amount", "VAT amount", "vat", "tax"),
    _amount("total_amount", "Total", "amount", "total amount", "gross"),
)
QUANTITY = FieldSpec(
    "quantity",
    "Quantity",
    FieldKind.NUMBER,
    PURCHASE,
    source="bulk: quantity: If not specified then it automatically defaults to 1",
    aliases=("qty", "count"),
    implied="1",
)
PRODUCTS = FieldSpec(
    "products_set",
    "Products",
    FieldKind.RECORDS,
    PURCHASE,
    required=True,
    source="bulk: products_set (mandatory): The purchased products, along with the total amount, net amount and VAT "
    "amount for each product",
    hint="Total is net and VAT together.",
    parts=(*PRODUCT, QUANTITY, NET, VAT, TOTAL),
)
EXTERNAL_SYSTEM = FieldSpec(
    "external_system",
    "System",
    group=EXTERNAL,
    source="bulk: external_system: The third party system that generates the customer event",
    hint="Empty: the name in the account's settings.",
)
EXTERNAL_NUMBER = FieldSpec(
    "external_system_reference_number",
    "Number there",
    group=EXTERNAL,
    source="bulk: external_system_reference_number (from R10.1): The unique reference number of the customer event in "
    "the external system",
    hint="Empty: crmdesk gives each event a number of its own, by which it is found again after a lost answer.",
)


def own_fields(texts: int) -> tuple[FieldSpec, ...]:
    """The user defined fields: so many texts, four numbers, four dates."""
    found = []
    for word, label, kind, count in (
        ("string", "Text", FieldKind.TEXT, texts),
        ("float", "Number", FieldKind.NUMBER, 4),
        ("date", "Date", FieldKind.DATE, 4),
    ):
        found += [
            FieldSpec(
                f"udf_{word}_{place}",
                f"{label} {place}",
                kind,
                OWN,
                source=f"bulk: udf_{word}_{place}: User Defined Field of type {word.title()}",
            )
            for place in range(1, count + 1)
        ]
    return tuple(found)


FIELDS: tuple[FieldSpec, ...] = (
    *(*CLASSIFICATION, PERFORMED_ON, DESCRIPTION, SOCIAL_MEDIA, PROFILE, ACTION, WEBSITE),
    *(*ACCOUNT, *PARTICIPANT, *REFERRED, *REFERRED_BY, *REFERRED_ACCOUNT, *REFERRED_BY_ACCOUNT, *UNIT),
    *(REFERENCE, PRODUCTS, *PRODUCT, *INVOICE, *CURRENCY, *BRAND, *MEDIUM_TYPE, MEDIUM),
    *(EXTERNAL_SYSTEM, EXTERNAL_NUMBER, *own_fields(16), LABEL),
)
"""Every documented field of an event, of all kinds."""

RELEASES = (
    ("R10", "R10.0"),
    ("R10.1", "R10.1 to R11"),
    ("R12", "R12 to R14"),
    ("R15", "R15 and R16"),
    ("R17", "R17 and later"),
)
DEFAULT_RELEASE = "R12"
PASSWORD, WEB_API_KEY = "password", "web_api_key"
DEFAULT_SYSTEM = "crmdesk"

CREDENTIALS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "base_url",
        "Address of the Web API",
        FieldKind.URL,
        required=True,
        source="wiki, Introduction: {server}/crmapi/rest/v2/; every customer has a server of its own",
        hint="Your own installation of CRM.COM: replace crm.example.com by its server. The address usually ends with "
        "/crmapi/rest/v2.",
    ),
    FieldSpec(
        "sign_in",
        "Sign in with",
        FieldKind.CHOICE,
        words=((PASSWORD, "User name and password"), (WEB_API_KEY, "Web API key")),
        default=PASSWORD,
        source="wiki, authentication: POST authentication/token, and from R10 POST authentication/web_api_key/token",
        hint="A web API key needs neither user name nor organisation.",
    ),
    FieldSpec(
        "username",
        "User name",
        source="wiki, authentication/token: username (mandatory)",
        hint="A back office user with the right to use the Web API. Leave empty for a web API key.",
    ),
    FieldSpec(
        "organisation",
        "Organisation",
        place=True,
        source="wiki, authentication/token: organisation (mandatory)",
        hint="Exactly as on the sign-in page of the back office. Leave empty for a web API key.",
    ),
    FieldSpec(
        "unit",
        "Unit id",
        source="wiki, authentication/token: unit (optional), the ID of the unit; else the user's default unit",
        hint="Only where the user works for several units: the id of the unit, not its name.",
    ),
    FieldSpec(
        "secret",
        "Password or web API key",
        FieldKind.PASSWORD,
        required=True,
        source="wiki, authentication: password (mandatory); web API key as the user name of HTTP Basic",
        hint="The user's password, or the key from the back office (32 characters, no colon behind it).",
    ),
    FieldSpec(
        "release",
        "CRM.COM release",
        FieldKind.CHOICE,
        words=RELEASES,
        default=DEFAULT_RELEASE,
        source="bulk: R10 to R14; wiki: what later releases changed",
        hint="Shown at the bottom of the back office. It decides how long a sign-in lasts and which fields exist.",
    ),
    FieldSpec(
        "time_zone",
        "Time zone",
        source="bulk: performed_on in its samples has no zone",
        hint="Of the CRM.COM server, such as Europe/Nicosia. Empty: that of this computer.",
    ),
    FieldSpec(
        "external_system",
        "Name of this desk",
        source="bulk: external_system: The third party system that generates the customer event",
        hint="Stands in every event sent from here. Empty: crmdesk.",
    ),
)
