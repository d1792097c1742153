"""nodes.notify: the report is assembled and handed over once."""

from __future__ import annotations

from typing import Any

from kubetriage.domain.alert import Subject, SubjectScope
from kubetriage.domain.diagnosis import Diagnosis
from kubetriage.domain.language import Language
from kubetriage.domain.model_use import ModelUse
from kubetriage.domain.report import Impact, Outcome
from kubetriage.nodes.notify import notify


async def test_the_report_is_sent_and_returned(
    known: Any, services_of: Any, runtime: Any, parsed: Any
) -> None:
    """What the outbox gets is what the run ends with; the run's id is the report's, costs are added up."""
    services = services_of(known())
    diagnosis = Diagnosis(
        outcome=Outcome.HEALTHY, summary="Fine.", first_reading="", impact=Impact(statement="")
    )
    state = parsed(
        Subject(scope=SubjectScope.LOST),
        diagnosis=diagnosis,
        language=Language.EN,
        model_use=ModelUse(),
        seconds={"parse_alert": 0.25, "synthesize": 0.5},
    )
    update = await notify(state, runtime(), services=services)
    assert services.outbox.sent == [update["report"]]
    assert update["report"].id == "r"
    assert update["report"].usage.seconds == 0.75
    assert update["report"].usage.seconds_by_node == {"parse_alert": 0.25, "synthesize": 0.5}
