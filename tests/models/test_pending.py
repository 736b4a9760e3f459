"""A rehearsal keeps its changes to itself, and its queries find rows as they would be."""

from backend.models import patients
from backend.models.patients import PatientClaim
from backend.models.session import Database
from backend.models.studies import Patient
from tests.postgres import NORTH


def a_claim(key: str, patient: Patient, identity: str = "one") -> PatientClaim:
    return PatientClaim(
        id=key,
        patient_key=patient.id,
        root_key=key,
        identity_key=identity,
        patient_id=patient.patient_id,
    )


def test_what_is_changed_in_a_rehearsal_is_found_in_it_and_nowhere_else(database: Database) -> None:
    with database.write(NORTH) as session:
        ann, bea = (Patient(id=key, patient_id=key) for key in ("ann", "bea"))
        session.add_all([ann, bea])
        session.flush()
        session.add_all([a_claim("c1", ann), a_claim("c2", ann, "two")])
    with database.rehearse(NORTH) as session:
        first = patients.find_claim(session, "one", "")
        assert first is not None
        first.patient_key = "bea"
        cleo = Patient(id="cleo", patient_id="ann")
        session.add(cleo)
        session.add(a_claim("c0", cleo, "three"))
        session.flush()
        assert keys(patients.claims_of_patients(session, ["ann"])) == ["c2"]
        assert keys(patients.claims_of_patients(session, ["bea"])) == ["c1"]
        assert keys(patients.claims_for(session, {"ann"}, set())) == ["c0", "c1", "c2"]
        assert patients.find_claim(session, "three", "").id == "c0"
        assert sorted(patients.patients_by_key(session, ["ann", "cleo"])) == ["ann", "cleo"]
        assert keys(patients.patients_of_one_id(session, "ann", "")) == ["ann", "cleo"]
    with database.read(NORTH) as session:
        assert keys(patients.claims_of_patients(session, ["ann"])) == ["c1", "c2"]
        assert sorted(patients.patients_by_key(session, ["ann", "cleo"])) == ["ann"]


def keys(rows: list) -> list[str]:
    return [row.id for row in rows]
