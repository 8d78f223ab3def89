"""One feed says what commits altered."""

from __future__ import annotations

from collections.abc import Callable

from crmdesk.core.changes import ChangeFeed, Changes


def test_changes_add_up() -> None:
    me = object()
    both = Changes(frozenset({1}), accounts=True, origin=me) | Changes(frozenset({2}), listing=True, origin=me)
    assert both == Changes(frozenset({1, 2}), listing=True, accounts=True, origin=me)
    assert (both | Changes(views=True, origin=object())).origin is None
    assert not Changes(origin=me)
    for some in (Changes(frozenset({1})), Changes(listing=True), Changes(accounts=True), Changes(views=True)):
        assert some


def test_listeners_hear_each_change_once_until_they_leave() -> None:
    feed, heard = ChangeFeed(), []
    leave = feed.subscribe(heard.append)
    feed.emit(Changes(listing=True))
    feed.emit(Changes())
    leave()
    leave()
    feed.emit(Changes(views=True))
    assert heard == [Changes(listing=True)]


def test_a_listener_may_leave_while_hearing() -> None:
    feed, heard = ChangeFeed(), []

    def first(changes: Changes) -> None:
        leave()
        heard.append("first")

    leave = feed.subscribe(first)
    feed.subscribe(lambda changes: heard.append("second"))
    feed.emit(Changes(listing=True))
    feed.emit(Changes(listing=True))
    assert heard == ["first", "second", "second"]


def test_delivery_goes_where_post_takes_it() -> None:
    posted: list[Callable[[], None]] = []
    feed, heard = ChangeFeed(posted.append), []
    feed.subscribe(heard.append)
    feed.emit(Changes(accounts=True))
    assert heard == []
    posted.pop()()
    assert heard == [Changes(accounts=True)]
