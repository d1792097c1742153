"""Topology only, one graph a file; each `build_…()` returns an uncompiled StateGraph."""
