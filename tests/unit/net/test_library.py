"""What the HTTP library asks for in each request."""

from __future__ import annotations

import importlib.util


def test_what_httpcore_looks_for_in_each_request_is_there() -> None:
    """It imports sniffio seven times in a request. Python does not remember that a module is missing: it then goes
    through its whole path each time, which made each request 4 ms slower."""
    assert importlib.util.find_spec("sniffio") is not None
