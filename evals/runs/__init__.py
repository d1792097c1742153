"""Runs of many cells: what is planned, worker processes, budgets, going on after a kill, what comes out."""
