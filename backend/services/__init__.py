"""Use cases, a module per noun: what PACScribe promises to a user. No HTTP, no environment."""
