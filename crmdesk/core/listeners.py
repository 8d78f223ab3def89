"""Who wants to be told of something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

L = TypeVar("L")


class Listeners(Generic[L]):
    """Functions that are called when something happened, in the order in which they came. Iterate over it to call them:
    who comes or goes meanwhile changes nothing for this round."""

    def __init__(self) -> None:
        self._by_token: dict[object, L] = {}

    def add(self, listener: L) -> Callable[[], None]:
        """Gives the function that ends the subscription (harmless when called twice)."""
        token = object()
        self._by_token[token] = listener

        def unsubscribe() -> None:
            self._by_token.pop(token, None)

        return unsubscribe

    def clear(self) -> None:
        self._by_token.clear()

    def __iter__(self) -> Iterator[L]:
        return iter(tuple(self._by_token.values()))
