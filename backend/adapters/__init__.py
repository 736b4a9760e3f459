"""Implementations of ports, one brand of disk, database or mail per module. No use case lives here."""
