"""Messages grouped by template with drain3: `ports.LogReader`.

Drain (He and others, ICWS 2017) compares a message with the templates that have as many words and begin
alike, so messages that differ in a name fall together, which equal words alone do not achieve. Left to itself
it compares each of a hundred thousand unlike messages with hundreds of templates; here the number of
templates and of comparisons is bounded, and what comes later is grouped by its own words.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from kubetriage.domain.log_digest import LogDigest

if TYPE_CHECKING:
    from drain3.drain import LogCluster

DEPTH = 5
"""Levels of Drain's tree: the level's name and two words of the message lead to its templates."""
LIKENESS = 0.5
"""Part of the words that two messages of one template have in common."""
CHILDREN = 50
TEMPLATES = 1000
"""Templates that Drain tells apart."""
COMPARED = 400_000
"""Words that are compared with templates in one log, a tenth of a second."""
WORDS = 40
"""Words of a message; what is beyond them does not tell messages apart."""


class MiningLogReader:
    """Reads logs with template mining. Without state: each log is read by itself."""

    def digest(self, text: str, *, now: datetime | None = None) -> LogDigest:
        """See `ports.LogReader`."""
        from kubetriage.domain.log_reading import digest_of  # late: its patterns take a while to compile

        return digest_of(text, DrainMiner(), now)


class DrainMiner:
    """The templates of one log: `log_reading.TemplateMiner`."""

    def __init__(self) -> None:
        from drain3.drain import Drain  # late: it takes 70 ms, which a run without logs is spared

        from kubetriage.domain.log_reading import PlainMiner

        self._drain = Drain(
            depth=DEPTH, sim_th=LIKENESS, max_children=CHILDREN, parametrize_numeric_tokens=False
        )
        self._clusters: list[LogCluster] = []
        self._numbers: dict[int, int] = {}
        """By Drain's number of a cluster, its place."""
        self._of_length: Counter[int] = Counter()
        self._compared = 0
        self._rest = PlainMiner()

    def group(self, words: str) -> int:
        """See `TemplateMiner`. Groups of Drain are even numbers, those made without it odd ones."""
        tokens = words.split(" ", WORDS)[:WORDS]
        cost = len(tokens) * self._of_length[len(tokens)]
        if len(self._clusters) >= TEMPLATES or self._compared + cost > COMPARED:
            return 2 * self._rest.group(words) + 1
        self._compared += cost
        cluster, _ = self._drain.add_log_message(" ".join(tokens))
        place = self._numbers.get(cluster.cluster_id)
        if place is None:
            place = self._numbers[cluster.cluster_id] = len(self._clusters)
            self._clusters.append(cluster)
            self._of_length[len(tokens)] += 1
        return 2 * place

    def template(self, group: int) -> str:
        """See `TemplateMiner`."""
        place, without = divmod(group, 2)
        return self._rest.template(place) if without else self._clusters[place].get_template()
