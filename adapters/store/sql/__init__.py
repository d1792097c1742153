"""Incidents, runs, messages and observations in SQLite or PostgreSQL: `database.Database` opens them."""
