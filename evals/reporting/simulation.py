"""How simulated models come to their answers, said on every report of a run with them."""

from __future__ import annotations

from collections.abc import Iterator

from kubetriage.evals.cells import Run, Strategy


def told(run: Run) -> list[str]:
    """Sentences; none where nothing is simulated."""
    if not run.simulated:
        return []
    return [*_models(run), *_strategies(run)]


def _models(run: Run) -> Iterator[str]:
    skills = {each.id or each.name: each.profile.get("skill") for each in run.models}
    drawn = [
        f"{name} is right in {_share(skill['right'])} of cells, is sure of an object that exists and is not"
        f" at fault in {_share(skill['plausible'])}, and makes everything up in the rest"
        for name, skill in skills.items()
        if isinstance(skill, dict)
    ]
    if drawn:
        yield (
            "How a cell is answered is drawn before anything is asked, from the seed and the names of model,"
            f" scenario and repeat, and is the same for every strategy: {'; '.join(drawn)}. These shares are"
            " assumed, for no model has been measured."
        )


def _strategies(run: Run) -> Iterator[str]:
    if Strategy.GRAPH in run.strategies:
        yield (
            "To the graph a right answer is put together from the hypotheses and evidence in the prompt. The"
            " graph checks what a model claims and keeps what the rules found where it does not hold: wrong"
            " answers seldom become wrong reports, as far as the rules are right."
        )
    if Strategy.REACT in run.strategies:
        yield (
            "As an agent the script reads what the rules read, each once and one a turn, and then gives its"
            " answer, a right one in the key's own words: it never loses its way, which no agent is spared."
            " Nothing checks what it says, and a wrong answer is a wrong report."
        )
    yield (
        "The bundled scenarios are those that the rules were written with: on them the rules, and the graph"
        " that leans on them, are right more often than they will be elsewhere."
    )


def _share(value: float) -> str:
    return f"{100 * value:.0f} %"
