"""Clusters through MCP: sessions, typed reads, snapshots and the servers over them."""
