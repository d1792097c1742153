"""Families of faults."""

from __future__ import annotations

from kubetriage.evals.families import FAMILIES, OTHER, family_of, family_order
from kubetriage.evals.scenario import CATEGORIES


def test_every_category_is_in_one_family() -> None:
    """Each word that faults are named with belongs to exactly one family, and families hold no other."""
    placed = [category for categories in FAMILIES.values() for category in categories]
    assert sorted(placed) == sorted(CATEGORIES)


def test_an_unknown_category_is_shown_last() -> None:
    """A word of nobody's is in the family of others, after all families."""
    assert family_of("gremlins") == OTHER
    assert family_order(OTHER) > max(family_order(family) for family in FAMILIES)
