"""What a search field begins with, and when it begins anew."""

import reflex as rx


class SearchFieldState(rx.State, mixin=True):
    """A state of a page with a search field.

    The field holds what somebody types, who may go on typing while a search is answered. It begins anew, with what was
    searched for, only where that did not come from the field: by an address, a kept view, a filter that was taken away.
    """

    # Another one whenever the field is to begin anew.
    field_serial: int = 0
    # What the field holds, as far as it has said so.
    _field_text: str = ""

    def _searched_in_field(self, text: str) -> None:
        self._field_text = text

    def _searched(self, text: str) -> str:
        """This was searched for, wherever it came from; gives it back."""
        if text != self._field_text:
            self._field_text = text
            self.field_serial += 1
        return text
