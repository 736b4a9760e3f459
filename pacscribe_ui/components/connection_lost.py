"""The banner of a page whose line to its state is lost; it finds the server again. When it is shown is the shell's."""

import reflex as rx

from pacscribe_ui.components.script import script

script("server_watch.js")


class ConnectionLost(rx.Component):
    """Says that the line is lost, and has it tried again as soon as the server answers."""

    library = script("connection_lost.jsx")
    tag = "ConnectionLost"
