"""Names of every script, from the octets of a file to the worklist: shown as they are written there, found by each group."""

from collections.abc import Iterator

import pytest

from backend.core.worklist_query import WorklistQuery
from backend.schemas.worklist import StudyRow
from tests.viewing_hospital import Hospital, ct_slice

NAMES = {
    "2.25.1": (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    "2.25.2": (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    "2.25.3": (["GB18030"], "Wang^XiaoDong=王^小东"),
    "2.25.4": (["ISO_IR 144"], "Люкceмбypг"),
    "2.25.5": (["ISO_IR 100"], "Bjørn^Müller"),
    "2.25.6": (["ISO_IR 127"], "قباني^لنزار"),
}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path_factory.mktemp("names") / "data")
    hospital.take_in(
        *(
            ct_slice(
                1,
                1,
                study_instance_uid=uid,
                series_instance_uid=f"{uid}.1",
                SpecificCharacterSet=declared,
                PatientName=name,
                PatientID=uid,
            )
            for uid, (declared, name) in NAMES.items()
        )
    )
    yield hospital
    hospital.close()


def found(hospital: Hospital, text: str) -> list[StudyRow]:
    return list(
        hospital.services.worklist.page(hospital.sign_in().caller, WorklistQuery(text=text)).rows
    )


def test_every_name_is_shown_as_it_is_written(hospital: Hospital) -> None:
    shown = {row.study_instance_uid: row.patient_name for row in found(hospital, "")}
    assert shown == {
        "2.25.1": "Yamada, Tarou (山田 太郎, やまだ たろう)",
        "2.25.2": "Hong, Gildong (洪 吉洞, 홍 길동)",
        "2.25.3": "Wang, XiaoDong (王 小东)",
        "2.25.4": "Люкceмбypг",
        "2.25.5": "Bjørn, Müller",
        "2.25.6": "قباني, لنزار",
    }


@pytest.mark.parametrize(
    ("text", "uid"),
    [
        ("yamada TAROU", "2.25.1"),
        ("山田", "2.25.1"),
        ("山田太郎", "2.25.1"),
        ("太郎", "2.25.1"),
        ("やまだ", "2.25.1"),
        ("ヤマダ", "2.25.1"),
        ("ﾔﾏﾀﾞ ﾀﾛｳ", "2.25.1"),
        ("홍길동", "2.25.2"),
        ("길동", "2.25.2"),
        ("洪", "2.25.2"),
        ("王小东", "2.25.3"),
        ("xiaodong", "2.25.3"),
        ("люкc", "2.25.4"),
        ("bjorn muller", "2.25.5"),
        ("BJØRN", "2.25.5"),
        ("لنزار", "2.25.6"),
    ],
)
def test_every_name_is_found_by_any_of_its_groups(hospital: Hospital, text: str, uid: str) -> None:
    assert [row.study_instance_uid for row in found(hospital, text)] == [uid]
