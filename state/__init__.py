"""The typed state, update and context of each graph."""
