"""What a start does not wait for."""

import subprocess
import sys

from tests.served import ROOT, environment

# Only some commands, requests or processes of their own need these.
LATER = {"aiohttp", "alembic", "playwright", "psycopg", "pydicom", "typst"}


def test_the_server_imports_nothing_that_only_some_requests_need():
    program = (
        "import sys; from backend.cli.serve import _import_socket_library; _import_socket_library();"
        "import pacscribe_ui.front_door; print('reflex.app' in sys.modules);"
        "import pacscribe_ui.pacscribe_ui; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment(__REFLEX_SKIP_COMPILE="true"),
        capture_output=True,
        text=True,
        check=True,
    )
    at_the_door, *loaded = done.stdout.split()
    assert at_the_door == "False"
    assert "reflex.app" in loaded
    assert LATER & set(loaded) == set()


def test_the_launcher_imports_neither_the_pages_nor_the_services():
    done = subprocess.run(
        [sys.executable, "-c", "import sys, backend.cli.serve; print(*sys.modules)"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert loaded & {"backend.bootstrap", "numpy", "pydicom", "reflex", "sqlalchemy"} == set()
