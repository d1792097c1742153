"""A part of the scenarios that stands for all of them, the same one each time."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from kubetriage.evals.families import family_of, family_order
from kubetriage.evals.scenario import Scenario

SEED: Final = 0
"""Nobody chooses which scenarios are drawn; changing this would be choosing."""


def sampled(scenarios: Sequence[Scenario], count: int) -> list[Scenario]:
    """So many of the scenarios, by name.

    Every family of faults has the share that it has among all, and one scenario at least where there is room;
    within a family those with the lowest sha256 of seed and name are taken: nobody picks them, and another
    scenario more changes few of them.
    """
    if count >= len(scenarios):
        return list(scenarios)
    families: dict[str, list[Scenario]] = defaultdict(list)
    for each in scenarios:
        families[family_of(each.expected.category)].append(each)
    sizes = {name: len(families[name]) for name in sorted(families, key=family_order)}
    taken = [
        each
        for name, share in shares(sizes, count).items()
        for each in sorted(families[name], key=lambda one: _drawn(one.name))[:share]
    ]
    return sorted(taken, key=lambda each: each.name)


def _drawn(name: str) -> str:
    return hashlib.sha256(f"{SEED} {name}".encode()).hexdigest()


def shares(sizes: dict[str, int], count: int) -> dict[str, int]:
    """How many of each are `count` of them, in proportion (largest remainders), at least one of each if there
    is room for that; else one of the largest."""
    if count < len(sizes):
        largest = sorted(sizes, key=lambda name: -sizes[name])[:count]
        return {name: int(name in largest) for name in sizes}
    whole = sum(sizes.values())
    exact = {name: size * count / whole for name, size in sizes.items()}
    found = {name: max(1, int(share)) for name, share in exact.items()}
    order = sorted(sizes, key=lambda name: found[name] - exact[name])
    for name in order:
        if sum(found.values()) < count and found[name] < sizes[name]:
            found[name] += 1
    # Where every small family got its one, the largest have too many.
    while sum(found.values()) > count:
        most = max(found, key=lambda name: found[name] - exact[name] if found[name] > 1 else -1.0)
        found[most] -= 1
    return found
