"""Scenarios, runners, scorers: how good a diagnosis is, measured."""
