"""Before Qt starts, crmdesk says what is missing and how to get it."""

from __future__ import annotations

import pytest

from crmdesk import qt_preflight


@pytest.fixture(autouse=True)
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_preflight.sys, "platform", "linux")


def without(monkeypatch: pytest.MonkeyPatch, *lost: str) -> None:
    """As if the loader did not find these."""
    monkeypatch.setattr(qt_preflight, "missing", lambda names: [name for name in names if name in lost])


def test_nothing_is_missing_offscreen(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    assert qt_preflight.check({"QT_QPA_PLATFORM": "offscreen"}) is None


def test_a_missing_library_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "libEGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0")
    message = qt_preflight.check({"QT_QPA_PLATFORM": "offscreen"})
    assert message is not None
    assert "libEGL.so.1" in message
    assert "sudo apt-get install -y --no-install-recommends libegl1 libglib2.0-0\n" in message
    assert "sudo dnf install -y glib2 libglvnd-egl\n" in message


def test_the_libraries_of_x11_matter_only_on_x11(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "libxcb-cursor.so.0")
    assert "libxcb-cursor0" in (qt_preflight.check({"DISPLAY": ":1"}) or "")
    assert qt_preflight.check({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":1"}) is None
    assert qt_preflight.check({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":1"}) is None


def test_without_a_screen_the_message_names_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch)
    message = qt_preflight.check({})
    assert message is not None
    assert "xvfb-run" in message
    assert "crmdesk contacts" in message


def test_other_systems_carry_everything_in_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_preflight.sys, "platform", "darwin")
    assert qt_preflight.check({}) is None


def test_the_loader_is_really_asked() -> None:
    assert qt_preflight.missing(["libcrmdesk-does-not-exist.so.9"]) == ["libcrmdesk-does-not-exist.so.9"]
