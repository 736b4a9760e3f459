"""Loads the demo's studies, once. A program of its own, so that the server does not keep the memory it takes.

`pacscribe serve --demo` runs it before it serves; nothing else does.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from backend import bootstrap, bootstrap_ground
from backend.access.sessions import COOKIE_NAME
from backend.bootstrap import Services
from backend.cli.demo_marker import mark_loaded
from backend.cli.import_files import import_paths
from backend.core.caller import Caller, Origin
from backend.core.errors import CannotStart, Refusal
from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.demo import DEMO_PATIENT_ID, demo_studies
from backend.schemas.people import SignedIn
from backend.schemas.studies import IngestOutcome
from backend.services.first_people import DEMO_ADMINISTRATOR, DEMO_CARE_TEAM
from backend.services.ingest_verdicts import Received


def main() -> int:
    """Load what is not there yet; the exit status is 1 if the program cannot start, or nothing was taken in."""
    try:
        services = bootstrap.services()
        password = bootstrap_ground.demo_password(services)
        services.first_people.prepare_demo(password)
        counts = Counter(outcome.kind for outcome in _load(services))
        if not counts[IngestOutcomeKind.STORED] + counts[IngestOutcomeKind.DUPLICATE]:
            raise CannotStart("None of the demo's studies was taken in.")
        _give_care(services, password)
        mark_loaded(services.settings)
        refused = counts[IngestOutcomeKind.REFUSED] + counts[IngestOutcomeKind.CONFLICT]
        words = f", {refused} were not taken in" if refused else ""
        print(f"{counts[IngestOutcomeKind.STORED]} objects loaded{words}.", flush=True)
    except Refusal as refusal:
        print(f"pacscribe: {refusal.sentence}", file=sys.stderr)
        return 1
    finally:
        bootstrap.shut_down()
    return 0


def _load(services: Services) -> Iterator[IngestOutcome]:
    caller = services.studies.importer("demo")
    yield from services.studies.ingest(caller, _built_in(services, caller))
    if services.settings.demo_data:
        yield from import_paths(services.studies, caller, [Path(services.settings.demo_data)])


def _give_care(services: Services, password: str) -> None:
    """Put a patient into the care of the demo's care team, whose members see nothing but their own patients.

    The demo's administrator does it, for whoever opens studies to somebody is named.
    """
    signed_in = services.accounts.sign_in(DEMO_ADMINISTRATOR, password, Origin())
    if not isinstance(signed_in, SignedIn):
        return  # Somebody has tried out a second factor.
    cookie = f"{COOKIE_NAME}={signed_in.token}"
    administrator = services.sessions.caller_of_cookie(cookie, Origin())
    if administrator is None:
        return
    page = services.reaching.page(administrator)
    if not page.openings:
        for person in services.people.list_all(administrator):
            if person.email == DEMO_CARE_TEAM:
                services.reaching.give_care(
                    administrator, person.user_id, DEMO_PATIENT_ID, 0, "A patient of the demo"
                )
    services.accounts.sign_out(administrator)


def _built_in(services: Services, caller: Caller) -> Iterator[Received]:
    for study in demo_studies():
        for number, instance in enumerate(study, start=1):
            octets = instance if isinstance(instance, bytes) else instance.read_bytes()
            yield services.studies.receive(caller, f"demo/{number}", [octets])


if __name__ == "__main__":
    sys.exit(main())
