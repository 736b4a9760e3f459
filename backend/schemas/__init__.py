"""Frozen answers: what use cases give back and what screens may hold. Plain values only, never a table row."""
