"""The queue of jobs: each is done, by one worker at a time, whatever is killed meanwhile; failures are tried again and told."""

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from backend.adapters.database import Database
from backend.core import clock
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller
from backend.core.errors import NotAllowed, NotFound, Refusal
from backend.core.vocabulary import AuditAction, JobStatus
from backend.models import Organization
from backend.models.audit import AuditEntry
from backend.schemas.jobs import JobRow
from backend.services import jobs as module
from backend.services.jobs import LEASE_SECONDS, JobKind, JobRun, Jobs, JobStopped
from backend.worker import Worker
from tests.installation import Installation, install

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    """On the embedded database; on both, one after the other, for tests that ask for `database_kind`."""
    is_each = "database_kind" in request.fixturenames
    database: Database = request.getfixturevalue("database" if is_each else "sqlcipher_database")
    return install(database, tmp_path)


@pytest.fixture
def queue(house: Installation) -> Jobs:
    return Jobs(house.database)


@pytest.fixture
def manager(house: Installation) -> Caller:
    return house.caller("administrator@east.example")


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def add(house: Installation, queue: Jobs, kind: str, organization: str = "", **options) -> None:
    with house.database.system_write() as session:
        queue.add(session, kind, {"object": "7"}, organization or house.east, **options)


def only(queue: Jobs, caller: Caller) -> JobRow:
    (row,) = queue.page(caller)
    return row


def fails(_run: JobRun) -> str:
    raise Refusal("The disk is away.")


# ---------------------------------------------------------------- what is done, and what comes of it


def test_a_job_is_done_once_and_says_what_came_of_it(house, queue, database_kind, manager):
    seen = []

    def work(run: JobRun) -> str:
        seen.append((run.organization_id, run.payload["object"]))
        return "Seven objects were looked at."

    queue.register(JobKind("look", work))
    add(house, queue, "look")
    assert only(queue, manager).status is JobStatus.WAITING
    assert queue.run_next()
    assert not queue.run_next()
    assert seen == [(house.east, "7")]
    row = only(queue, manager)
    assert (row.status, row.result, row.error) == (
        JobStatus.DONE,
        "Seven objects were looked at.",
        "",
    )


def test_a_job_is_added_with_the_change_that_asks_for_it_or_not_at_all(house, queue, manager):
    told = []
    queue.register(JobKind("look", lambda _run: ""))
    queue.when_added(lambda: told.append(True))
    # A kind that does not exist undoes what was added before it.
    with pytest.raises(ValueError, match="no kind"), house.database.system_write() as session:
        [queue.add(session, kind, {}, house.east) for kind in ("look", "leap")]
    assert (queue.page(manager), told) == ((), [])
    add(house, queue, "look")
    assert (len(queue.page(manager)), told) == (1, [True])


def test_what_was_asked_for_twice_is_done_once(house, queue, database_kind, manager):
    queue.register(JobKind("look", lambda _run: ""))
    add(house, queue, "look", single_key="look 7")
    add(house, queue, "look", single_key="look 7")
    assert len(queue.page(manager)) == 1
    assert queue.run_next()
    add(house, queue, "look", single_key="look 7")
    assert [row.status for row in queue.page(manager)] == [JobStatus.WAITING, JobStatus.DONE]


def test_a_failure_is_tried_again_after_longer_and_longer_pauses(house, queue, manager):
    queue.register(JobKind("look", fails, most_attempts=4))
    add(house, queue, "look")
    for seconds in (0, 5, 25, 105):
        with clock.frozen(NOW + timedelta(seconds=seconds - 1)):
            assert not queue.run_next()
        with clock.frozen(NOW + timedelta(seconds=seconds)):
            assert queue.run_next()
    row = only(queue, manager)
    assert row.status is JobStatus.FAILED
    assert (row.attempts, row.error) == (4, "The disk is away.")


def test_pauses_end_at_an_hour():
    assert module._pause(1) == timedelta(seconds=5)
    assert module._pause(40) == HOUR


def test_an_unexpected_error_is_told_without_its_words(house, queue, manager, caplog):
    def work(_run: JobRun) -> str:
        raise ValueError("Doe^Jane")

    queue.register(JobKind("look", work, most_attempts=1))
    add(house, queue, "look")
    queue.run_next()
    row = only(queue, manager)
    assert row.status is JobStatus.FAILED
    assert row.error.endswith("it is in the server's log.")
    assert "ValueError" in caplog.text
    assert "Jane" not in caplog.text + row.error


def test_progress_is_seen_while_it_runs(house, queue, manager):
    seen = []

    def work(run: JobRun) -> str:
        run.progress(3, 10)
        seen.append(only(queue, manager))
        return ""

    queue.register(JobKind("look", work))
    add(house, queue, "look")
    queue.run_next()
    assert (seen[0].status, seen[0].progress_done, seen[0].progress_total) == (
        JobStatus.RUNNING,
        3,
        10,
    )


# ---------------------------------------------------------------- workers that die, or lose a job


def test_a_job_whose_worker_died_is_taken_up_when_its_lease_runs_out(
    house, queue, database_kind, manager
):
    done = []
    queue.register(JobKind("look", lambda _run: str(done.append(True))))
    add(house, queue, "look")
    assert queue._claim() is not None  # the worker that has it is heard of no more
    assert not queue.run_next()
    with clock.frozen(NOW + timedelta(seconds=LEASE_SECONDS)):
        assert queue.run_next()
    assert (done, only(queue, manager).attempts) == ([True], 2)


def test_a_job_that_kills_its_worker_each_time_fails_in_the_end(house, queue, manager):
    queue.register(JobKind("look", lambda _run: "", most_attempts=3))
    add(house, queue, "look")
    moment = NOW
    for _ in range(3):
        with clock.frozen(moment):
            assert queue._claim() is not None
        moment += timedelta(seconds=LEASE_SECONDS)
    with clock.frozen(moment):
        assert not queue.run_next()
    row = only(queue, manager)
    assert row.status is JobStatus.FAILED
    assert row.error.startswith("The program was stopped or killed")


def test_whoever_lost_the_lease_writes_nothing(house, queue, database_kind, manager):
    other = Jobs(house.database)
    stopped = []

    def slow(run: JobRun) -> str:
        with clock.frozen(NOW + timedelta(seconds=LEASE_SECONDS)):
            assert other.run_next()
        try:
            run.progress(1, 2)
        except JobStopped:
            stopped.append(True)
        return "Too late."

    queue.register(JobKind("look", slow))
    other.register(JobKind("look", lambda _run: "Done by the other."))
    add(house, queue, "look")
    queue.run_next()
    row = only(queue, manager)
    assert (row.status, row.result) == (JobStatus.DONE, "Done by the other.")
    assert stopped == [True]


def test_a_long_step_keeps_its_lease(house, queue, monkeypatch):
    monkeypatch.setattr(module, "_HEARTBEAT_SECONDS", 0.01)
    other = Jobs(house.database)
    extended = threading.Event()
    extend = module.queries.extend_lease

    def extend_and_tell(*arguments: object) -> bool:
        held = extend(*arguments)
        extended.set()
        return held

    monkeypatch.setattr(module.queries, "extend_lease", extend_and_tell)

    def slow(_run: JobRun) -> str:
        with clock.frozen(NOW + timedelta(seconds=LEASE_SECONDS - 1)):
            extended.clear()
            assert extended.wait(30)
            # Whichever beat that was, the next one has seen the later hour.
            extended.clear()
            assert extended.wait(30)
        with clock.frozen(NOW + timedelta(seconds=LEASE_SECONDS + 1)):
            assert not other.run_next()
        return ""

    for each in (queue, other):
        each.register(JobKind("look", slow))
    add(house, queue, "look")
    assert queue.run_next()


def test_many_workers_do_each_job_once(house, queue, database_kind):
    done: Counter[str] = Counter()
    lock = threading.Lock()

    def work(run: JobRun) -> str:
        with lock:
            done[run.payload["object"]] += 1
        return ""

    queue.register(JobKind("look", work))
    with house.database.system_write() as session:
        for number in range(40):
            queue.add(session, "look", {"object": str(number)}, house.east)

    def all_of_it() -> None:
        while queue.run_next():
            pass

    threads = [threading.Thread(target=all_of_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == Counter({str(number): 1 for number in range(40)})


# ---------------------------------------------------------------- what comes again


def test_what_comes_again_has_one_row_and_waits_for_its_time(house, queue, database_kind, manager):
    results = iter(["First.", "Second."])
    queue.register(
        JobKind("sweep", lambda _run: next(results), every=HOUR),
        JobKind("greet", lambda _run: "Hello.", every=HOUR, at_start=True),
    )
    queue.schedule()
    assert [queue.run_next() for _ in range(3)] == [True, True, False]
    queue.schedule()  # as the next start does
    assert [queue.run_next() for _ in range(2)] == [True, False]
    with clock.frozen(NOW + HOUR):
        assert queue.run_next()
    rows = {row.kind: row for row in queue.page(manager)}
    assert len(rows) == len(queue.page(manager)) == 2
    assert rows["sweep"].is_of_installation


def test_a_start_does_not_ask_for_what_remembers_that_it_has_nothing_to_do_before_its_time(
    house, queue, database_kind
):
    known: list[Mapping[str, str]] = []

    def look_through(run: JobRun) -> str:
        known.append(run.payload)
        run.remember({"version": "2"})
        return "All of it."

    def of_version(version: str) -> JobKind:
        return JobKind(
            "look",
            look_through,
            every=HOUR,
            at_start=True,
            is_spared=lambda p: p == {"version": version},
        )

    queue.register(of_version("2"))
    for _ in range(2):
        queue.schedule()
        while queue.run_next():
            pass
    assert known == [{}]
    with clock.frozen(NOW + HOUR):  # its time has come
        assert queue.run_next()
    queue.register(of_version("3"))
    queue.schedule()
    assert queue.run_next()
    assert known == [{}, {"version": "2"}, {"version": "2"}]


def test_what_comes_again_comes_again_after_a_failure_too(house, queue, manager):
    queue.register(JobKind("sweep", fails, most_attempts=1, every=HOUR))
    queue.schedule()
    assert queue.run_next()
    row = only(queue, manager)
    assert (row.status, row.error) == (JobStatus.WAITING, "The disk is away.")
    assert row.run_after == "2026-03-15T13:00:00+00:00"


# ---------------------------------------------------------------- who steers, and who sees


def test_an_administrator_tries_a_failed_job_again(house, queue, manager):
    answers = iter([Refusal("The disk is away."), None])

    def work(_run: JobRun) -> str:
        trouble = next(answers)
        if trouble is not None:
            raise trouble
        return "Well."

    queue.register(JobKind("look", work, most_attempts=1))
    add(house, queue, "look")
    queue.run_next()
    assert only(queue, manager).can_be_tried
    queue.retry(manager, only(queue, manager).job_id)
    assert queue.run_next()
    row = only(queue, manager)
    assert (row.status, row.result, row.error) == (JobStatus.DONE, "Well.", "")
    assert not row.can_be_tried
    with pytest.raises(Refusal, match="nothing to try again"):
        queue.retry(manager, row.job_id)


def test_a_job_that_waits_is_cancelled_at_once(house, queue, manager):
    queue.register(JobKind("look", lambda _run: "", can_be_cancelled=True))
    add(house, queue, "look")
    queue.cancel(manager, only(queue, manager).job_id)
    assert only(queue, manager).status is JobStatus.CANCELLED
    assert not queue.run_next()


def test_a_job_that_runs_is_cancelled_at_its_next_step(house, queue, database_kind, manager):
    def work(run: JobRun) -> str:
        queue.cancel(manager, only(queue, manager).job_id)
        run.progress(1, 2)
        return "Never said."

    queue.register(JobKind("look", work, can_be_cancelled=True))
    add(house, queue, "look")
    queue.run_next()
    row = only(queue, manager)
    assert (row.status, row.result) == (JobStatus.CANCELLED, "")


def test_what_must_not_stop_half_way_is_not_cancelled(house, queue, manager):
    queue.register(JobKind("look", lambda _run: ""))
    add(house, queue, "look")
    with pytest.raises(Refusal, match="cannot be cancelled"):
        queue.cancel(manager, only(queue, manager).job_id)


def test_a_job_goes_on_after_the_program_was_stopped_in_order(house, queue, manager):
    is_stopping = threading.Event()

    def work(run: JobRun) -> str:
        run.progress(1, 2)
        is_stopping.set()
        run.progress(2, 2)
        return "Never said."

    queue.register(JobKind("look", work))
    add(house, queue, "look")
    queue.run_next(is_stopping.is_set)
    row = only(queue, manager)
    assert (row.status, row.attempts) == (JobStatus.WAITING, 0)


def test_who_steers_a_job_is_in_the_audit_trail(house, queue, manager):
    queue.register(JobKind("look", fails, most_attempts=1, can_be_cancelled=True))
    add(house, queue, "look")
    job_id = only(queue, manager).job_id
    queue.cancel(manager, job_id)
    queue.retry(manager, job_id)
    with house.database.read(house.east) as session:
        statement = select(AuditEntry).where(AuditEntry.object_type == "job")
        entries = session.exec(statement.order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.actor_user_id, entry.object_id) for entry in entries] == [
        (AuditAction.JOB_CANCELLED, manager.user_id, job_id),
        (AuditAction.JOB_RETRIED, manager.user_id, job_id),
    ]
    assert [json.loads(entry.details) for entry in entries] == [{"kind": "look"}] * 2


def test_one_organization_does_not_cancel_what_is_done_for_all(house, queue, manager):
    queue.register(JobKind("look", lambda _run: "", can_be_cancelled=True))
    add(house, queue, "look", SYSTEM_ORGANIZATION_ID)
    row = only(queue, manager)
    assert not row.can_be_cancelled
    with pytest.raises(Refusal, match="other organizations"):
        queue.cancel(manager, row.job_id)
    assert only(queue, manager).status is JobStatus.WAITING


def test_jobs_of_another_organization_do_not_exist(house, queue, manager):
    queue.register(JobKind("look", fails, most_attempts=1, can_be_cancelled=True))
    add(house, queue, "look", house.west)
    (theirs,) = queue.page(house.caller("administrator@west.example"))
    assert queue.page(manager) == ()
    for act in (queue.retry, queue.cancel):
        with pytest.raises(NotFound):
            act(manager, theirs.job_id)


@pytest.mark.parametrize("role", ["radiologist", "technologist", "clinician"])
def test_only_administrators_see_and_steer_jobs(house, queue, role):
    somebody = house.caller(f"{role}@east.example")
    with pytest.raises(NotAllowed):
        queue.page(somebody)
    for act in (queue.retry, queue.cancel):
        with pytest.raises(NotAllowed):
            act(somebody, "any")


# ---------------------------------------------------------------- the worker, and what it leaves behind


def test_old_jobs_go_and_those_that_come_again_stay(house, queue, database_kind, manager):
    queue.register(JobKind("look", lambda _run: ""), JobKind("sweep", lambda _run: "", every=HOUR))
    queue.schedule()
    add(house, queue, "look")
    add(house, queue, "look", house.west)
    while queue.run_next():
        pass
    with clock.frozen(NOW + timedelta(days=30)):
        assert queue.prune() == 0
    with clock.frozen(NOW + timedelta(days=30, seconds=1)):
        assert queue.prune() == 2
    assert [row.kind for row in queue.page(manager)] == ["sweep"]


def test_an_unknown_kind_is_a_fault_and_is_never_run(house, queue, manager):
    with pytest.raises(ValueError, match="no kind"):
        add(house, queue, "look")
    other = Jobs(house.database)
    other.register(JobKind("look", lambda _run: ""))
    add(house, other, "look")
    assert not queue.run_next()
    assert not only(queue, manager).can_be_tried


def test_the_worker_runs_what_is_added_and_ends_when_told(house, queue):
    ran = threading.Event()
    queue.register(JobKind("look", lambda _run: str(ran.set())))
    worker = Worker(queue)
    worker.start()
    add(house, queue, "look")
    assert ran.wait(30)
    worker.stop()
    assert not any(thread.name == "jobs" for thread in threading.enumerate())


PROGRAM = """
import sys, time
from pathlib import Path
from backend.adapters.database import Database, embedded_url
from backend.services.jobs import JobKind, Jobs

queue = Jobs(Database(embedded_url(Path(sys.argv[1])), bytes(range(32))))

def work(run):
    run.progress(1, 3)
    print("begun", flush=True)
    time.sleep(600)

queue.register(JobKind("look", work))
queue.run_next()
"""


def test_a_job_of_a_killed_process_is_done_by_the_next(tmp_path: Path, sqlcipher_database):
    with sqlcipher_database.system_write() as session:
        session.add(Organization(id=SYSTEM_ORGANIZATION_ID, slug="system", name="PACScribe"))
    queue = Jobs(sqlcipher_database)
    queue.register(JobKind("look", lambda _run: "Done after all."))
    with sqlcipher_database.system_write() as session:
        queue.add(session, "look", {}, SYSTEM_ORGANIZATION_ID)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.kill()
    killed_at = datetime.now(UTC)  # the other process's clock is not held
    with clock.frozen(killed_at):
        assert not queue.run_next()
    with clock.frozen(killed_at + timedelta(seconds=LEASE_SECONDS)):
        assert queue.run_next()
        assert not queue.run_next()
    with sqlcipher_database.system_read() as session:
        (job,) = module.queries.newest_jobs(session, [SYSTEM_ORGANIZATION_ID], 10)
        assert (job.status, job.result, job.attempts) == ("done", "Done after all.", 2)
