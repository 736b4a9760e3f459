"""What a start does not wait for."""

import subprocess
import sys

from tests.served import ROOT, environment

# The house: a page is answered before it is there.
HOUSE = {"backend.bootstrap", "cryptography", "numpy", "pydantic", "reflex", "sqlalchemy"}
# Only some commands, requests or processes of their own need these.
LATER = {
    "backend.adapters.mailer_smtp",
    "aiohttp",
    "alembic",
    "playwright",
    "psycopg",
    "pydicom",
    "pyotp",
    "segno",
    "typst",
    "webauthn",
}


def test_the_server_imports_nothing_that_only_some_requests_need():
    program = (
        "import sys; from backend.cli.serve import _import_socket_library; _import_socket_library();"
        "import pacscribe_ui.pacscribe_ui; print(*sys.modules)"
    )
    loaded = modules_after(program)
    assert "reflex.app" in loaded
    assert LATER & loaded == set()


def test_people_can_sign_in_before_anything_is_imported_that_shows_images():
    loaded = modules_after("import sys, backend.api.entrance; print(*sys.modules)")
    assert "backend.bootstrap_people" in loaded
    later = {"PIL", "backend.bootstrap", "backend.dicom", "backend.imaging", "numpy"}
    assert (LATER | later) & loaded == set()


def test_the_ground_is_laid_before_the_services_about_people_are_imported():
    loaded = modules_after("import sys, backend.bootstrap_ground; print(*sys.modules)")
    assert "backend.services.first_people" in loaded
    assert {"backend.bootstrap_people", "backend.services.accounts"} & loaded == set()


def test_the_api_opens_before_anything_of_the_pages_is_imported():
    loaded = modules_after("import sys, backend.api.app; print(*sys.modules)")
    assert "backend.bootstrap" in loaded
    assert (LATER | {"pacscribe_ui", "redis", "reflex", "socketio"}) & loaded == set()


def test_the_front_door_opens_before_anything_of_the_house_is_imported():
    loaded = modules_after(
        "import sys, backend.cli.serve, pacscribe_ui.front_door; print(*sys.modules)"
    )
    assert "backend.api.hardening" in loaded
    assert HOUSE & loaded == set()


def test_the_launcher_imports_neither_the_pages_nor_the_services():
    loaded = modules_after("import sys, backend.cli.serve; print(*sys.modules)")
    assert (HOUSE | {"pydicom", "starlette"}) & loaded == set()


def modules_after(program: str) -> set[str]:
    """What a new process that runs `program` prints: the names of the modules that it has."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment(__REFLEX_SKIP_COMPILE="true"),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())
