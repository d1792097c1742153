"""Alerts as they arrive: bytes → a document for `domain.alert_formats`."""
