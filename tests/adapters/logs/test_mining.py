"""adapters.logs.mining: templates by drain3, bounded."""

from __future__ import annotations

import random
import subprocess
import sys
import time

from kubetriage.adapters.logs.mining import TEMPLATES, DrainMiner, MiningLogReader


def test_messages_that_differ_in_a_name_are_one_template() -> None:
    """What equal words alone do not put together: the words around the name tell."""
    names = [f"{chr(97 + n % 26)}{chr(97 + n // 26)}oo" for n in range(300)]
    text = "\n".join(f"INFO user {name} logged in from office" for name in names)
    digest = MiningLogReader().digest(text)
    assert [(t.template, t.count) for t in digest.templates] == [("user <*> logged in from office", 300)]


def test_a_log_of_more_forms_than_are_told_apart_is_still_grouped() -> None:
    """Twenty thousand names: beyond the forms that are read, the words that lines share tell."""
    chance = random.Random(1)
    names = ["".join(chance.choices("ghijklmnop", k=9)) for _ in range(20_000)]
    text = "\n".join(f"INFO user {name} logged in from office" for name in names)
    (template,) = MiningLogReader().digest(text).templates
    assert template.count == 20_000


def test_levels_are_never_put_together() -> None:
    """An error and an information of the same words stay two templates."""
    text = "ERROR job a done\nINFO job b done\nERROR job c done\n"
    assert [(t.level, t.count) for t in MiningLogReader().digest(text).templates] == [
        ("error", 2),
        ("info", 1),
    ]


def test_unlike_messages_of_one_shape_take_bounded_time() -> None:
    """Messages with as many words and the same first two, Drain's worst case, are grouped by it up to a bound."""
    chance = random.Random(1)
    words = ["".join(chance.choices("ghijklmnop", k=7)) for _ in range(4000)]
    miner = DrainMiner()
    began = time.thread_time()
    groups = {miner.group("INFO same start " + " ".join(chance.choices(words, k=30))) for _ in range(5000)}
    assert time.thread_time() - began < 1.0
    assert len(groups) == 5000 and sum(group % 2 == 0 for group in groups) < TEMPLATES


def test_every_group_has_its_template() -> None:
    """Also those that were made without Drain say their words."""
    miner = DrainMiner()
    group = miner.group("INFO " + " ".join(f"w{n}" for n in range(100)))
    assert miner.template(group).startswith("INFO w0 w1")


def test_the_library_is_not_loaded_before_a_log_is_read() -> None:
    """A run that reads no log does not pay for it."""
    code = "import sys, kubetriage.adapters.logs.mining as m; m.MiningLogReader(); print('drain3' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stdout.strip() == "False"
