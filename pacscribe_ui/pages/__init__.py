"""Screens: one module each, joining a state to components. No thinking happens here."""
