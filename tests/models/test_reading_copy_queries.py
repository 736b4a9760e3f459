"""What is missing, what is known and what must make room: the same on both databases, and only of one's own organization."""

import pytest
from sqlmodel import select

from backend.adapters.database import Database
from backend.adapters.database_walls import TenancyError
from backend.models import reading_copies as queries
from backend.models import viewing
from backend.models.ingest import known_object_ids
from backend.models.reading_copies import CopyCandidates, ReadingCopy
from backend.models.studies import Instance
from tests.models.test_viewing_queries import add_study
from tests.postgres import NORTH, SOUTH

CANDIDATES = CopyCandidates(version=3, plain_syntaxes=("1.2.840.10008.1.2",), plain_side_px=512)


@pytest.fixture
def keys(database: Database) -> tuple[str, str]:
    return add_study(database, NORTH, "2.25.1"), add_study(database, SOUTH, "2.25.3")


def instances(database: Database, *uids: str) -> list[Instance]:
    with database.system_read() as session:
        found = {row.sop_instance_uid: row for row in session.exec(select(Instance))}
    return [found[uid] for uid in uids]


def add_copy(database: Database, instance: Instance, object_id: str | None, version: int = 3):
    with database.write(instance.organization_id) as session:
        session.add(
            ReadingCopy(
                instance_key=instance.id,
                version=version,
                object_id=object_id,
                size_bytes=100 if object_id else 0,
            )
        )


def change(database: Database, instance: Instance, **values: object) -> None:
    with database.write(instance.organization_id) as session:
        row = session.get(Instance, instance.id)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


def missing(database: Database, newer_than: str = "", limit: int = 100) -> list[str]:
    with database.system_read() as session:
        return list(queries.missing_copies(session, CANDIDATES, newer_than, limit))


def test_what_can_be_shown_and_has_no_copy_of_this_version_is_missing(database: Database, keys):
    undecided, needless, outdated, made = instances(
        database, "2.25.1.CT.1", "2.25.1.CT.2", "2.25.1.MR.1", "2.25.1.MR.2"
    )
    add_copy(database, needless, None)
    add_copy(database, outdated, "old", version=2)
    add_copy(database, made, "made")
    found = missing(database)
    assert {undecided.id, outdated.id} < set(found)
    assert not {needless.id, made.id} & set(found)
    assert len(found) == 2 + 4  # and the four images of the other organization; no reports
    assert found == sorted(found, reverse=True)
    assert missing(database, limit=1) == found[:1]
    assert missing(database, newer_than=found[2]) == found[:2]


def test_small_uncompressed_images_are_never_missing_and_large_ones_are(database: Database, keys):
    small, large = instances(database, "2.25.1.CT.1", "2.25.1.CT.2")
    change(database, small, transfer_syntax_uid="1.2.840.10008.1.2", rows=512, columns=512)
    change(database, large, transfer_syntax_uid="1.2.840.10008.1.2", rows=513, columns=2)
    assert small.id not in missing(database)
    assert large.id in missing(database)


def test_of_one_study_the_series_that_is_looked_at_comes_first_by_number(database: Database, keys):
    wanted = instances(database, "2.25.1.MR.1", "2.25.1.MR.2")
    other = instances(database, "2.25.1.CT.1", "2.25.1.CT.2")
    for first, second in ((wanted, other), (other, wanted)):
        with database.system_read() as session:
            found = queries.missing_copies_of_study(
                session, CANDIDATES, keys[0], first[0].series_key
            )
        assert list(found) == [row.id for row in [*first, *second]]


def test_the_oldest_copies_are_named_first_with_the_size_of_all(database: Database, keys):
    one, two, three = instances(database, "2.25.1.CT.1", "2.25.3.CT.1", "2.25.1.MR.1")
    add_copy(database, one, "first")
    add_copy(database, two, "second")
    add_copy(database, three, None)
    with database.system_read() as session:
        assert queries.bytes_of_copies(session) == 200
        assert queries.oldest_copies(session, 5) == [("first", 100), ("second", 100)]
        assert known_object_ids(session, ["first", "none", one.object_id]) == {
            "first",
            one.object_id,
        }
    with database.system_write() as session:
        assert queries.forget_copy(session, "first")
        assert not queries.forget_copy(session, "first")


def test_the_copy_of_another_organization_is_neither_seen_nor_made(database: Database, keys):
    (theirs,) = instances(database, "2.25.3.CT.1")
    add_copy(database, theirs, "secret")
    with database.read(NORTH) as session:
        assert queries.find_copy(session, theirs.id) is None
        assert viewing.readable_instance(session, keys[1], "2.25.3.CT.1") is None
        assert viewing.readable_neighbours(session, keys[1], "2.25.3.CT.1") == {}
    with database.read(SOUTH) as session:
        readable = viewing.readable_instance(session, keys[1], "2.25.3.CT.1")
        assert readable is not None
        assert readable.copy_object_id == "secret"
        rows = viewing.readable_neighbours(session, keys[1], "2.25.3.CT.2")
        assert {uid: row.copy_object_id for uid, row in rows.items()} == {
            "2.25.3.CT.1": "secret",
            "2.25.3.CT.2": None,
        }
    with pytest.raises(TenancyError), database.write(NORTH) as session:
        session.add(ReadingCopy(instance_key=theirs.id, version=3, object_id="forged"))
