"""Keeps in the address what a page shows while it is looked through, so that it can be shown again from there."""

import reflex as rx

from pacscribe_ui.components.script import script

_source = script("address_search.jsx")


class AddressSearch(rx.Component):
    """Shows nothing. Use it where going to another address would load the page anew at each key."""

    library = _source
    tag = "AddressSearch"

    # The page that `search` belongs to; empty until its address was read.
    path: rx.Var[str]
    # With its question mark; empty for none.
    search: rx.Var[str]
