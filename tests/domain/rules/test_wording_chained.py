"""domain.rules.wording.chained: long messages in which one clause leads to the next."""

from __future__ import annotations

from kubetriage.domain.rules.wording import chained

CHAIN = "sync shop/web failed: making the config failed: reading all of its extra parts failed: " * 2


def test_the_end_of_a_chain_tells_why() -> None:
    """What was done and why it failed are both kept, within the limit."""
    told = chained(CHAIN + 'secrets "extra" not found', 120)
    assert told.startswith("sync shop/web failed") and told.endswith('secrets "extra" not found')
    assert len(told) <= 120


def test_a_message_that_is_no_chain() -> None:
    """It keeps its beginning; a short one is as it is."""
    assert chained("could not finish the order " * 9, 80).startswith("could not finish the order could")
    assert chained("a: b: c: d", 80) == "a: b: c: d"
