"""Frames of several persons, brought together in the order of time."""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class FrameOrder(Generic[Item]):
    """Holds what is known of a frame until it is known for every person who is followed in it.

    Persons may wait for different times, because a model of time that looks ahead has steps of its
    own for each.
    """

    def __init__(self) -> None:
        """Begin without frames."""
        self._expected: deque[tuple[float, int]] = deque()
        self._items: dict[float, list[Item]] = {}

    def expect(self, seconds: float, persons: int) -> None:
        """Note a frame, later than those before it, and for how many persons it is followed."""
        self._expected.append((seconds, persons))

    def add(self, seconds: float, item: Item) -> None:
        """Add what is known of a frame for one of the persons."""
        self._items.setdefault(seconds, []).append(item)

    def complete(self) -> Iterator[tuple[float, list[Item]]]:
        """Yield the time and the items of each frame that is complete, in the order of time."""
        while self._expected:
            seconds, persons = self._expected[0]
            if len(self._items.get(seconds, ())) < persons:
                return
            self._expected.popleft()
            yield seconds, self._items.pop(seconds)
