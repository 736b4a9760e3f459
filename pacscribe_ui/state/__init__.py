"""What a screen remembers, in Python. Use cases are asked through `state.base`, never called directly."""
