"""Prometheus, and what speaks its HTTP API (VictoriaMetrics, Thanos, Mimir): read only, bounded, redacted."""
