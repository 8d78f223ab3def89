"""Reading contacts from the emulated BookingSync, as its documents and recordings show it."""

import re

import httpx
import pytest

from crmdesk.sandbox.people import people
from crmdesk.vendors.bookingsync.sandbox import Quirks, SandboxAccount, sandbox
from tests.sandbox.support import API, HARBOUR, SAMPLE_ANSWER, SAMPLE_PERSON, SEASIDE, HandClock, client


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


async def all_pages(http: httpx.AsyncClient, url: str) -> list[httpx.Response]:
    """Follow `rel=next` and nothing else, as the official client does."""
    answers = [await http.get(url)]
    while "next" in answers[-1].links:
        answers.append(await http.get(answers[-1].links["next"]["url"]))
    return answers


async def test_the_printed_sample_is_answered(clock: HandClock) -> None:
    app = sandbox([SandboxAccount(1, "Sample", "t", people=[SAMPLE_PERSON])], now=clock)
    async with client(app, "t") as http:
        for path in ("/contacts", "/contacts/1"):
            answer = await http.get(path)
            assert answer.status_code == 200
            assert answer.json() == SAMPLE_ANSWER
            assert list(answer.json()["contacts"][0]) == list(SAMPLE_ANSWER["contacts"][0])


async def test_headers_of_every_answer(clock: HandClock) -> None:
    async with client(sandbox(now=clock)) as http:
        answer = await http.get("/contacts")
    assert answer.headers["content-type"] == "application/vnd.api+json; charset=utf-8"
    assert answer.headers["X-Updated-Since-Request-Synced-At"] == "2026-03-02 10:20:30 UTC"
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["X-Request-Id"])
    assert answer.headers["ETag"].startswith('W/"')


async def test_pages_link_to_each_other_until_the_last(clock: HandClock) -> None:
    app = sandbox(now=clock)
    async with client(app) as http:
        first, second, third = await all_pages(http, "/contacts")
    assert set(first.links) == {"first", "next", "last"}
    assert set(second.links) == {"first", "prev", "next", "last"}
    assert set(third.links) == {"first", "prev", "last"}
    assert first.json()["meta"]["Link"]["last"] == f"{API}/contacts?page=3"
    assert [len(page.json()["contacts"]) for page in (first, second, third)] == [100, 100, 60]
    ids = [contact["id"] for page in (first, second, third) for contact in page.json()["contacts"]]
    assert ids == app.ids(SEASIDE) == sorted(ids)


async def test_totals_are_strings_in_meta_and_in_headers(clock: HandClock) -> None:
    async with client(sandbox(now=clock)) as http:
        answer = await http.get("/contacts", params={"page": 2})
    for name, value in {"X-Total-Pages": "3", "X-Total-Count": "260", "X-Per-Page": "100"}.items():
        assert answer.json()["meta"][name] == value == answer.headers[name]
    assert answer.headers["X-Current-Page"] == "2"


@pytest.mark.parametrize(("asked", "size"), [("25", 25), ("100", 100), ("800", 100), ("0", 100), ("many", 100)])
async def test_per_page_only_lowers_the_size(clock: HandClock, asked: str, size: int) -> None:
    async with client(sandbox(now=clock)) as http:
        answer = await http.get("/contacts", params={"per_page": asked})
    assert len(answer.json()["contacts"]) == size
    assert f"per_page={asked}" in answer.links["next"]["url"]


async def test_a_page_past_the_end_is_empty(clock: HandClock) -> None:
    async with client(sandbox(now=clock)) as http:
        answer = await http.get("/contacts", params={"page": 9})
    assert answer.json()["contacts"] == []
    assert "next" not in answer.links


async def test_several_ids_in_the_path(clock: HandClock) -> None:
    app = sandbox(now=clock)
    one, two, *_ = app.ids(SEASIDE)
    async with client(app) as http:
        answer = await http.get(f"/contacts/{two},{one},999999")
    assert [contact["id"] for contact in answer.json()["contacts"]] == [two, one]


async def test_fields_limit_the_attributes(clock: HandClock) -> None:
    async with client(sandbox(now=clock)) as http:
        answer = await http.get("/contacts", params={"fields": "email,city", "per_page": 2})
    assert all(contact.keys() == {"id", "links", "email", "city"} for contact in answer.json()["contacts"])
    assert "fields=email%2Ccity" in answer.links["next"]["url"]


async def test_another_accounts_contacts_are_not_seen(clock: HandClock) -> None:
    app = sandbox(now=clock)
    foreign = app.ids(HARBOUR)[0]
    async with client(app) as http:
        answer = await http.get(f"/contacts/{foreign}")
    assert answer.status_code == 404
    assert not set(app.ids(SEASIDE)) & set(app.ids(HARBOUR))


@pytest.mark.parametrize("form", ["{:%Y-%m-%dT%H:%M:%SZ}", "{:%Y-%m-%d %H:%M:%S} UTC"])
async def test_updated_since_lists_changes_and_deletions_on_every_page(clock: HandClock, form: str) -> None:
    app = sandbox(now=clock)
    first, second, third, gone, *_ = app.ids(SEASIDE)
    cursor = form.format(clock())
    async with client(app) as http:
        nothing = await http.get("/contacts", params={"updated_since": cursor})
        assert nothing.json()["contacts"] == [] and nothing.json()["meta"]["deleted_ids"] == []
        clock.forward(minutes=5)
        app.edit(SEASIDE, third, city="Faro")
        app.edit(SEASIDE, first, city="Olhão")
        app.remove(SEASIDE, gone)
        new = app.add(SEASIDE, SAMPLE_PERSON)
        pages = await all_pages(http, f"/contacts?{httpx.QueryParams(updated_since=cursor, per_page=2)}")
    assert [c["id"] for page in pages for c in page.json()["contacts"]] == [first, third, new]
    assert [page.json()["meta"]["deleted_ids"] for page in pages] == [[gone], [gone]]
    assert second not in {c["id"] for page in pages for c in page.json()["contacts"]}


async def test_a_later_cursor_no_longer_tells_of_it(clock: HandClock) -> None:
    app = sandbox(now=clock)
    app.edit(SEASIDE, app.ids(SEASIDE)[0], city="Faro")
    app.remove(SEASIDE, app.ids(SEASIDE)[1])
    clock.forward(seconds=1)
    async with client(app) as http:
        answer = await http.get("/contacts", params={"updated_since": f"{clock():%Y-%m-%dT%H:%M:%SZ}"})
    assert answer.json()["contacts"] == [] and answer.json()["meta"]["deleted_ids"] == []


async def test_a_full_list_has_no_deleted_ids(clock: HandClock) -> None:
    app = sandbox(now=clock)
    app.remove(SEASIDE, app.ids(SEASIDE)[0])
    async with client(app) as http:
        assert "deleted_ids" not in (await http.get("/contacts")).json()["meta"]


async def test_a_cursor_that_is_no_time_is_refused(clock: HandClock) -> None:
    async with client(sandbox(now=clock)) as http:
        assert (await http.get("/contacts", params={"updated_since": "yesterday"})).status_code == 422


async def test_old_servers_send_neither_server_time_nor_deleted_ids(clock: HandClock) -> None:
    app = sandbox(now=clock, quirks=Quirks(synced_at=False, deleted_ids=False))
    async with client(app) as http:
        answer = await http.get("/contacts", params={"updated_since": "2026-01-01T00:00:00Z"})
    assert "X-Updated-Since-Request-Synced-At" not in answer.headers
    assert "deleted_ids" not in answer.json()["meta"]


async def test_links_can_point_elsewhere(clock: HandClock) -> None:
    async with client(sandbox(now=clock, quirks=Quirks(links_to="https://www.bookingsync.com"))) as http:
        answer = await http.get("/contacts")
    assert answer.links["next"]["url"] == "https://www.bookingsync.com/api/v3/contacts?page=2"


async def test_missing_values_are_null_and_languages_are_of_its_own_list(clock: HandClock) -> None:
    crowd = SandboxAccount(5, "Crowd", "t", people=people(1500))
    async with client(sandbox([crowd], now=clock), "t") as http:
        contacts = [c for page in await all_pages(http, "/contacts") for c in page.json()["contacts"]]
    assert len(contacts) == 1500
    assert all("" not in contact.values() for contact in contacts)
    spoken = {language for contact in contacts for language in contact["spoken_languages"]}
    assert "nb" in spoken and not spoken & {"no", "ar", "th", "tr", "hi", "he"}
    for time in ("canceled_at", "forget_me_at", "processing_restricted_at"):
        assert any(contact[time] for contact in contacts)


@pytest.mark.parametrize("path", ["/contact/1", "/nothing", "/contacts/", "/contacts/abc", "/contacts/1;2"])
async def test_an_unknown_path_is_an_html_page(clock: HandClock, path: str) -> None:
    async with client(sandbox(now=clock)) as http:
        for answer in (await http.get(path), await http.put(path, json={"contacts": [{}]})):
            assert answer.status_code == 404
            assert answer.headers["content-type"].startswith("text/html")


async def test_an_unknown_id_is_html_or_json(clock: HandClock) -> None:
    for form, kind in (("html", "text/html"), ("json", "application/vnd.api+json")):
        async with client(sandbox(now=clock, quirks=Quirks(not_found=form))) as http:  # type: ignore[arg-type]
            answer = await http.get("/contacts/999999")
        assert answer.status_code == 404 and answer.headers["content-type"].startswith(kind)


async def test_without_a_good_token_nothing_is_told(clock: HandClock) -> None:
    app = sandbox(now=clock)
    async with client(app, "wrong") as http:
        answer = await http.get("/contacts")
        bare = await http.get("/contacts", headers={"Authorization": ""})
    assert answer.status_code == bare.status_code == 401
    assert answer.json() == {"errors": [{"code": "unauthorized"}]}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer realm="Doorkeeper", error="invalid_token", error_description="The access token is invalid"'
    )
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]


async def test_an_expired_token_says_so_until_renewed(clock: HandClock) -> None:
    app = sandbox(now=clock, quirks=Quirks(unauthorized="error"))
    app.expire_token(SEASIDE)
    async with client(app) as http:
        answer = await http.get("/contacts")
    assert answer.status_code == 401 and answer.json() == {"error": "Not authorized"}
    assert 'error_description="The access token expired"' in answer.headers["WWW-Authenticate"]
    app.renew_token(SEASIDE, "fresh")
    async with client(app, "fresh") as http:
        assert (await http.get("/contacts")).status_code == 200


async def test_the_hour_is_the_clocks_and_shared_by_all_accounts(clock: HandClock) -> None:
    app = sandbox(now=clock, hourly=3)
    reset = str(int(clock().replace(minute=0, second=0).timestamp()) + 3600)
    async with client(app) as seaside, client(app, "demo-harbour") as harbour:
        answers = [await http.get("/contacts?per_page=1") for http in (seaside, harbour, seaside, harbour)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert {answer.headers["X-RateLimit-Reset"] for answer in answers} == {reset}
        assert answers[0].headers["X-RateLimit-Limit"] == "3"
        assert "API v3 rate limit exceeded." in answers[-1].text and "Retry-After" not in answers[-1].headers
        clock.moment = clock.moment.replace(hour=11, minute=0, second=0)
        assert (await harbour.get("/contacts?per_page=1")).status_code == 200


async def test_the_log_keeps_requests_but_no_token(clock: HandClock) -> None:
    app = sandbox(now=clock)
    async with client(app) as http:
        await http.get("/contacts", params={"page": 2, "access_token": "hush"})
    assert list(app.requests) == [("GET", "/api/v3/contacts", "page=2")]
    assert "demo-seaside" not in repr(app.requests) + repr(SandboxAccount(1, "x", "demo-seaside"))


def test_two_accounts_cannot_share_a_token() -> None:
    with pytest.raises(ValueError, match="token of its own"):
        sandbox([SandboxAccount(1, "a", "t"), SandboxAccount(2, "b", "t")])
