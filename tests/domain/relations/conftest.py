"""The builders of the rules' tests, for the relations' tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_FILE = Path(__file__).parents[1] / "rules" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("rules_builders", _FILE)
assert _SPEC is not None
assert _SPEC.loader is not None
_BUILDERS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_BUILDERS)

k8s = _BUILDERS._k8s
view_of = _BUILDERS._view_of
