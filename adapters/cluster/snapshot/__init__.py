"""Recorded clusters: the store, the embedded MCP server, the snapshot Kubernetes API and the check.

Nothing is imported here: each of the modules is loaded by the command that needs it.
"""
