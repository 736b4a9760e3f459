"""What the worklist is asked in measurements: the usual, the rare, and what two or three filters leave of each other."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from backend.core.worklist_query import WorklistColumn, WorklistQuery
from benchmarks import many_studies

COUNT = 100_000

_FILTERS: tuple[dict[str, Any], ...] = (
    {"status": ("unread",)},
    {"status": ("reading",)},
    {"status": ("reported",)},
    {"modality": ("CT",)},
    {"modality": ("MR",)},
    {"modality": ("CT", "MR")},
    {"modality": ("PT",)},
    {"priority": ("stat", "urgent")},
    {"priority": ("routine",)},
    {"assigned": "me"},
    {"assigned": "nobody"},
    {"date_from": "20261125", "date_to": "20261125"},
    {"date_from": "20261101", "date_to": "20261125"},
    {"date_from": "20260301", "date_to": "20260331"},
    {"date_from": "20250101", "date_to": "20251231"},
    {"date_to": "20250630"},
    {"date_from": "20260101"},
    {"arrived_from": "20261101", "arrived_to": "20261125"},
    {"arrived_to": "20250401"},
    {"born_from": "19400101", "born_to": "19491231"},
    {"sex": ("F",)},
    {"images_from": "800"},
    {"images_to": "100"},
    {"referrer": ("Sender^17",)},
    {"body_part": ("CHEST",)},
    {"body_part": ("CHEST", "HEAD", "SPINE")},
    {"institution": ("Clinic 3",)},
    {"report": ("none",)},
    {"report": ("draft",)},
    {"report": ("final",)},
    {"prior": "yes"},
    {"prior": "no"},
    {"tag": ("teaching",)},
)
_COMBINED = 60


def pages() -> Iterator[WorklistQuery]:
    """The list that nothing narrows, in every order, near pages and far ones."""
    yield WorklistQuery()
    for page in (2, 3, 10, 100, 1000, 2000):
        yield WorklistQuery(page=page)
    for column in WorklistColumn:
        for descending in (True, False):
            yield WorklistQuery(order_by=column, descending=descending)
            yield WorklistQuery(order_by=column, descending=descending, page=5)
            yield WorklistQuery(order_by=column, descending=descending, page=1500)


def filters() -> Iterator[WorklistQuery]:
    """Each filter alone, and combinations as they are usual."""
    for each in _FILTERS:
        yield WorklistQuery(**each)
    yield WorklistQuery(status=("unread",), order_by=WorklistColumn.PRIORITY)
    yield WorklistQuery(status=("unread", "reading"))
    yield WorklistQuery(status=("reading",), assigned="me")
    yield WorklistQuery(assigned="nobody", status=("unread",), priority=("stat", "urgent"))
    yield WorklistQuery(modality=("CT", "MR"), status=("unread",))
    yield WorklistQuery(modality=("MG",), body_part=("BREAST",))
    yield WorklistQuery(date_from="20261119", date_to="20261125", modality=("CT",))
    yield WorklistQuery(date_from="20250101")
    yield WorklistQuery(date_to="20251231", modality=("MR",), report=("final",))
    yield WorklistQuery(date_from="20250601", date_to="20250607", modality=("MR",))
    yield WorklistQuery(institution=("Clinic 3",), prior="yes")
    yield WorklistQuery(body_part=("CHEST",), report=("none", "draft"))
    yield WorklistQuery(born_from="19400101", born_to="19491231", sex=("F",))
    yield WorklistQuery(images_from="800", modality=("US",))
    yield WorklistQuery(arrived_from="20261101", arrived_to="20261125", status=("unread",))


def combinations() -> Iterator[WorklistQuery]:
    """Three filters at once, drawn by lot, in the usual order or in another; and one filter in every order."""
    chance = random.Random(11)
    for number in range(_COMBINED):
        chosen: dict[str, Any] = {}
        while len(chosen) < 3:
            chosen |= chance.choice(_FILTERS)
        query = WorklistQuery(**chosen)
        if number % 3 == 0:
            query = replace(query, order_by=chance.choice(list(WorklistColumn)))
        yield replace(query, page=chance.choice((1, 1, 1, 2, 30)))
    for column in WorklistColumn:
        yield WorklistQuery(status=("unread",), order_by=column)
        yield WorklistQuery(modality=("CT",), order_by=column, page=9)
        yield WorklistQuery(modality=("MR",), report=("final",), order_by=column, descending=False)


def searches() -> Iterator[WorklistQuery]:
    """Names, numbers and words, whole, begun and mistyped, alone and beside filters."""
    chance = random.Random(7)
    names = many_studies.surnames(COUNT)
    for _ in range(8):
        name = chance.choice(names)
        yield WorklistQuery(text=name)
        yield WorklistQuery(text=name[:4])
        yield WorklistQuery(text=_mistyped(chance, name))
        yield WorklistQuery(text=name, spelling="similar")
        yield WorklistQuery(text=f"{name} thorax")
        yield WorklistQuery(text=f"MRN{chance.randrange(60_000):07d}")
        yield WorklistQuery(text=f"A{chance.randrange(COUNT):08d}")
        yield WorklistQuery(text=f"{chance.randrange(COUNT):05d}")
    yield WorklistQuery(text="thorax")
    yield WorklistQuery(text="thorax", order_by=WorklistColumn.PATIENT_NAME)
    yield WorklistQuery(text="lunge thorax")
    yield WorklistQuery(text="lunge", modality=("CT",), report=("final",))
    yield WorklistQuery(text="notfall schädel", status=("unread",))
    yield WorklistQuery(text="mrn")
    yield WorklistQuery(text="mrn", modality=("MR",))
    yield WorklistQuery(text="a")
    yield WorklistQuery(text="a", status=("unread",), order_by=WorklistColumn.PATIENT_NAME)
    yield WorklistQuery(text="torax")
    yield WorklistQuery(text="torax", date_to="20250630")
    yield WorklistQuery(text="nothing of the kind")


def held() -> Iterator[WorklistQuery]:
    """The filters of their own for name, ID, accession number and description: any part of them, alone, beside others and in another order."""
    chance = random.Random(13)
    names = many_studies.surnames(COUNT)
    for _ in range(6):
        name, number = chance.choice(names), f"{chance.randrange(COUNT):05d}"
        yield WorklistQuery(name=name)
        yield WorklistQuery(name=name[1:4])
        yield WorklistQuery(patient_id=number)
        yield WorklistQuery(accession=number)
        yield WorklistQuery(accession=number, modality=("CT",))
        yield WorklistQuery(name=name[:3], status=("unread",))
    yield WorklistQuery(patient_id="mrn00")
    yield WorklistQuery(description="thorax")
    yield WorklistQuery(description="horax lung")
    yield WorklistQuery(
        description="thorax", modality=("MR",), order_by=WorklistColumn.PATIENT_NAME
    )
    yield WorklistQuery(description="thorax", date_from="20261101", date_to="20261125")
    yield WorklistQuery(description="nothing of the kind")


def counts() -> Iterator[WorklistQuery]:
    """What stands beside saved views."""
    for query in filters():
        yield query
        yield replace(query, text="thorax")
    yield from combinations()


def _mistyped(chance: random.Random, word: str) -> str:
    place = chance.randrange(len(word) - 1)
    return chance.choice(
        (
            word[:place] + word[place + 1 :],
            word[:place] + "x" + word[place:],
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
        )
    )
