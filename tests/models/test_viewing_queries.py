"""The viewer's queries give the same on both databases, and only of the one study and organization."""

import pytest

from backend.adapters.database import Database
from backend.core import clock
from backend.models import viewing as queries
from backend.models.studies import Frame, Instance, Patient, Series, Study
from tests.postgres import NORTH, SOUTH


def add_study(database: Database, organization_id: str, uid: str) -> str:
    """A study with a series of two slices and a report that cannot be shown; returns its key."""
    with database.write(organization_id) as session:
        patient = Patient(patient_name="Demo^Adele")
        session.add(patient)
        session.flush()
        study = Study(
            patient_key=patient.id,
            study_instance_uid=uid,
            wrapped_data_key=b"data " + organization_id.encode(),
            arrived_at=clock.now(),
            updated_at=clock.now(),
        )
        session.add(study)
        session.flush()
        for number, modality in ((None, "SR"), (2, "CT"), (1, "MR")):
            series = Series(
                study_key=study.id,
                series_instance_uid=f"{uid}.{modality}",
                modality=modality,
                series_number=number,
            )
            session.add(series)
            session.flush()
            for instance_number in (1, 2):
                is_displayable = modality != "SR"
                instance = Instance(
                    study_key=study.id,
                    series_key=series.id,
                    sop_instance_uid=f"{uid}.{modality}.{instance_number}",
                    sop_class_uid="1.2",
                    transfer_syntax_uid="1.2",
                    instance_number=instance_number,
                    rows=10 * instance_number,
                    columns=5,
                    frame_count=instance_number if is_displayable else 0,
                    is_displayable=is_displayable,
                    not_displayable_reason="" if is_displayable else "A report.",
                    object_id=f"{organization_id} {uid} {modality} {instance_number}",
                    wrapped_object_key=b"object",
                    sha256="0",
                    attributes="{}",
                    reading_header=b"header",
                )
                session.add(instance)
                session.flush()
                for frame_number in range(1, instance.frame_count + 1):
                    session.add(
                        Frame(
                            instance_key=instance.id,
                            frame_number=frame_number,
                            pixel_sha256="0",
                            image_position_mm="[0, 0, 1]",
                        )
                    )
        return study.id


@pytest.fixture
def keys(database: Database) -> tuple[str, str]:
    """The same study in both organizations, and another one in the first."""
    add_study(database, NORTH, "2.25.2")
    return add_study(database, NORTH, "2.25.1"), add_study(database, SOUTH, "2.25.3")


def test_series_come_by_number_and_those_without_one_last(database: Database, keys):
    with database.read(NORTH) as session:
        rows = queries.series_of_study(session, keys[0])
        assert [row.modality for row in rows] == ["MR", "CT", "SR"]


def test_instances_are_counted_by_whether_they_can_be_shown(database: Database, keys):
    with database.read(NORTH) as session:
        series = {row.id: row.modality for row in queries.series_of_study(session, keys[0])}
        groups = queries.instance_groups(session, keys[0])
    found = {series[group.series_key]: group for group in groups}
    assert set(found) == {"CT", "MR", "SR"}
    assert (found["CT"].instance_count, found["CT"].frame_count) == (2, 3)
    assert (found["CT"].largest_frame_count, found["CT"].rows, found["CT"].columns) == (2, 20, 5)
    assert not found["SR"].is_displayable
    assert found["SR"].not_displayable_reason == "A report."


def test_frames_of_a_series_come_with_their_places(database: Database, keys):
    with database.read(NORTH) as session:
        series = queries.find_series(session, keys[0], "2.25.1.CT")
        assert series is not None
        frames = queries.placed_frames(session, series.id)
        stored = queries.stored_instances(session, series.id)
    assert sorted((frame.sop_instance_uid, frame.frame_number) for frame in frames) == [
        ("2.25.1.CT.1", 1),
        ("2.25.1.CT.2", 1),
        ("2.25.1.CT.2", 2),
    ]
    assert {frame.image_position_mm for frame in frames} == {"[0, 0, 1]"}
    assert sorted(one.sop_instance_uid for one in stored) == ["2.25.1.CT.1", "2.25.1.CT.2"]


def test_an_instance_is_read_with_the_keys_that_open_it(database: Database, keys):
    with database.read(NORTH) as session:
        found = queries.readable_instance(session, keys[0], "2.25.1.CT.2")
        assert found is not None
        assert found.wrapped_data_key == b"data " + NORTH.encode()
        assert (found.wrapped_object_key, found.reading_header) == (b"object", b"header")
        assert queries.readable_instance(session, keys[0], "2.25.2.CT.2") is None


def test_nothing_of_another_organization_is_found(database: Database, keys):
    with database.read(SOUTH) as session:
        assert queries.series_of_study(session, keys[0]) == []
        assert queries.instance_groups(session, keys[0]) == []
        assert queries.find_series(session, keys[0], "2.25.1.CT") is None
        assert queries.readable_instance(session, keys[0], "2.25.1.CT.2") is None
        assert queries.newest_report(session, keys[0]) is None
    with database.read(NORTH) as session:
        series = queries.find_series(session, keys[0], "2.25.1.CT")
        assert series is not None
    with database.read(SOUTH) as session:
        assert queries.placed_frames(session, series.id) == []
        assert queries.stored_instances(session, series.id) == []
