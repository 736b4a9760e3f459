"""`pacscribe`: finds the command and turns refusals into one sentence. What a command does is in its module.

A command is a module of this package with `add_arguments(parser)` and `run(options) -> int`, named in
`_COMMANDS`. Modules are imported only when their command is used, so that `pacscribe serve` does not
wait for what `pacscribe render` needs.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from backend.adapters.confined_template import PARSER_TEMPLATE, load_ahead
from backend.core.errors import Refusal
from backend.settings import fix_paths, unknown_variables

EXIT_REFUSED = 1
EXIT_USAGE = 2

# name -> module and summary; a command that is not here does not exist.
_COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("backend.cli.serve", "serve pages, images and the API on one port"),
    "import": ("backend.cli.import_files", "take in files, folders and zip archives"),
    "watch": ("backend.cli.watch", "take in what comes to lie in a folder, until it is stopped"),
    "render": ("backend.cli.render", "render one frame of a DICOM file as PNG"),
    "user": ("backend.cli.user", "create, list, disable and reset people"),
    "token": ("backend.cli.token", "make, list and revoke access tokens for programs"),
    "support": ("backend.cli.support", "accounts of the operator's support"),
    "audit": ("backend.cli.audit", "verify the audit trail"),
    "check": ("backend.cli.check", "check stored objects against checksums, seals and pixels"),
    "storage": ("backend.cli.storage", "how much is kept, by whom, and how long the disk lasts"),
    "migrate": ("backend.cli.migrate", "bring the database to this release's tables"),
}
# What parses files for this command loads while the command itself does.
_PARSING_COMMAND = "import"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one sentence."""

    def error(self, message: str) -> None:  # type: ignore[override]  # leaves the process, as argparse does
        self.exit(EXIT_USAGE, f"{self.prog}: {message}. Try `{self.prog} --help`.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words after `pacscribe`; the process's own if not given.

    Returns:
        The exit status: 0 done, 1 refused or not clean, 2 usage error.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parser, module = _parser_for(words)
        options = parser.parse_args(words)
        if module is None:
            parser.print_help()
            return EXIT_USAGE
        if options.data_dir is not None:
            # Settings are read from the environment, by child processes too.
            os.environ["PACSCRIBE_DATA_DIR"] = options.data_dir
        fix_paths(os.environ)
        for name in unknown_variables(os.environ):
            print(
                f"pacscribe: {name} is not a setting of this release and is ignored.",
                file=sys.stderr,
            )
        return int(module.run(options))
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else EXIT_REFUSED
    except Refusal as refusal:
        print(f"pacscribe: {refusal.sentence}", file=sys.stderr)
        return EXIT_REFUSED
    except KeyboardInterrupt:
        print("pacscribe: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output went away; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_REFUSED
    except Exception as error:
        if os.environ.get("PACSCRIBE_DEBUG"):
            raise
        # The message of an unexpected error may hold what was read from a file, so only its kind is told.
        print(
            f"pacscribe: an unexpected error ({type(error).__name__}) ended the command. "
            "Run it again with PACSCRIBE_DEBUG=1 to see where.",
            file=sys.stderr,
        )
        return EXIT_REFUSED


def _parser_for(words: Sequence[str]) -> tuple[argparse.ArgumentParser, ModuleType | None]:
    """A parser that knows all commands by name and the asked-for one with its arguments."""
    parser = _Parser(prog="pacscribe", description="A self-hosted PACS with viewer and reporting.")
    _add_common(parser)
    commands = parser.add_subparsers(dest="command", metavar="command", parser_class=_Parser)
    asked = _command_among(words)
    if asked == _PARSING_COMMAND:
        load_ahead(PARSER_TEMPLATE)
    module: ModuleType | None = None
    for name, (target, summary) in _COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary + ".")
        if name == asked:
            module = importlib.import_module(target)
            module.add_arguments(sub)
        for each in [sub, *_nested(sub)]:
            _add_common(each)
    return parser, module


def _command_among(words: Sequence[str]) -> str | None:
    """The first word that is neither an option nor the value of `--data-dir`."""
    remaining = iter(words)
    for word in remaining:
        if word == "--data-dir":
            next(remaining, None)
        elif not word.startswith("-"):
            return word
    return None


def _nested(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    found: list[argparse.ArgumentParser] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found.extend(action.choices.values())
    return found


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data-dir",
        metavar="D",
        default=argparse.SUPPRESS if parser.prog != "pacscribe" else None,
        help="where everything is kept (default: PACSCRIBE_DATA_DIR, else ./pacscribe-data)",
    )


if __name__ == "__main__":
    sys.exit(main())
