"""Scorers of a report, one a file: each reads the structured report and gives a `Score`."""
