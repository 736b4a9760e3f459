"""What a study is called where its patient is not."""

import asyncio
from types import SimpleNamespace

import pytest

from backend.core.caller import system_caller
from backend.core.permissions import Permission
from pacscribe_ui.state import base, study_names

CT = SimpleNamespace(
    study_instance_uid="1.2", study_date="2026-01-31", modalities=("CT", "SR"), study_description="Head"
)  # fmt: skip
BARE = SimpleNamespace(
    study_instance_uid="1.3", study_date="", modalities=("MR",), study_description=""
)


@pytest.fixture
def asked(monkeypatch):
    """What was asked for of studies, of which the last does not exist for the caller."""
    asked = []

    def studies(_caller, uids):
        asked.append(uids)
        return SimpleNamespace(studies=(CT, BARE))

    worklist = SimpleNamespace(studies=studies)
    monkeypatch.setattr(study_names, "services", lambda: SimpleNamespace(worklist=worklist))
    yield asked
    base.remember_caller(None, "")


def names(*permissions):
    base.remember_caller(system_caller("org", frozenset(permissions)), "")
    return asyncio.run(study_names.study_names(["1.2", "1.3", "1.2", "1.4"]))


def test_studies_are_called_by_day_modality_and_description_as_far_as_they_have_them(asked):
    assert names(Permission.STUDY_VIEW) == {"1.2": "2026-01-31 · CT, SR · Head", "1.3": "MR"}
    assert asked == [("1.2", "1.3", "1.4")]


def test_whoever_may_look_at_no_study_is_told_no_name_and_refused_nothing(asked):
    assert names(Permission.AUDIT_VIEW, Permission.EMERGENCY_REVIEW) == {}
    assert asked == []
