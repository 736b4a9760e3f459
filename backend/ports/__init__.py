"""Protocols that have two implementations. No implementation and no brand lives here."""
