"""Studies of an older installation: what lists ask of them is told of them as of those that come later."""

from collections import Counter

from sqlmodel import select

from backend.adapters.database import Database
from backend.core import clock
from backend.models import Organization, Patient, Report, SearchWord, Study, User, VocabularyWord
from tests.postgres import NORTH


def read(database: Database) -> list[tuple[str, int, bool]]:
    with database.read(NORTH) as session:
        columns = Study.study_instance_uid, Study.report_progress, Study.has_prior
        return sorted(tuple(row) for row in session.exec(select(*columns)).all())


def words(database: Database) -> dict[str, int]:
    with database.read(NORTH) as session:
        counted = dict(session.exec(select(VocabularyWord.word, VocabularyWord.studies)).all())
        assert counted == Counter(session.exec(select(SearchWord.word)).all())
        return counted


def identifiers(database: Database) -> set[str]:
    with database.read(NORTH) as session:
        found = select(VocabularyWord.word).where(VocabularyWord.is_identifier)
        return {word for word in session.exec(found).all() if not word.startswith("=")}


def test_reports_and_prior_studies_of_an_older_installation_are_told_of_its_studies(
    empty_database: Database,
) -> None:
    empty_database.migrate()
    with empty_database.system_write() as session:
        session.add(Organization(id=NORTH, slug="north", name="North"))
    with empty_database.write(NORTH) as session:
        reader = User(
            id="reader",
            email="r@north.example",
            display_name="Dr. North",
            password_hash="x",
            password_changed_at=clock.now(),
        )
        patient = Patient(patient_id="ID-1", patient_name="Doe^Ann", search_name="doe ann")
        session.add_all([reader, patient])
        session.flush()
        for number, draft_version in ((1, 0), (2, 1), (3, 2)):
            study = Study(
                patient_key=patient.id,
                study_instance_uid=f"2.25.{number}",
                study_date=f"2026010{number}",
                accession_number=f"A400{number}",
                search_description="phantom a4002",
                claimed_by=reader.id if number == 2 else None,
                wrapped_data_key=b"k",
                arrived_at=clock.now(),
                updated_at=clock.now(),
            )
            session.add(study)
            session.flush()
            if draft_version:
                session.add(
                    Report(
                        study_key=study.id,
                        author_user_id=reader.id,
                        updated_by_user_id=reader.id,
                        updated_at=clock.now(),
                        draft_version=draft_version,
                    )
                )
    expected = [("2.25.1", 0, False), ("2.25.2", 0, True), ("2.25.3", 1, True)]
    assert read(empty_database) == expected
    counted = words(empty_database)
    assert (counted["doe"], counted["=prior:yes"], counted["=prior:no"]) == (3, 2, 1)
    assert counted["=claimed:reader"] == 1
    assert identifiers(empty_database) == {"a4001", "a4003"}
    empty_database.downgrade("0030")
    assert identifiers(empty_database) == {"a4001", "a4002", "a4003"}
    empty_database.downgrade("0024")
    empty_database.migrate()
    assert read(empty_database) == expected
    assert words(empty_database) == counted
    assert identifiers(empty_database) == {"a4001", "a4003"}
