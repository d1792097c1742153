"""The cells that are left to do, and which of them is next."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from kubetriage.evals.cells import CellKey
from kubetriage.evals.figure_values import Arm
from kubetriage.evals.runs.messages import Order

FIRST_WAIT: Final = 5.0
LONGEST_WAIT: Final = 60.0
"""Seconds before a cell is tried again."""


def arm_of(key: CellKey) -> Arm:
    return (key.strategy, key.model)


class Waiting:
    """Cells by scenario, so that a worker goes on with the snapshot it has; and those to be tried again."""

    def __init__(
        self,
        keys: Iterable[CellKey],
        folders: dict[str, Path],
        tries: int,
        cost: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """`cost`: what tries of earlier sessions have cost, by the cell's id."""
        self._tries = tries
        self._fresh: dict[str, list[Order]] = {}
        for key in keys:
            carried = cost.get(key.id, 0.0)
            order = Order(key=key, scenario=str(folders[key.scenario]), last=tries == 1, carried=carried)
            self._fresh.setdefault(order.scenario, []).append(order)
        self._again: list[tuple[float, int, Order]] = []
        """By the moment from which they may be tried."""
        self._count = 0
        self.suspects: deque[Order] = deque()
        """Cells that were under way when a process died, to be tried alone."""

    def __len__(self) -> int:
        return sum(map(len, self._fresh.values())) + len(self._again) + len(self.suspects)

    def retry(self, order: Order, cost: float, now: float, backoff: float) -> None:
        """Try it again, later each time."""
        wait = min(LONGEST_WAIT, backoff * 2 ** (order.tries - 1))
        tries = order.tries + 1
        changed = {"tries": tries, "last": tries >= self._tries, "carried": order.carried + cost}
        self._count += 1
        heapq.heappush(self._again, (now + wait, self._count, order.model_copy(update=changed)))

    def back(self, order: Order) -> None:
        """It was not its turn after all."""
        self._fresh.setdefault(order.scenario, []).insert(0, order)

    def drop(self, arm: Arm) -> int:
        """Leave out what is left of an arm; how many cells that is."""
        before = len(self)
        for scenario, orders in self._fresh.items():
            self._fresh[scenario] = [each for each in orders if arm_of(each.key) != arm]
        self._again = [each for each in self._again if arm_of(each[2].key) != arm]
        heapq.heapify(self._again)
        self.suspects = deque(each for each in self.suspects if arm_of(each.key) != arm)
        return before - len(self)

    def next(self, at_hand: str, taken: set[str], now: float, may: Callable[[Arm], bool]) -> Order | None:
        """The next cell for a worker that has the scenario `at_hand`; those `taken` are at hand elsewhere."""
        if self._again and self._again[0][0] <= now and may(arm_of(self._again[0][2].key)):
            return heapq.heappop(self._again)[2]
        others = [each for each in self._fresh if each != at_hand]
        wanted = [each for each in others if each not in taken] + [each for each in others if each in taken]
        for scenario in [at_hand, *wanted]:
            for place, order in enumerate(self._fresh.get(scenario, ())):
                if may(arm_of(order.key)):
                    orders = self._fresh[scenario]
                    del orders[place]
                    if not orders:
                        del self._fresh[scenario]
                    return order
        return None
