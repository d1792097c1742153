"""A run as LangSmith knows such things: scenarios as a dataset, each arm as an experiment with its scores.

The experiments are made by LangSmith's own `aevaluate` out of the cells that are there; no model is asked
again. Nothing leaves the machine unless a client with a key is given on purpose.
"""

from __future__ import annotations

import contextlib
import io
import logging
import uuid
import warnings
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kubetriage.evals.cells import (
    Cell,
    CellKey,
    CellOutcome,
    Run,
    ScenarioUsed,
    Strategy,
    cell_path,
    read_cell,
)
from kubetriage.evals.families import family_of
from kubetriage.evals.figure_values import arm_label
from kubetriage.evals.scenario import Scenario

if TYPE_CHECKING:
    from langsmith import Client, schemas

NAMESPACE: Final = uuid.UUID("6a0b8a52-4d0f-5c1b-9a63-0d6f2a1b7c44")
"""Of the examples' ids: the same scenario in the same state has the same id everywhere."""
NOWHERE: Final = "http://127.0.0.1:9"
"""The address of the client that sends nothing; the port that discards."""


class Feedback(NamedTuple):
    """What one scorer says of one row."""

    key: str
    score: float | bool | None
    comment: str


class Row(NamedTuple):
    """One cell in LangSmith's form."""

    experiment: str
    scenario: str
    outputs: dict[str, Any]
    """What the cell came to; empty where it could not be run."""
    error: str
    """Why it could not be run; empty if it was."""
    feedback: tuple[Feedback, ...]

    def to_json(self) -> dict[str, Any]:
        return {**self._asdict(), "feedback": [each._asdict() for each in self.feedback]}


class NotTaken(Exception):
    """LangSmith could not be reached, or refused what was sent; says which."""


class CouldNotRun(Exception):
    """There is no report of this cell: shown as an error, scored by nobody."""


def offline_client() -> Client:
    """A client that asks and sends nothing: what it would ask first it is told, and no run is sampled."""
    from langsmith import Client

    # Without `info` it asks the server what it can do; with a rate of 0 no run is put into its queue.
    return Client(
        api_key="none", api_url=NOWHERE, info={}, tracing_sampling_rate=0.0, auto_batch_tracing=False
    )


def dataset_name(run: Run) -> str:
    """A name that changes with the scenarios' content, so that a dataset is never half of two states."""
    whole = "\n".join(sorted(f"{each.name} {each.digest}" for each in run.scenarios))
    return f"kubetriage {len(run.scenarios)} scenarios {uuid.uuid5(NAMESPACE, whole).hex[:8]}"


def examples_of(run: Run, scenarios: Sequence[Scenario]) -> list[schemas.Example]:
    """The dataset: what each scenario asks, and its key."""
    from langsmith import schemas

    used = {each.name: each for each in run.scenarios}
    dataset = uuid.uuid5(NAMESPACE, dataset_name(run))
    return [
        schemas.Example(
            id=uuid.uuid5(NAMESPACE, f"{each.name} {used[each.name].digest}"),
            dataset_id=dataset,
            inputs={"scenario": each.name, "alert": each.alert},
            outputs=each.expected.model_dump(mode="json"),
            metadata=_about(used[each.name]),
        )
        for each in scenarios
    ]


def _about(used: ScenarioUsed) -> dict[str, Any]:
    return {"digest": used.digest, "family": family_of(used.category), "tags": list(used.tags)}


async def experiments(
    folder: Path, run: Run, arms: Sequence[tuple[Strategy, str]], data: Any, client: Client, *, upload: bool
) -> AsyncIterator[Row]:
    """Every row of one experiment an arm; `data` is a list of examples, or a dataset's name to upload to."""
    from langsmith import aevaluate

    for strategy, model in arms:
        label = arm_label(strategy.value, model)
        said = {"strategy": strategy.value, "model": model, "started": run.started.isoformat()}
        simulated = {"simulated": run.simulation} if run.simulated else {}
        with _quiet(), _border():
            results = await aevaluate(
                _Target(folder, strategy, model).report,
                data=data,
                evaluators=[feedback_of],
                experiment_prefix=f"kubetriage {label}",
                metadata={**said, **simulated, **run.versions},
                num_repetitions=run.repeats,
                max_concurrency=0,
                client=client,
                upload_results=upload,
                disable_evaluator_tracing=True,
            )
            rows = [row async for row in results]
        name = results.experiment_name if upload else f"kubetriage {label}"
        for row in rows:
            yield _row(name, row)


class _Target:
    """Stands for the diagnosis of an alert: the next repeat of its scenario, as it was kept."""

    def __init__(self, folder: Path, strategy: Strategy, model: str) -> None:
        self._folder, self._strategy, self._model = folder, strategy, model
        self._turns: dict[str, int] = defaultdict(int)

    async def report(self, inputs: dict[str, Any]) -> dict[str, Any]:
        name = str(inputs["scenario"])
        self._turns[name] += 1
        key = CellKey(scenario=name, strategy=self._strategy, model=self._model, repeat=self._turns[name])
        path = cell_path(self._folder, key)
        if not path.exists():
            raise CouldNotRun("This cell has not been run.")
        cell = read_cell(path)
        if cell.outcome is CellOutcome.COULD_NOT_RUN:
            raise CouldNotRun(cell.why)
        return outputs_of(cell)


def outputs_of(cell: Cell) -> dict[str, Any]:
    """What of a cell goes into an experiment; the report first."""
    kept = {"outcome", "why", "wrong_with_confidence", "model_calls", "prompt_tokens", "completion_tokens"}
    said = cell.model_dump(mode="json", include={*kept, "cost", "currency", "scores"})
    return {"report": cell.report, "repeat": cell.key.repeat, "seconds": cell.diagnosis_seconds, **said}


def feedback_of(run: Any, example: Any) -> dict[str, list[dict[str, Any]]]:
    """LangSmith's evaluator: the deterministic scores of the report, and `pass`, which they decide.

    LangSmith calls it for targets that failed too; of those it says nothing, so that none counts as wrong.
    """
    outputs = run.outputs or {}
    if run.error or "scores" not in outputs:
        return {"results": []}
    passed = {"key": "pass", "score": outputs["outcome"] == CellOutcome.PASS, "comment": outputs["why"]}
    wrong = {"key": "wrong_with_confidence", "score": bool(outputs["wrong_with_confidence"])}
    found = [
        {"key": name, "score": each["value"] if each["passed"] is None else each["passed"],
         "comment": each["reason"]}
        for name, each in outputs["scores"].items()
        if name != "wrong_with_confidence" and (each["value"] is not None or each["passed"] is not None)
    ]  # fmt: skip
    return {"results": [passed, wrong, *found]}


def _row(experiment: str, row: Any) -> Row:
    run, results = row["run"], row["evaluation_results"]["results"]
    said = str(run.error or "")
    error = said.split("CouldNotRun('", 1)[-1].split("')", 1)[0] if "CouldNotRun(" in said else said
    return Row(
        experiment=experiment,
        scenario=str(row["example"].inputs["scenario"]),
        outputs=dict(run.outputs or {}) if not run.error else {},
        error=error,
        feedback=tuple(Feedback(each.key, each.score, each.comment or "") for each in results),
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Cells that could not be run are told of in their rows, not as tracebacks on the terminal; nor does
    LangSmith write to standard output, which is the command's."""
    logger = logging.getLogger("langsmith.evaluation")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.filterwarnings("ignore", message=".*upload_results.*")
            yield
    finally:
        logger.setLevel(before)


# ---- with a key and on purpose


def upload_dataset(client: Client, run: Run, examples: Sequence[schemas.Example]) -> str:
    """Make the dataset of a run where there is none yet; its name. Raises `NotTaken`."""
    name = dataset_name(run)
    with _border():
        if not client.has_dataset(dataset_name=name):
            made = client.create_dataset(name, description="Scenarios of kubetriage: an alert, and its key.")
            rows = [
                {
                    "id": each.id,
                    "inputs": each.inputs,
                    "reference_outputs": each.outputs,
                    "metadata": each.metadata,
                }
                for each in examples
            ]
            client.create_examples(dataset_id=made.id, examples=rows)
    return name


@contextlib.contextmanager
def _border() -> Iterator[None]:
    from langsmith.utils import LangSmithError

    try:
        yield
    except LangSmithError as error:  # its words quote the request, and its headers
        raise NotTaken(type(error).__name__) from None
