"""One step of the triage a file; file = function = node name."""
