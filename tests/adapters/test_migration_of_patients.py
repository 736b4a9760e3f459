"""Patients of an older installation: each is still there, with its studies, and nobody was merged."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from backend.adapters.database import Database
from tests.postgres import KINDS, new_empty_database

AT = "2026-01-01 00:00:00+00:00"
PATIENTS = (
    ("p1", "ID-1", "Doe^Ann", "19500101"),
    ("p2", "ID-1", "Roe^Bea", "19600101"),
    ("p3", "", "Doe^Ann", "19500101"),
    ("p4", "", "Doe^Ann", "19500101"),
)


def an_older_installation(database: Database) -> None:
    database.migrate()
    database.downgrade("0008")
    with database.system_write() as session:
        run = session.connection().exec_driver_sql
        run(f"INSERT INTO organizations VALUES ('north', '{AT}', 'north', 'North')")
        run(f"INSERT INTO roles VALUES ('admin', '{AT}', 'north', 'administrator', true)")
        run(f"INSERT INTO roles VALUES ('reader', '{AT}', 'north', 'radiologist', true)")
        for key, patient_id, name, born in PATIENTS:
            run(
                "INSERT INTO patients (id, created_at, organization_id, match_key, patient_id,"
                " issuer_of_patient_id, patient_name, search_name, patient_birth_date, patient_sex)"
                f" VALUES ('{key}', '{AT}', 'north', 'key of {key}', '{patient_id}', '', '{name}',"
                f" 'searched', '{born}', 'F')"
            )
            session.connection().execute(
                text(
                    "INSERT INTO studies (id, created_at, organization_id, patient_key,"
                    " study_instance_uid, study_id, study_date, study_time, accession_number,"
                    " study_description, search_description, referring_physician_name,"
                    " institution_name, body_part_examined, modalities, series_count,"
                    " instance_count, size_bytes, reading_status, priority, wrapped_data_key,"
                    " arrived_at, updated_at) VALUES (:key, :at, 'north', :patient, :uid, '', '',"
                    " '', '', '', '', '', '', '', '', 0, 0, 0, 'unread', 'routine', :wrapped, :at,"
                    " :at)"
                ),
                {"key": f"s-{key}", "at": AT, "patient": key, "uid": f"1.{key}", "wrapped": b"w"},
            )


@pytest.fixture(scope="module", params=KINDS)
def migrated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """An older installation as this version leaves it, of each kind, to look at."""
    folder = tmp_path_factory.mktemp("older")
    with new_empty_database(request, folder, request.param == "postgresql") as database:
        an_older_installation(database)
        database.migrate()
        yield database


def read(database: Database, query: str) -> list[tuple]:
    with database.system_read() as session:
        return [tuple(row) for row in session.connection().execute(text(query))]


def test_every_patient_of_an_older_installation_keeps_its_studies_and_gets_one_claim(
    migrated: Database,
) -> None:
    assert read(
        migrated,
        "SELECT id, patient_id, patient_name, patient_birth_date FROM patients ORDER BY id",
    ) == list(PATIENTS)
    assert read(
        migrated,
        "SELECT patient_key, root_key, identity_key, study_instance_uid FROM patient_claims"
        " ORDER BY id",
    ) == [
        ("p1", "p1", "key of p1", ""),
        ("p2", "p2", "key of p2", ""),
        ("p3", "p3", "key of p3", "1.p3"),
        ("p4", "p4", "key of p4", "1.p4"),
    ]
    assert read(migrated, "SELECT id, patient_key FROM studies ORDER BY id") == [
        (f"s-{key}", key) for key, *_ in PATIENTS
    ]
    assert migrated.schema_differences() == []


def test_people_of_one_id_get_a_number_that_tells_them_apart(migrated: Database) -> None:
    assert read(migrated, "SELECT qualifier FROM patients ORDER BY id") == [
        ("",),
        ("2",),
        ("",),
        ("",),
    ]


def test_administrators_and_nobody_else_get_the_new_permission(migrated: Database) -> None:
    assert read(
        migrated,
        "SELECT role_id FROM role_permissions WHERE permission = 'patient:correct'",
    ) == [("admin",)]


def test_going_back_gives_every_patient_its_old_key(empty_database: Database) -> None:
    an_older_installation(empty_database)
    empty_database.migrate()
    empty_database.downgrade("0008")
    assert read(empty_database, "SELECT id, match_key FROM patients ORDER BY id") == [
        (key, f"key of {key}") for key, *_ in PATIENTS
    ]


def test_names_are_folded_as_questions_are(migrated: Database) -> None:
    assert read(migrated, "SELECT search_name FROM patients ORDER BY id") == [
        ("doe ann",),
        ("roe bea",),
        ("doe ann",),
        ("doe ann",),
    ]
