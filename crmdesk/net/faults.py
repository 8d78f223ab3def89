"""Broken lines and refusing statuses as our errors. The one place where transport exceptions are translated.

A read may be repeated, so it fails with RETRY; a write whose first byte may have left is in doubt. Certainly not sent
are: no route, name or port, no free connection, TLS refused, a proxy that did not let us through.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    OfflineError,
    ProtocolError,
    RateLimitedError,
    ServerFaultError,
    SignInNeededError,
)
from crmdesk.core.said import Said, said, together
from crmdesk.core.seams import iso
from crmdesk.net.redact import hide_secrets

_PLAIN_SEGMENT = re.compile(r"[A-Za-z_-]{1,40}(\.[a-z]{1,5})?")
_REQUEST_ID = re.compile(r"[\w.:-]{1,80}", re.ASCII)

_UNKNOWN_ISSUER = (
    "The certificate of the server for {vendor} comes from an unknown issuer.",
    "If your company filters web traffic, its certificate must be installed on this computer.",
)

# OpenSSL's X509_V_ERR numbers → what happened, what to do
_CERTIFICATE = {
    9: ("The certificate of the server for {vendor} is not valid yet.", "Check the date and time of this computer."),
    10: (
        "The certificate of the server for {vendor} has expired.",
        "The operator of the server must renew it. Check the date of this computer, too.",
    ),
    18: (
        "The certificate of the server for {vendor} was issued by itself.",
        "A sign-in page or a filter may stand in the way. Ask who runs this network.",
    ),
    19: _UNKNOWN_ISSUER,
    20: _UNKNOWN_ISSUER,
    21: (
        "The certificate of the server for {vendor} comes from an unknown issuer.",
        "The server does not send its full chain of certificates.",
    ),
    23: (
        "The certificate of the server for {vendor} was revoked.",
        "Do not use this server until its operator has replaced the certificate.",
    ),
    62: (
        "The certificate of the server for {vendor} is for another name.",
        "Check the spelling of the address, or sign in to this network first.",
    ),
    64: (
        "The certificate of the server for {vendor} is for another name.",
        "Use the server's name in the address instead of its number.",
    ),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as far as it may be written down. `path` is relative to the base address."""

    vendor: str  # its title, for people
    method: str
    path: str
    write: bool
    moment: datetime

    def details(self, **more: str) -> dict[str, str]:
        """For *Copy details*: no ids, no query, no secrets."""
        shown = {key.replace("_", " "): hide_secrets(value) for key, value in more.items() if value}
        return {"endpoint": f"{self.method} {path_pattern(self.path)}", "time": iso(self.moment)} | shown


def path_pattern(path: str) -> str:
    """`/contacts/12,13` → `/contacts/:id`."""
    parts = path.split("?")[0].split("/")
    return "/".join(part if not part or _PLAIN_SEGMENT.fullmatch(part) else ":id" for part in parts)


# -- broken lines ------------------------------------------------------------------------------------------------


def translate(error: Exception, call: Call) -> KnownError:
    """Our error for one of httpx's or of the system. Never keeps the original text: it may hold headers."""
    details = call.details(cause=type(error).__name__)
    if (tls := _tls_cause(error)) is not None:
        return _tls_error(tls, call, details)
    if isinstance(error, httpx.ProxyError):
        return _proxy_error(str(error)[:3], call, details)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return OfflineError(
            said("{vendor} cannot be reached.", vendor=call.vendor),
            "Check the network connection. Nothing was sent.",
            details=details,
        )
    return broken_off(call, "The connection to {vendor} broke off before the answer was complete.", details)


def too_slow(call: Call, seconds: float) -> KnownError:
    """The deadline passed. Connecting has a much shorter limit of its own, so the request has left."""
    return broken_off(
        call,
        said(
            "{vendor} did not answer completely within {seconds} seconds.", vendor=call.vendor, seconds=f"{seconds:g}"
        ),
        call.details(),
    )


def broken_off(call: Call, title: str, details: Mapping[str, str]) -> KnownError:
    """Something left, nothing valid came back."""
    title = _named(title, call)
    if call.write:
        return InDoubtError(
            title,
            said("It may or may not have been done. Look at {vendor} before sending it again.", vendor=call.vendor),
            details=details,
        )
    return ServerFaultError(title, "It will be tried again.", details=details)


def _named(title: str, call: Call) -> str:
    """The vendor's name put into a title that has none yet."""
    return title if isinstance(title, Said) else said(title, vendor=call.vendor)


def unreadable(call: Call, title: str, hint: str, status: int) -> KnownError:
    """An answer that came but cannot be taken (too big, packed in an unknown way)."""
    details = call.details(status=str(status))
    if call.write:
        return broken_off(call, title, details)
    return ProtocolError(_named(title, call), hint, details=details)


def _proxy_error(status: str, call: Call, details: Mapping[str, str]) -> OfflineError:
    if status == "407":
        return OfflineError(
            "The proxy of this network asks for a user name and password.",
            "Put them into the proxy setting of this computer (HTTPS_PROXY). Nothing was sent.",
            details=details,
        )
    return OfflineError(
        said("The proxy of this network does not connect to {vendor}.", vendor=call.vendor),
        "Ask who runs this network to allow it. Nothing was sent.",
        details=details,
    )


def _tls_cause(error: BaseException) -> ssl.SSLError | None:
    """The TLS failure below a failed connection. A TLS line that breaks later is only a broken line: that comes as the
    bare error (an altered answer), and by then the request had left."""
    if not isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return None
    return next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLError)), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(10):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__


def _tls_error(tls: ssl.SSLError, call: Call, details: dict[str, str]) -> KnownError:
    if not isinstance(tls, ssl.SSLCertVerificationError):
        reason = re.sub(r"[^A-Z0-9_]", "", tls.reason or "")[:60]
        return ProtocolError(
            said("No secure connection to {vendor} could be made.", vendor=call.vendor),
            "The address may be wrong, or something in this network interferes. Nothing was sent.",
            details=details | {"tls": reason or "handshake failed"},
        )
    what, hint = _CERTIFICATE.get(tls.verify_code, _certificate_by_words(str(tls)))
    return ProtocolError(
        said(what, vendor=call.vendor),
        together(hint, "Nothing was sent."),
        details=details | {"tls": f"certificate check {tls.verify_code}"},
    )


def _certificate_by_words(text: str) -> tuple[str, str]:
    """Windows and macOS have numbers of their own; their words are enough for the common cases."""
    words = text.lower()
    if "expired" in words:
        return _CERTIFICATE[10]
    if "name" in words and ("match" in words or "mismatch" in words):
        return _CERTIFICATE[62]
    if "revoked" in words:
        return _CERTIFICATE[23]
    return (
        "The certificate of the server for {vendor} cannot be trusted.",
        "Ask who runs this network, or the operator of the server.",
    )


# -- refusing statuses -------------------------------------------------------------------------------------------


def judge(status: int, headers: Mapping[str, str], call: Call) -> KnownError | None:
    """The error for a status that means the same everywhere; None leaves it to the connector. 429 is `slow_down`."""
    details = _status_details(status, headers, call)
    if 300 <= status < 400 and status != 304:
        return _redirected(headers, call, details)
    if status == 401:
        return SignInNeededError(
            said("{vendor} did not accept the access token.", vendor=call.vendor),
            "Enter a new token for this account.",
            details=details,
        )
    if status == 403:
        return ForbiddenError(
            said("{vendor} does not allow this with the account's token.", vendor=call.vendor),
            "Ask for a token with the right to do it.",
            details=details,
        )
    if status == 407:
        return _proxy_error("407", call, details)
    if status >= 500:
        return broken_off(
            call,
            said("{vendor} has a fault on its side (status {status}).", vendor=call.vendor, status=str(status)),
            details,
        )
    return unexpected(status, headers, call) if not 200 <= status < 500 else None


def unexpected(status: int, headers: Mapping[str, str], call: Call) -> ProtocolError:
    """A status the documents do not name for this call."""
    return ProtocolError(
        said("{vendor} gave an unexpected answer (status {status}).", vendor=call.vendor, status=status),
        "Check the base address. If it is right, copy the details and report them.",
        details=_status_details(status, headers, call),
    )


def slow_down(vendor: str, until: datetime, details: Mapping[str, str]) -> RateLimitedError:
    """Until then nothing was done; the time is shown on the desk's own clock."""
    return RateLimitedError(
        said("{vendor} asks us to slow down.", vendor=vendor),
        said("Continuing at {time}.", time=f"{until.astimezone():%H:%M}"),
        until=until,
        details=details,
    )


def limited(headers: Mapping[str, str], call: Call, until: datetime) -> RateLimitedError:
    """A 429."""
    return slow_down(call.vendor, until, _status_details(429, headers, call))


def _redirected(headers: Mapping[str, str], call: Call, details: dict[str, str]) -> ProtocolError:
    host = _host_of(headers.get("location", ""))
    return ProtocolError(
        said("{vendor} answered with a redirect to another address, which crmdesk never follows.", vendor=call.vendor),
        "Check the base address of the account. In a guest network, sign in to the network first.",
        details=details | ({"redirect to": host} if host else {}),
    )


def _host_of(location: str) -> str:
    """Only the host of a Location header, in ASCII: its path and query may hold secrets."""
    try:
        return hide_secrets(httpx.URL(location[:2000]).raw_host.decode("ascii")[:100])
    except (httpx.InvalidURL, ValueError):
        return ""


def _status_details(status: int, headers: Mapping[str, str], call: Call) -> dict[str, str]:
    request_id = headers.get("x-request-id", "")
    return call.details(status=str(status), request_id=request_id if _REQUEST_ID.fullmatch(request_id) else "")
