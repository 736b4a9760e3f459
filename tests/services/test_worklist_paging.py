"""The order of lists, and turning their pages while studies arrive, change and are deleted: against a plain model."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from backend.adapters.database import Database
from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.models import Patient, Study
from backend.schemas.worklist import StudyRow
from backend.services import worklist_rolls
from backend.services.worklist import Worklist
from backend.services.worklist_rolls import Rolls
from tests.endurance.counts import IS_WHOLE
from tests.postgres import NORTH
from tests.services.worklist_model import READER, Seal, add_reader, arrive, listed

_STUDIES = 17
_TURNED = 11


@pytest.fixture
def worklist(database: Database) -> Worklist:
    add_reader(database)
    rolls = Rolls(database)
    return Worklist(database, Seal(), rolls)  # type: ignore[arg-type]  # all that it asks of a keyring


@pytest.mark.parametrize("kept", [-1, 300_000], ids=["by the database", "in memory"])
def test_every_column_orders_both_ways_with_what_is_empty_and_what_is_alike(
    database: Database, worklist: Worklist, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    monkeypatch.setattr(worklist_rolls, "MOST_STUDIES", kept)
    arrive(database, random.Random(4), _STUDIES)
    for column in WorklistColumn:
        for descending in (True, False):
            query = WorklistQuery(order_by=column, descending=descending, page_size=9)
            page = worklist.page(READER, query)
            second = worklist.page(READER, replace(query, page=2, as_of=page.as_of))
            seen = [row.study_instance_uid for row in (*page.rows, *second.rows)]
            assert seen == listed(database, query), query


@dataclass
class Reading:
    """Somebody turns the pages of a list, and notes what was changed by others."""

    worklist: Worklist
    query: WorklistQuery
    seen: list[str] = field(default_factory=list)
    shown: Sequence[StudyRow] = ()

    def open(self) -> None:
        page = self.worklist.page(READER, self.query)
        self.query = replace(self.query, as_of=page.as_of)
        self._show(page.rows)

    def turn(self) -> bool:
        """Go on to the next page as the worklist's page does; False if this was the last."""
        shift = self.worklist.shift_after(READER, self.query, self.shown)
        following = replace(self.query, page=self.query.page + 1, shift=shift)
        page = self.worklist.page(READER, following)
        if page.page != following.page:
            return False
        self.query = following
        self._show(page.rows)
        return True

    def _show(self, rows: Sequence[StudyRow]) -> None:
        self.shown = rows
        self.seen += [row.study_instance_uid for row in rows]


_ACTS = st.lists(
    st.tuples(st.sampled_from(("arrive", "read", "assign", "delete")), st.integers(0, 99)),
    max_size=3,
)
_QUERIES = st.builds(
    WorklistQuery,
    status=st.sampled_from(((), (), ("unread",), ("unread", "reading"))),
    modality=st.sampled_from(((), (), ("CT",))),
    order_by=st.sampled_from(list(WorklistColumn)),
    descending=st.booleans(),
    page_size=st.just(3),
)


@settings(
    max_examples=200 if IS_WHOLE else 5,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(query=_QUERIES, between=st.lists(_ACTS, min_size=4, max_size=4), seed=st.integers(0, 999))
def test_while_studies_come_change_and_go_no_other_row_comes_twice_or_is_lost(
    database: Database,
    worklist: Worklist,
    query: WorklistQuery,
    between: list[list[tuple[str, int]]],
    seed: int,
) -> None:
    with database.write(NORTH) as session:
        for kind in (Study, Patient):
            for row in session.exec(select(kind)).all():
                session.delete(row)
            session.flush()
    chance = random.Random(seed)
    arrive(database, chance, _TURNED)
    opened = listed(database, query)
    reading = Reading(worklist, query)
    reading.open()
    touched: set[str] = set()
    number = _TURNED
    for acts in between:
        for act, which in acts:
            if act == "arrive":
                arrive(database, chance, 1, number)
                number += 1
            else:
                # Of a page that is shown, something stays as it was: where it ended is told by that.
                kept = {row.study_instance_uid for row in reading.shown[:1]}
                touched |= change(database, act, which, kept)
        if not reading.turn():
            break
    else:
        while reading.turn():
            pass
    unmoved = [uid for uid in opened if uid not in touched]
    assert [uid for uid in reading.seen if uid not in touched] == unmoved


def change(database: Database, act: str, which: int, kept: set[str]) -> set[str]:
    """Do something with one of the studies; its UID, if there is one to do it with."""
    with database.write(NORTH) as session:
        studies = session.exec(select(Study).order_by(Study.id)).all()
        others = [study for study in studies if study.study_instance_uid not in kept]
        if not others:
            return set()
        study = others[which % len(others)]
        if act == "delete":
            session.delete(study)
        elif act == "read":
            study.reading_status = "unread" if study.reading_status == "read" else "read"
            study.claimed_by = None
        else:
            study.assigned_to = None if study.assigned_to else "reader"
        return {study.study_instance_uid}


def test_a_page_that_was_done_with_as_a_whole_is_followed_by_what_was_behind_it(
    database: Database, worklist: Worklist
) -> None:
    arrive(database, random.Random(9), 30)
    query = WorklistQuery(status=("unread",), page_size=3)
    opened = listed(database, query)
    reading = Reading(worklist, query)
    reading.open()
    with database.write(NORTH) as session:
        for study in session.exec(select(Study)).all():
            if study.study_instance_uid in reading.seen:
                study.reading_status = "read"
    assert reading.turn()
    assert reading.seen == opened[:6]
    assert reading.query.shift == 3
    # And only assigned, they are where they were.
    with database.write(NORTH) as session:
        for study in session.exec(select(Study)).all():
            if study.study_instance_uid in reading.seen[3:]:
                study.assigned_to = None if study.assigned_to else "reader"
    while reading.turn():
        pass
    assert reading.seen == opened
