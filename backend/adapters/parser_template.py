"""The template of parsing processes: all that `parser_child` needs is loaded once, and shared with those that it makes."""

from backend.adapters import parser_child
from backend.adapters.confined_template_child import is_copy


def main() -> None:
    """Make parsing processes on request; each of them then serves requests as `parser_child` does."""
    parser_child.load()
    if is_copy():
        parser_child.main()
