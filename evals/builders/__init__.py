"""Builders of scenarios: Kubernetes objects, event texts, alerts and whole clusters, all deterministic.

`python -m kubetriage.evals.builders [NAME…]` writes them to evals/scenarios.
"""
