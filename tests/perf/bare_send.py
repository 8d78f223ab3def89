"""The floor of sending events: the least code that signs in, writes the same bodies and reads the answers."""

from __future__ import annotations

import time
from uuid import uuid4

import httpx
import msgspec

from crmdesk.vendors.crmcom_events import VENDOR
from crmdesk.vendors.crmcom_events.sandbox import DEMO
from tests.perf.our_send import KIND, rows


def send(url: str, count: int, per_call: int) -> float:
    """Seconds for all calls, one after the other, each answer joined to its rows."""
    base = VENDOR.check_base_url(url)
    new = rows(count)
    with httpx.Client(timeout=60) as client:
        signing = {"username": DEMO.username, "password": DEMO.password, "organisation": DEMO.organisation}
        answer = client.post(f"{base}/authentication/token", json=signing).json()
        token = answer["data"]["token"]
        started = time.perf_counter()
        for start in range(0, count, per_call):
            events = [_event(values) for values in new[start : start + per_call]]
            body = msgspec.json.encode({"token": token, "achievement_customer_events_set": events})
            reply = client.post(
                f"{base}/customer_events/bulk/{KIND}/create", content=body, headers={"Content-Type": "application/json"}
            )
            data = msgspec.json.decode(reply.content)["data"]
            made = {one["request_unique_identifier"] for part in data.values() for one in part}
            if made != {event["request_unique_identifier"] for event in events}:
                raise RuntimeError("the answer does not fit the call")
        return time.perf_counter() - started


def _event(values: dict[str, str]) -> dict[str, object]:
    made: dict[str, object] = {"request_unique_identifier": uuid4().hex}
    for path, value in values.items():
        outer, _, inner = path.rpartition(".")
        if outer:
            made[outer] = {inner: value}
        else:
            made[inner] = value
    return made
