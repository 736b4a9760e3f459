"""Access: how long a verdict takes that a tile waits for, remembered and looked up, for who reaches all and for who does not."""

import tempfile
from datetime import timedelta
from pathlib import Path
from statistics import median

from backend.adapters.database import Database, embedded_url
from backend.core import clock
from backend.core.caller import Caller
from backend.core.permissions import ROLE_PERMISSIONS, BuiltInRole
from backend.models import CareRelation, Organization, Patient, Study, User
from backend.services import viewing_verdicts
from backend.services.viewing_verdicts import Verdicts
from benchmarks.figures import Figure, at_most, milliseconds

PATIENTS = 300
MOST_WARM_US = 20.0
MOST_COLD_MS = 5.0
# Once a second for each study that is looked at; whoever reaches all never waits for it.
MOST_COLD_LIMITED_MS = 25.0
_UID = "1.2.826.0.1"
_HOUSE = "bench"


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="pacscribe-bench-") as name:
        database = Database(embedded_url(Path(name)), b"k" * 32)
        try:
            user_id = _fill(database)
            reader = _caller(user_id, BuiltInRole.RADIOLOGIST)
            nurse = _caller(user_id, BuiltInRole.CARE_TEAM)
            return [
                at_most(
                    "Verdict for a tile, remembered", _warm(database, reader), "us", MOST_WARM_US
                ),
                at_most(
                    f"The same for who reaches {PATIENTS:,} patients in their care",
                    _warm(database, nurse),
                    "us",
                    MOST_WARM_US,
                ),
                at_most("Verdict, looked up", _cold(database, reader), "ms", MOST_COLD_MS),
                at_most(
                    f"The same for who reaches {PATIENTS:,} patients in their care",
                    _cold(database, nurse),
                    "ms",
                    MOST_COLD_LIMITED_MS,
                ),
            ]
        finally:
            database.close()


def _warm(database: Database, caller: Caller) -> float:
    verdicts = Verdicts(database)
    verdicts.require_view(caller, _UID)
    # What is measured takes far less than the second for which a verdict is kept.
    taken = milliseconds(lambda _number: verdicts.require_view(caller, _UID), 5000)
    return median(taken) * 1000


def _cold(database: Database, caller: Caller) -> float:
    verdicts = Verdicts(database)
    kept, viewing_verdicts.VERDICT_SECONDS = viewing_verdicts.VERDICT_SECONDS, 0.0
    try:
        return median(milliseconds(lambda _number: verdicts.require_view(caller, _UID), 200))
    finally:
        viewing_verdicts.VERDICT_SECONDS = kept


def _caller(user_id: str, role: BuiltInRole) -> Caller:
    return Caller(user_id, _HOUSE, "session", "Somebody", "", (role,), ROLE_PERMISSIONS[role])


def _fill(database: Database) -> str:
    """A study of each of many patients, all of them in one person's care; their identifier."""
    database.migrate()
    now = clock.now()
    with database.system_write() as session:
        session.add(Organization(id=_HOUSE, slug=_HOUSE, name="Bench"))
    with database.write(_HOUSE) as session:
        user = User(
            email="a@b.example", display_name="A", password_hash="-", password_changed_at=now
        )
        session.add(user)
        patients = [Patient(patient_id=f"P-{number}") for number in range(PATIENTS)]
        session.add_all(patients)
        session.flush()
        for number, patient in enumerate(patients, 1):
            session.add(
                Study(
                    patient_key=patient.id,
                    study_instance_uid=f"1.2.826.0.{number}",
                    wrapped_data_key=b"-",
                    arrived_at=now,
                    updated_at=now,
                )
            )
            session.add(
                CareRelation(
                    user_id=user.id,
                    patient_key=patient.id,
                    granted_by_user_id=user.id,
                    expires_at=now + timedelta(days=1),
                )
            )
        return user.id
