"""What is read anew is found, and written down, the same on both databases."""

import pytest
from sqlmodel import select

from backend.adapters.database import Database
from backend.models import reading_anew as queries
from backend.models.reading_anew import KnownFrame
from backend.models.studies import Instance, Study
from tests.models.test_reading_copy_queries import change, instances
from tests.models.test_viewing_queries import add_study
from tests.postgres import NORTH, SOUTH


@pytest.fixture
def keys(database: Database) -> tuple[str, str]:
    return add_study(database, NORTH, "2.25.1"), add_study(database, SOUTH, "2.25.3")


def test_images_of_all_organizations_come_with_the_beginning_of_their_headers(
    database: Database, keys
):
    other, theirs = instances(database, "2.25.1.CT.1", "2.25.3.CT.1")
    change(database, other, reading_header=b"\x00\xff other")
    with database.system_read() as session:
        found = list(queries.headers_after(session, "", 100, 3))
        assert list(queries.headers_after(session, found[2][0], 2, 3)) == found[3:5]
    assert len(found) == 8  # and no reports
    assert found == sorted(found)
    assert dict(found)[other.id] == b"\x00\xff "
    assert dict(found)[theirs.id] == b"hea"


def test_an_instance_is_described_anew_unless_it_changed_meanwhile(database: Database, keys):
    (row, untouched) = instances(database, "2.25.1.CT.2", "2.25.1.CT.1")
    with database.system_read() as session:
        instance = queries.described_instance(session, row.id)
        frames = queries.known_frames(session, row.id)
        before = {study.id: study.updated_at for study in session.exec(select(Study))}
        assert queries.described_instance(session, "none") is None
    assert instance is not None
    assert instance.wrapped_data_key == b"data " + NORTH.encode()
    assert frames == [KnownFrame("0", "[0, 0, 1]", "")] * 2
    with database.system_write() as session:
        assert queries.describe_anew(session, instance, '{"new": 1}', b"\xfe header")
        assert not queries.describe_anew(session, instance, '{"new": 2}', b"too late")
        queries.place_anew(session, row.id, 2, KnownFrame("0", "[0, 0, 2]", "[1]"))
        queries.studies_changed(session, [instance.study_key])
    with database.system_read() as session:
        after = session.get(Instance, row.id)
        assert after is not None
        assert (after.attributes, after.reading_header) == ('{"new": 1}', b"\xfe header")
        assert queries.known_frames(session, row.id) == [
            frames[0],
            KnownFrame("0", "[0, 0, 2]", "[1]"),
        ]
        assert session.get(Instance, untouched.id).reading_header == b"header"
        changed = [
            study.id for study in session.exec(select(Study)) if study.updated_at > before[study.id]
        ]
    assert changed == [keys[0]]
