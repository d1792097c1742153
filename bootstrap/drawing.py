"""The triage graph as a drawing, from the compiled graph itself."""

from __future__ import annotations

from typing import cast

from kubetriage.domain.ports import Services
from kubetriage.graphs.triage_alert import build_triage_alert


def mermaid() -> str:
    """Mermaid source; nothing runs, so the nodes are bound to no services at all."""
    compiled = build_triage_alert(cast(Services, None)).compile()
    return compiled.get_graph().draw_mermaid(with_styles=False).strip()
