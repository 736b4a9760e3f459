"""A watched folder: what is whole is taken in once, over restarts, and what is written still is left alone."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from backend.cli.import_files import import_paths
from backend.cli.watched_folder import Stored, WatchedFolder
from backend.core.caller import Caller
from backend.core.errors import StorageFull
from backend.schemas.studies import IngestOutcome
from tests.served import ROOT, environment
from tests.viewing_hospital import Hospital, ct_slice

KEY = bytes(32)


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def caller(hospital: Hospital) -> Caller:
    return hospital.importer.importer("demo")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    made = tmp_path / "inbox"
    (made / "ward").mkdir(parents=True)
    return made


class Clock:
    """Stands still until it is set forward."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(hospital: Hospital, caller: Caller, inbox: Path, tmp_path: Path, clock: Clock):
    def begin(**options: object) -> WatchedFolder:
        memory = tmp_path / "memory"
        return WatchedFolder(
            inbox, hospital.importer, caller, memory=memory, key=KEY, clock=clock, **options
        )

    return begin


def look(watched: WatchedFolder) -> list[tuple[str, str]]:
    return [(Path(o.source_name).name, o.kind.value) for o in watched.look(Event())]


def test_a_file_is_taken_in_once_it_has_stopped_growing(watch, inbox: Path) -> None:
    whole = ct_slice(1, 1)
    file = inbox / "ward" / "IM1"
    file.write_bytes(whole[:1000])
    watched = watch()
    assert look(watched) == []
    file.write_bytes(whole)
    assert look(watched) == []
    assert watched.is_growing
    assert look(watched) == [("IM1", "stored")]
    assert look(watched) == []
    assert not watched.is_growing
    assert file.exists()


def test_nothing_is_taken_in_again_after_a_restart_and_no_name_is_written_down(
    watch, inbox: Path, tmp_path: Path
) -> None:
    (inbox / "Mueller^Eva").write_bytes(ct_slice(1, 1))
    first = watch()
    assert look(first) + look(first) == [("Mueller^Eva", "stored")]
    again = watch()
    assert look(again) + look(again) == []
    written = list((tmp_path / "memory").iterdir())
    assert len(written) == 1
    assert "Mueller" not in written[0].name + written[0].read_text()
    (inbox / "Mueller^Eva").write_bytes(ct_slice(2, 2))  # another file of the same name
    assert look(again) + look(again) == [("Mueller^Eva", "stored")]


@pytest.mark.parametrize("stored", [Stored.MOVE, Stored.DELETE])
def test_what_is_stored_is_moved_or_deleted_and_only_that(
    watch, inbox: Path, stored: Stored
) -> None:
    (inbox / "ward" / "IM1").write_bytes(ct_slice(1, 1))
    (inbox / "ward" / "bad").write_bytes(ct_slice(2, 2)[:3000])
    (inbox / "letter.txt").write_text("Dear colleague")
    watched = watch(stored=stored)
    found = look(watched) + look(watched)
    assert sorted(found) == [("IM1", "stored"), ("bad", "refused"), ("letter.txt", "skipped")]
    assert not (inbox / "ward" / "IM1").exists()
    assert (inbox / "stored" / "ward" / "IM1").exists() == (stored is Stored.MOVE)
    assert (inbox / "ward" / "bad").exists()
    assert (inbox / "letter.txt").exists()
    assert look(watched) == []


def killed(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def overwritten(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, bytes], None]:
    """Lets a machine write its next image under a name whose file has just been taken in, before it is settled."""
    import backend.cli.watched_folder as module

    def arrange(path: Path, octets: bytes) -> None:
        def then_written(*given: object) -> Iterator[IngestOutcome]:
            yield from import_paths(*given)
            path.write_bytes(octets)
            monkeypatch.setattr(module, "import_paths", import_paths)

        monkeypatch.setattr(module, "import_paths", then_written)

    return arrange


@pytest.mark.parametrize("stored", [Stored.MOVE, Stored.DELETE])
def test_what_came_under_the_name_of_a_stored_file_is_taken_in_and_not_lost(
    watch, overwritten, inbox: Path, stored: Stored
) -> None:
    file = inbox / "ward" / "IM1"
    file.write_bytes(ct_slice(1, 1))
    watched = watch(stored=stored)
    look(watched)
    overwritten(file, ct_slice(2, 2))
    assert look(watched) == [("IM1", "stored")]
    assert file.read_bytes() == ct_slice(2, 2)
    assert look(watched) + look(watched) == [("IM1", "stored")]
    assert list((inbox / "ward").iterdir()) == []


def test_what_came_under_the_name_of_a_refused_file_is_not_moved_aside(
    watch, overwritten, clock: Clock, inbox: Path
) -> None:
    file = inbox / "IM1"
    file.write_bytes(ct_slice(1, 1)[:3000])
    watched = watch(moves_refused=True)
    look(watched)
    overwritten(file, ct_slice(2, 2))
    assert look(watched) == []
    clock.seconds = 61
    assert look(watched) == []
    assert watched.is_growing
    assert look(watched) == [("IM1", "stored")]
    assert file.exists()


def test_half_a_file_whose_writer_stalls_is_left_in_its_place_and_stored_once_it_is_whole(
    watch, clock: Clock, inbox: Path
) -> None:
    whole = ct_slice(1, 1)
    file = inbox / "IM1"
    watched = watch(moves_refused=True)
    for length in (0, 3000, 6000):  # it stalls three times, each for less than a minute
        file.write_bytes(whole[:length])
        for _ in range(3):
            assert look(watched) == []
            assert watched.is_growing
        clock.seconds += 59
        assert look(watched) == []
    file.write_bytes(whole)
    assert look(watched) + look(watched) == [("IM1", "stored")]
    assert not watched.is_growing
    assert not (inbox / "refused").exists()


def test_a_file_that_changes_while_it_is_read_is_neither_stored_nor_refused_but_read_again(
    watch, hospital: Hospital, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = inbox / "IM1"
    file.write_bytes(ct_slice(1, 1))
    watched = watch(stored=Stored.DELETE, moves_refused=True)
    look(watched)
    receive = hospital.importer.receive

    def cut_after_the_first_block(caller: Caller, name: str, blocks: Iterator[bytes]) -> object:
        def passed_on() -> Iterator[bytes]:
            yield next(blocks)
            os.truncate(file, 3000)
            yield from blocks

        return receive(caller, name, passed_on())

    with monkeypatch.context() as patch:
        patch.setattr(hospital.importer, "receive", cut_after_the_first_block)
        assert look(watched) == []
    assert "changed while" in watched.trouble
    assert watched.is_growing
    file.write_bytes(ct_slice(1, 1))
    assert look(watched) + look(watched) == [("IM1", "stored")]


def test_a_file_that_was_in_hand_when_the_program_was_killed_is_put_back(
    watch, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = inbox / "ward" / "IM1"
    file.write_bytes(ct_slice(1, 1))
    watched = watch(stored=Stored.DELETE)
    look(watched)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            look(watched)
    assert not file.exists()
    file.write_bytes(ct_slice(2, 2))  # meanwhile under the same name
    again = watch()
    found = [outcome for _ in range(3) for outcome in look(again)]
    assert sorted(found) == [("IM1", "stored"), ("IM1 (2)", "duplicate")]


def test_what_is_refused_is_moved_aside_with_the_reason_and_nothing_is_overwritten(
    watch, clock: Clock, inbox: Path
) -> None:
    watched = watch(moves_refused=True)
    for _ in range(2):
        (inbox / "ward" / "bad").write_bytes(ct_slice(2, 2)[:3000])
        assert look(watched) + look(watched) == []
        clock.seconds += 60
        assert look(watched) == [("bad", "refused")]
        assert not watched.is_growing
    aside = inbox / "refused" / "ward"
    assert sorted(path.name for path in aside.iterdir()) == [
        "bad",
        "bad (2)",
        "bad (2).why.txt",
        "bad.why.txt",
    ]
    assert (aside / "bad.why.txt").read_text().startswith("bad: refused: ")
    assert look(watched) + look(watched) == []


def test_an_archive_is_settled_as_one(watch, clock: Clock, inbox: Path) -> None:
    with zipfile.ZipFile(inbox / "all.zip", "w") as archive:
        archive.writestr("a/1", ct_slice(1, 1))
        archive.writestr("a/2", ct_slice(2, 2)[:3000])
    watched = watch(stored=Stored.DELETE, moves_refused=True)
    assert look(watched) + look(watched) == [("1", "stored")]
    clock.seconds = 60
    assert look(watched) == [("2", "refused")]
    assert (inbox / "refused" / "all.zip").exists()
    assert (inbox / "refused" / "all.zip.why.txt").read_text().startswith("a/2: refused: ")


def test_files_whose_names_are_not_utf_8_are_settled_each_for_itself(
    watch, clock: Clock, inbox: Path
) -> None:
    (inbox / "M\udcfcller").write_bytes(ct_slice(1, 1))
    (inbox / "M\udce4ller").write_bytes(ct_slice(2, 2)[:3000])
    watched = watch(stored=Stored.DELETE, moves_refused=True)
    found = [outcome for _ in range(3) for outcome in look(watched)]
    clock.seconds = 60
    found += look(watched)
    assert sorted(found) == [("M?ller", "refused"), ("M?ller", "stored")]
    assert [path.name for path in inbox.iterdir() if path.is_file()] == []
    aside = inbox / "refused" / "M\udce4ller"
    assert aside.exists()
    assert aside.with_name(f"{aside.name}.why.txt").read_text().startswith("M?ller: refused: ")


def test_links_hidden_and_unfinished_files_are_left_alone(
    watch, inbox: Path, tmp_path: Path
) -> None:
    octets = ct_slice(1, 1)
    (tmp_path / "elsewhere").write_bytes(octets)
    (inbox / "link").symlink_to(tmp_path / "elsewhere")
    for name in (".hidden", "IM1.part", "IM2.TMP"):
        (inbox / name).write_bytes(octets)
    watched = watch()
    assert look(watched) + look(watched) == []


def test_a_folder_that_cannot_be_reached_is_told_once_and_looked_for_again(
    watch, inbox: Path
) -> None:
    watched = watch()
    inbox.rename(inbox.with_name("away"))
    assert look(watched) == []
    assert "cannot be reached" in watched.trouble
    inbox.with_name("away").rename(inbox)
    (inbox / "IM1").write_bytes(ct_slice(1, 1))
    assert look(watched) + look(watched) == [("IM1", "stored")]
    assert watched.trouble == ""


def test_a_folder_in_it_that_cannot_be_read_is_told_and_the_rest_is_taken_in(
    watch, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "IM1").write_bytes(ct_slice(1, 1))
    scan = os.scandir

    def scanned(path: str):
        if Path(path).name == "ward":
            raise OSError(5, "Input/output error", str(path))
        return scan(path)

    watched = watch()
    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scanned)
        assert look(watched) + look(watched) == [("IM1", "stored")]
    assert (
        watched.trouble
        == f"{inbox / 'ward'} cannot be read: Input/output error. It is looked for again."
    )
    assert look(watched) == []
    assert watched.trouble == ""


def test_a_full_disk_refuses_nothing_for_good(
    watch, hospital: Hospital, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        (inbox / f"IM{number}").write_bytes(ct_slice(number, number))
    watched = watch(moves_refused=True, stored=Stored.DELETE)
    look(watched)

    def full(*_: object) -> None:
        raise StorageFull

    for step in ("commit_many", "stage"):
        with monkeypatch.context() as patch:
            patch.setattr(hospital.services.object_store, step, full)
            assert look(watched) == []
        assert watched.trouble == StorageFull.default_sentence
    assert look(watched) == [("IM1", "stored"), ("IM2", "stored")]


def test_it_stops_between_lots_when_told(
    watch, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import backend.cli.watched_folder as module

    monkeypatch.setattr(module, "_FILES_AT_ONCE", 1)
    for number in range(3):
        (inbox / f"IM{number}").write_bytes(ct_slice(number, number + 1))
    watched = watch()
    look(watched)
    stop = Event()
    found: list[IngestOutcome] = []
    for outcome in watched.look(stop):
        found.append(outcome)
        stop.set()
    assert len(found) == 1


def test_the_command_takes_in_what_is_there_and_ends_cleanly_when_told(
    hospital: Hospital, inbox: Path, tmp_path: Path
) -> None:
    (inbox / "IM1").write_bytes(ct_slice(1, 1))
    words = [sys.executable, "-m", "backend.cli.main", "watch", str(inbox), "--json"]
    process = subprocess.Popen(
        [*words, "--data-dir", str(tmp_path / "data"), "--every", "0.05"],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["kind"] == "stored"
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(30) == 0
    counts = json.loads(process.stdout.read())
    process.stdout.close()
    assert (counts["stored"], counts["refused"]) == (1, 0)
