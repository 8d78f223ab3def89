"""What differs between version 1 and version 2 of the API, and what a version leaves open: one table.

Our own names are those of the v1 source page (`email_address`, `demographics.passport.passport_number`), but
`company_profile` instead of the page's `company_profle`. Reading needs no table: answers are read in every form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

PROFILE = "company_profile"
NO_SUCH_FIELD = "Version 2 of CRM.COM Self-Service has no such field."
NO_SUCH = ""  # in `names`: this version has no such field


class OtpForm(Enum):
    """The three bodies of validate-otp that are known (reference 3.3)."""

    AUTH_OTP = "credentials with the request's id"  # the page's sample
    CREDENTIAL = "credentials that asked for the code"  # the vendor's onboarding guide
    FLAT = "code and auth_otp"  # a public client; version 2


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version. `names` maps our dotted field names to this version's, where they differ."""

    key: str
    validate_otp: str = "/contacts/validate-otp"
    wifi: str = "wifi/authorization"
    wifi_place: str = "integration_id"
    """v1's text lists a site, its sample sends `integration_id`; v2 has `site_id`."""
    verify_in_query: bool = False
    own_password: bool = False
    """A signed-in contact may change the password without a mailed token."""
    consents: bool = True
    """There is PUT /contacts/{id}/consents."""
    send_method: str = "send_method"
    nested_phone: bool = False
    """`phone{number,country_code}` instead of `phone_number` and `country_code`."""
    gift_email: str = "email_address"
    identity: str = "identity"
    acceptance: str = "service_acceptance"
    refresh_in_body: bool = True
    """The page's text has the refresh token among the headers, its sample in the body: both are sent, equal."""
    channel: str = "type"
    in_app: str = "IN_APP"
    """How a list is asked for messages in the app: a client of v1 sends this, while they come as INAPP."""
    order: str = "ORDER"
    """What a printout calls an order: v1 has the singular wherever it names one, v2 the plural."""
    comments: bool = False
    file_is_content: bool = False
    two_letter_languages: bool = False
    otp_form: OtpForm = OtpForm.AUTH_OTP
    company_profile: str = PROFILE
    """Which spelling the server takes is unknown; the page's own is COMPANY_PROFLE."""
    text_flags: bool = False
    """Samples send the texts "true" and "false", a real client JSON booleans."""
    code_length: int = 0
    """Of a one-time code, 0 where it is not documented: v1's samples have nine and five digits."""
    statutory_id: bool = False
    """A code may be asked for with the statutory number."""
    secret_to_leave: bool = False
    """DELETE of a contact needs a secret key, which an account here does not have."""
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def without(self) -> Mapping[str, str]:
        """Our fields that this version does not have, each with the sentence for it."""
        return {path: NO_SUCH_FIELD for path, theirs in self.names.items() if theirs == NO_SUCH}

    def name(self, path: str) -> str:
        """Our field's dotted name in this version; NO_SUCH where there is none. A field that was read under the name of
        either version is the same field."""
        path = own_name(path)
        head, dot, rest = self.names.get(path, path).partition(".")
        return f"{self.company_profile if head == PROFILE else head}{dot}{rest}"

    def flag(self, value: bool) -> bool | str:
        """A boolean as this server wants it."""
        return str(value).lower() if self.text_flags else value


COMPANY_PROFLE = "company_profle"

V1 = Dialect("v1")

V2 = Dialect(
    "v2",
    validate_otp="/contacts/validate_otp",
    wifi="wifi/authorize",
    wifi_place="site_id",
    verify_in_query=True,
    own_password=True,
    consents=False,
    send_method="method",
    nested_phone=True,
    gift_email="email",
    identity="identification",
    acceptance="accept_terms_&_conditions",
    refresh_in_body=False,
    channel="channel",
    in_app="INAPP",
    order="ORDERS",
    comments=True,
    file_is_content=True,
    two_letter_languages=True,
    code_length=6,
    statutory_id=True,
    secret_to_leave=True,
    otp_form=OtpForm.FLAT,
    names=MappingProxyType(
        {
            "title": NO_SUCH,
            "consent_state": NO_SUCH,
            "preferred_language_code": "language_code",
            "email_address": "email",
            "statutory_number": "demographics.statutory_number",
            "demographics.passport.passport_number": "demographics.passport.number",
            "demographics.passport.issue_country_code": "demographics.passport.issuing_country_code",
            "demographics.id_details.id_number": "demographics.id_details.number",
            "demographics.id_details.issue_country_code": "demographics.id_details.issuing_country_code",
            "company_profile.industry_sectors": "company_profile.sub_industries",
        }
    ),
)

_OWN_NAMES: Mapping[str, str] = MappingProxyType({theirs: ours for ours, theirs in V2.names.items() if theirs})


def own_name(path: str) -> str:
    """Our name of a field that came under the name of either version, or of a client."""
    head, dot, rest = path.partition(".")
    path = f"{PROFILE}{dot}{rest}" if head == COMPANY_PROFLE else path
    return _OWN_NAMES.get(path, path)


DIALECTS: Mapping[str, Dialect] = MappingProxyType({dialect.key: dialect for dialect in (V1, V2)})
