"""Files at the vendor, and printouts."""

from __future__ import annotations

import re

from crmdesk.core.said import said
from crmdesk.core.seams import new_id
from crmdesk.net.http import segment
from crmdesk.vendors.crmcom_selfservice.answers import StoredFile
from crmdesk.vendors.crmcom_selfservice.bodies import refused
from crmdesk.vendors.crmcom_selfservice.codec import read_file
from crmdesk.vendors.crmcom_selfservice.dialect import Dialect
from crmdesk.vendors.crmcom_selfservice.line import Line

_ORDERS = ("ORDER", "ORDERS")
FORMATS = ("PDF", "EMAIL", "WEB_VIEW")  # the last one is version 2's
MOST_BYTES = 20 * 1024 * 1024  # ours: nothing is documented, and the whole file stands in memory
_MIME = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,60}", re.IGNORECASE)


class Documents:
    """All calls need the contact's token and raise KnownError."""

    def __init__(self, line: Line, dialect: Dialect) -> None:
        self._line, self._dialect = line, dialect

    async def upload(self, name: str, content: bytes, mime: str) -> str:
        """POST /upload/files as multipart/form-data with one part `file`, as the page's text says (its sample shows
        JSON with the words "file object"). The file's id."""
        if not 0 < len(content) <= MOST_BYTES:
            raise refused(said("A file has 1 byte to {most} MB.", most=MOST_BYTES // 1024 // 1024))
        boundary = f"crmdesk-{new_id()}"
        return await self._line.upload(
            "/upload/files", form(name, content, mime, boundary), f"multipart/form-data; boundary={boundary}"
        )

    async def file(self, file_id: str) -> StoredFile:
        """GET /files/{id}: what it is (version 1), or the file itself (version 2)."""
        accept = "*/*" if self._dialect.file_is_content else "application/json"
        answer = await self._line.read(_file(file_id), subject=file_id, accept=accept)
        kind = answer.headers.get("content-type", "")
        return read_file(answer.body, file_id, kind, is_content=self._dialect.file_is_content)

    async def delete_file(self, file_id: str) -> None:
        """DELETE /files/{id}. The page's sample shows a path below service_requests: a copy from elsewhere."""
        await self._line.change("DELETE", _file(file_id), subject=file_id)

    async def printout(self, entity_type: str, entity_id: str, form: str = "PDF") -> str:
        """POST /printout of an INVOICE or ORDERS: the id of the printout, or '' where it goes out by e-mail. An order
        is called as this version calls it."""
        if form not in FORMATS:
            raise refused(said("A printout is one of {names}.", names=", ".join(FORMATS)))
        kind = self._dialect.order if entity_type in _ORDERS else entity_type
        body = {"format": form, "entity": {"type": kind, "id": entity_id}}
        return await self._line.change("POST", "/printout", body, subject=entity_id)


def _file(file_id: str) -> str:
    return f"/files/{segment(file_id)}"


def form(name: str, content: bytes, mime: str, boundary: str) -> bytes:
    """The multipart body. The file's name is escaped as browsers do; an odd media type becomes a plain one."""
    plain = name.replace("\r", "").replace("\n", "").replace('"', "%22")[:200] or "file"
    kind = mime if _MIME.fullmatch(mime) else "application/octet-stream"
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{plain}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    return head.encode("utf-8", "replace") + content + f"\r\n--{boundary}--\r\n".encode()
