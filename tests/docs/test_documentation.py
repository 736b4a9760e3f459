"""The documentation is read by the tests: what it lists exists, and what exists is listed."""

import argparse
import dataclasses
import re
from pathlib import Path

import pytest

from backend.adapters.database_sqlcipher import READER_MEGABYTES, READERS
from backend.cli import main, render
from backend.core.permissions import DESCRIPTIONS, ROLE_PERMISSIONS, BuiltInRole, Permission
from backend.core.vocabulary import AuditAction
from backend.schemas.preferences import CHOICES, ViewerPreferences
from backend.settings import Settings
from pacscribe_ui.text import Viewer
from tests.browser.payloads import PAYLOADS
from tests.endurance.counts import count
from tests.endurance.test_audit_tampering import TAMPERINGS
from tests.matrix.principals import PRINCIPALS
from tests.whole.test_nothing_is_fetched import IN_A_REPORT

ROOT = Path(__file__).parent.parent.parent


def rows(name):
    """Cells of every table row of a document, by the code in their first cell."""
    found = {}
    for line in (ROOT / name).read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and (code := re.fullmatch(r"`([^`]+)`", cells[0])):
            assert code[1] not in found, f"{code[1]} is listed twice in {name}"
            found[code[1]] = cells[1:]
    return found


def test_every_permission_is_described_and_no_other():
    assert set(rows("docs/permissions.md")) == {permission.value for permission in Permission}


@pytest.mark.parametrize("permission", Permission)
def test_what_a_permission_allows_and_who_has_it_is_written_down_as_it_is(permission):
    described, *holders = rows("docs/permissions.md")[permission.value]
    assert described == DESCRIPTIONS[permission]
    assert holders == [
        "yes" if permission in ROLE_PERMISSIONS[role] else "no" for role in BuiltInRole
    ]


def test_every_audit_event_is_described_and_no_other():
    listed = rows("docs/audit-events.md")
    assert set(listed) == {action.value for action in AuditAction}
    assert all(cells[0].endswith(".") for cells in listed.values())


@pytest.mark.parametrize("action", AuditAction)
def test_what_dicom_calls_an_audit_event_is_written_down_as_it_is_sent(action):
    code = action.code
    event, kind = (f"{each} {each.meaning}" if each else "" for each in (code.event, code.kind))
    page = (ROOT / "docs" / "audit-events.md").read_text("utf-8")
    assert f"\n| {action.value} | {event} | {kind} | {code.act} |\n" in page


@pytest.mark.parametrize("action", AuditAction)
def test_every_audit_event_is_written_somewhere(action):
    used = rf"AuditAction\.{action.name}\b"
    sources = [
        *(ROOT / "backend" / "services").glob("*.py"),
        *(ROOT / "backend" / "access").glob("*.py"),
    ]
    assert any(re.search(used, source.read_text("utf-8")) for source in sources)


TRIED = re.findall(
    r"^\| (.+) \| (\d+) \| (`tests/.+`) \|$", (ROOT / "docs" / "security.md").read_text("utf-8"), re.MULTILINE
)  # fmt: skip


def test_as_much_is_tried_against_it_as_is_written_down(request):
    asked = request.config
    if asked.option.keyword or asked.option.markexpr or any("::" in each for each in asked.args):
        pytest.skip("tests were chosen by name, so that not all are there to be counted")
    is_whole = asked.args == asked.getini("testpaths")
    collected = [item.nodeid for item in request.session.items]
    found = []
    for _, least, where in TRIED:
        files = re.findall(r"`([^`]+)`", where)
        assert [each for each in files if not (ROOT / each.partition("::")[0]).exists()] == []
        counts = {file: sum(each.startswith(file) for each in collected) for file in files}
        if is_whole or all(counts.values()):
            found.append(sum(counts.values()))
            assert found[-1] >= int(least), counts
    if not found:
        pytest.skip("none of the tests that are counted was asked for")


def test_what_the_embedded_database_keeps_in_memory_is_written_down_as_it_is():
    page = (ROOT / "README.md").read_text("utf-8")
    assert f"up to {READERS} readers" in page
    assert f"up to {READER_MEGABYTES} MB of the pages" in page
    assert f"up to {READERS * READER_MEGABYTES} MB beside" in page


def test_what_is_tried_against_it_is_written_down_in_its_numbers():
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    assert len(TRIED) == 10
    assert f"each of {len(PRINCIPALS)} callers" in page
    assert f"{len(PAYLOADS)} texts that would run" in page
    assert f"reports ({len(IN_A_REPORT)} texts)" in page
    assert count(44, 220) == TAMPERINGS
    assert "44 tamperings in every run, 220 in" in page


def test_every_setting_is_in_the_readme_and_no_other():
    listed = {name for name in rows("README.md") if name.startswith("PACSCRIBE_")}
    known = {f"PACSCRIBE_{field.name.upper()}" for field in dataclasses.fields(Settings)}
    assert listed == known


def test_every_choice_of_the_viewer_s_settings_is_in_the_readme_as_the_page_has_it():
    page = (ROOT / "README.md").read_text("utf-8")
    for field in dataclasses.fields(ViewerPreferences):
        if field.name == "keys":
            assert f"“{Viewer.KEYS_CHANGE}”" in page
            continue
        choices = "any layout"
        if field.name in CHOICES:
            labels = Viewer.SETTING_CHOICES[field.name]
            choices = " / ".join(labels[value] for value in CHOICES[field.name])
        assert f"| {Viewer.SETTINGS[field.name]} | {choices} |" in page


@pytest.mark.parametrize("command", main._COMMANDS)
def test_every_command_is_described(command):
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    assert any(f"`pacscribe {command}" in page.read_text("utf-8") for page in pages) or (
        f"/pacscribe {command} " in pages[0].read_text("utf-8")
    )


def test_every_option_of_drawing_a_file_is_in_the_readme_and_no_other():
    parser = argparse.ArgumentParser(add_help=False)
    render.add_arguments(parser)
    page = (ROOT / "README.md").read_text("utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith("| **Render**"))
    options = set(re.findall(r"(--[a-z-]+)", parser.format_help()))
    assert set(re.findall(r"--[a-z-]+", row)) == options


def test_decisions_are_numbered_without_a_gap_and_each_says_what_was_decided():
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    assert all(record.read_text("utf-8").startswith("# ") for record in records)


def test_links_between_documents_lead_somewhere():
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    missing = [
        f"{document.name}: {target}"
        for document in documents
        for target in re.findall(
            r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text("utf-8")
        )
        if not (document.parent / target).exists()
    ]
    assert missing == []


# What interfaces are promised by name, and how it is told whether one is there.
_SOURCE = {
    folder: "\n".join(path.read_text("utf-8") for path in sorted((ROOT / folder).rglob("*.py")))
    for folder in ("backend/cli", "backend/api", "pacscribe_ui/pages")
}
PROMISED = {
    "pacscribe backup": '"backup": ("backend.cli' in _SOURCE["backend/cli"],
    "pacscribe keys": '"keys": ("backend.cli' in _SOURCE["backend/cli"],
    "PACSCRIBE_REDIS_URL": "redis_url" in {field.name for field in dataclasses.fields(Settings)},
    "/shares": 'ROUTE = "/shares"' in _SOURCE["pacscribe_ui/pages"],
    "/shared": 'ROUTE = "/shared"' in _SOURCE["pacscribe_ui/pages"],
    "/results": 'ROUTE = "/results"' in _SOURCE["pacscribe_ui/pages"],
    "/metrics": 'Route("/metrics' in _SOURCE["backend/api"],
    "/dicomweb": '("/dicomweb' in _SOURCE["backend/api"],
    "/api/v1/openapi.json": "openapi.json" in _SOURCE["backend/api"],
}


@pytest.mark.parametrize("name", PROMISED)
def test_a_promised_name_is_there_or_is_said_to_be_missing(name):
    readme = (ROOT / "README.md").read_text("utf-8")
    missing = readme.partition("## What it does not do yet")[2].partition("\n## ")[0]
    assert (f"`{name}`" in missing) is not PROMISED[name]
