"""The sending of uploads, run by Node against a server that keeps what it acknowledges and a connection that breaks."""

import csv
import io
from pathlib import Path

import pytest

from tests.components.node import address, answer, calculate, scenario_names, told

SCENARIOS = Path(__file__).parent / "upload_scenarios.mjs"
NAMES = scenario_names(SCENARIOS)
MIB = 1024 * 1024


@pytest.mark.parametrize("name", NAMES)
def test_an_upload(name: str) -> None:
    problem = told(SCENARIOS, "upload_engine.js")[name]
    assert not problem, problem


def test_every_scenario_was_run() -> None:
    assert len(NAMES) >= 17
    assert set(told(SCENARIOS, "upload_engine.js")) == set(NAMES)


def test_a_batch_is_as_large_as_the_line_is_fast() -> None:
    slow, usual, fast, unknown = calculate(
        "upload_plan.js",
        [("batchBytes", [rate]) for rate in (10_000, MIB, 100 * MIB, 0)],
    )
    assert (slow, usual, fast) == (MIB, 4 * MIB, 24 * MIB)
    assert MIB < unknown < 24 * MIB


def test_a_file_larger_than_a_batch_goes_alone() -> None:
    taken = answer(
        f"const {{ takeBatch }} = await import({address('upload_plan.js')});"
        "const waiting = given.map((size) => ({ size }));"
        "const batches = [];"
        "while (waiting.length) batches.push(takeBatch(waiting, 1).map(({ size }) => size));"
        "process.stdout.write(JSON.stringify(batches));",
        [5 * MIB, 1, 2, MIB, 3],
    )
    assert taken == [[5 * MIB], [1, 2], [MIB], [3]]


def test_the_rate_is_that_of_the_last_seconds() -> None:
    rates = answer(
        f"const {{ Rate }} = await import({address('upload_plan.js')});"
        "const rate = new Rate();"
        "const seen = given.map(([ms, bytes]) => { rate.add(ms, bytes); return rate.bytesPerSecond; });"
        "process.stdout.write(JSON.stringify(seen));",
        [[0, 0], [100, 1000], [1000, 1000], [11_000, 1000], [22_000, 12_000], [23_000, 500]],
    )
    assert rates[0] == rates[1] == 0  # too soon to say
    assert rates[2] == 1000
    assert rates[4] == 1000
    assert rates[5] == 0  # after a break it is measured anew


NAMES_OF_FILES = [
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@x",
    "\t=1",
    ' "quoted", and more',
    "plain",
    " =1",
    "＝1",
    "＋1",
    " －1",
    "＠x",
    "",
]


def test_a_report_holds_every_cell_and_no_formula() -> None:
    (text,) = calculate("upload_plan.js", [("csvOf", [[[name, 7] for name in NAMES_OF_FILES]])])
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row[0].removeprefix("'") for row in rows] == NAMES_OF_FILES
    assert not any(row[0].lstrip()[:1] in tuple("=+-@＝＋－＠") for row in rows if row[0].strip())
    assert {row[1] for row in rows} == {"7"}


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, ""), (45.2, "46 s"), (600, "10 min"), (7200, "2 h")]
)
def test_time_left_is_said_in_words(seconds: float, text: str) -> None:
    words = {"seconds": "s", "minutes": "min", "hours": "h"}
    assert calculate("upload_plan.js", [("timeText", [seconds, words])]) == [text]


def test_folders_in_folders_are_looked_into_and_files_come_in_their_order() -> None:
    names = answer(
        f"const {{ filesOfEntries }} = await import({address('upload_files.js')});"
        "const file = (name) => ({ isFile: true, name, file: (took) => took(new File(['x'], name)) });"
        "const gone = (name) => ({ isFile: true, name, file: (_, failed) => failed(new Error('gone')) });"
        "const folder = (name, entries) => ({ name, createReader() {"
        "  const left = [...entries];"
        "  return { readEntries: (took) => took(left.splice(0, 100)) };"
        "} });"
        "const series = folder('series', Array.from({ length: 250 }, (_, n) => file(`IM${n}`)));"
        "const found = [];"
        "for await (const some of filesOfEntries([folder('study', [series, gone('lost')]), file('one')])) found.push(...some);"
        "process.stdout.write(JSON.stringify(found.map(({ name, file }) => [name, file.size])));",
    )
    assert [name for name, _ in names] == [
        "one",
        "study/lost",
        *(f"study/series/IM{number}" for number in range(250)),
    ]
    assert dict(names)["study/lost"] == 0  # to be refused in words, not left out


def test_a_folder_that_cannot_be_read_to_its_end_is_told_beside_the_files_that_were_found() -> None:
    found = answer(
        f"const {{ filesOfEntries }} = await import({address('upload_files.js')});"
        "const file = (name) => ({ isFile: true, name, file: (took) => took(new File(['x'], name)) });"
        "const gone = (name) => ({ isFile: true, name, file: (_, failed) => failed(new Error('gone')) });"
        "const folder = (name, entries, breaksAt) => ({ name, createReader() {"
        "  const left = [...entries]; let reads = 0;"
        "  return { readEntries(took, failed) {"
        "    return reads++ === breaksAt ? failed(new Error('EIO')) : took(left.splice(0, 100));"
        "  } };"
        "} });"
        "const many = Array.from({ length: 150 }, (_, n) => file(`IM${n}`));"
        "const disc = folder('disc', [folder('torn', many, 1), folder('shut', many, 0), gone('lost'), file('last')]);"
        "const found = [];"
        "for await (const some of filesOfEntries([disc])) found.push(...some);"
        "process.stdout.write(JSON.stringify(found.map(({ name, problem }) => [name, problem || ''])));",
    )
    assert {name: problem for name, problem in found if problem} == {
        "disc/torn/": "unread_folder",
        "disc/shut/": "unread_folder",
        "disc/lost": "unreadable",
    }
    assert [name for name, problem in found if not problem] == [
        "disc/last",
        *(f"disc/torn/IM{number}" for number in range(100)),
    ]
