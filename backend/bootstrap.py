"""Where the program is put together: adapters and services, once per process, on the ground that `bootstrap_ground` lays. Nothing is decided here.

Every other room is handed what it needs. To add a service: a field of `Services`, a line in `_build`; one that is about people
and what they may do has both in `bootstrap_people`.
"""

import importlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from backend import bootstrap_people
from backend.access.checkpoints import Signer
from backend.access.witness import WitnessedDatabase
from backend.adapters.attacher_process import AttacherProcess
from backend.adapters.checkpoint_folder import FOLDER_NAME, CheckpointFolder
from backend.adapters.confined_template import PARSER_TEMPLATE, template_of
from backend.adapters.copyist_process import CopyistProcess
from backend.adapters.frame_cache_memory import MemoryFrameCache
from backend.adapters.object_store_local import LocalObjectStore
from backend.adapters.parser_process import ParserLimits, ParserPool
from backend.adapters.tag_lister_process import TagListerProcess
from backend.adapters.typesetter_typst import TypstTypesetter
from backend.bootstrap_ground import close_all
from backend.bootstrap_people import PeopleServices, letters_of_people
from backend.ports.keyring import KeyPurpose, Keyring
from backend.ports.mailer import Mailer
from backend.ports.object_store import ObjectStore
from backend.services import alarm_letters
from backend.services.alerts import Alerts
from backend.services.attaching import Attaching
from backend.services.audit_checkpoints import AuditCheckpoints
from backend.services.audit_export import AuditExports
from backend.services.audit_forwarding import AuditForwarding
from backend.services.audit_jobs import audit_kinds
from backend.services.audit_questions import AuditQuestions
from backend.services.audit_trail import AuditTrail
from backend.services.banners import Banners
from backend.services.conflict_contents import ConflictContents
from backend.services.conflicts import Conflicts
from backend.services.deletion import Deletions
from backend.services.documents import Documents
from backend.services.erasures import Erasures
from backend.services.instance_tags import InstanceTags
from backend.services.integrity import Integrity
from backend.services.jobs import Jobs
from backend.services.letters import Letters
from backend.services.object_checks import ObjectChecks
from backend.services.partial_uploads import PartialUploads
from backend.services.reading_anew import ReadingAnew
from backend.services.reading_copies import ReadingCopies
from backend.services.reporting import Reporting
from backend.services.saved_views import SavedViews
from backend.services.searches import Searches
from backend.services.served_images import ServedImages
from backend.services.storage import Storage
from backend.services.studies import Studies
from backend.services.study_page import StudyPages
from backend.services.upkeep import ending_kind, joining_kind, reading_anew_kind, upkeep_kinds
from backend.services.upload_taking import UploadTaking
from backend.services.videos import Videos
from backend.services.viewing import Viewing
from backend.services.watched_objects import WatchedObjects
from backend.services.worklist import Worklist
from backend.services.worklist_acts import WorklistActs
from backend.services.worklist_export import WorklistExports
from backend.services.worklist_rolls import Rolls
from backend.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services(PeopleServices):
    """Everything that doors (pages, routes, commands) may call."""

    object_store: ObjectStore
    jobs: Jobs
    integrity: Integrity
    alerts: Alerts
    banners: Banners
    letters: Letters
    audit_trail: AuditTrail
    audit_checkpoints: AuditCheckpoints
    audit_exports: AuditExports
    studies: Studies
    conflicts: Conflicts
    conflict_contents: ConflictContents
    erasures: Erasures
    partial_uploads: PartialUploads
    upload_taking: UploadTaking
    attaching: Attaching
    reading_copies: ReadingCopies
    storage: Storage
    worklist: Worklist
    worklist_acts: WorklistActs
    worklist_exports: WorklistExports
    study_pages: StudyPages
    instance_tags: InstanceTags
    saved_views: SavedViews
    deletions: Deletions
    viewing: Viewing
    served_images: ServedImages
    videos: Videos
    reporting: Reporting
    documents: Documents


# Each takes some memory of its own, and what they have parsed is recorded one after the other.
_MOST_PARSERS = 8
# Sound objects are checked in nobody's way, and are not called damaged because the machine had no time for them.
_OF_CHECKS = ParserLimits(niceness=19, wall_seconds=1200.0)

_lock = threading.RLock()
_services: Services | None = None


def services() -> Services:
    """The services of this process, built at the first call. Safe to call from any thread.

    Raises:
        CannotStart: If settings, keys or database do not allow a start.
    """
    global _services  # noqa: PLW0603 - built once per process
    built = _services
    if built is None:
        with _lock:
            built = _services
            if built is None:
                try:
                    built = _services = _upon(bootstrap_people.people())
                except BaseException:
                    bootstrap_people.use(None)  # the ground is closed again
                    raise
    return built


def use(replacement: Services | None) -> None:
    """Let `services()` answer `replacement`; for tests. None lets the next call build anew."""
    global _services  # noqa: PLW0603 - built once per process
    with _lock:
        _services = replacement
        bootstrap_people.use(replacement)


def shut_down() -> None:
    """Close what was built, in reverse order. Does nothing if nothing was built."""
    global _services
    with _lock:
        people = bootstrap_people.use(None)
        built, _services = _services or people, None
    if built is not None:
        close(built)


def close(built: PeopleServices) -> None:
    """Close what `build` opened."""
    close_all(built.closing)


def build(settings: Settings) -> Services:
    """Put the services together.

    Raises:
        CannotStart: If settings, keys or database do not allow a start.
    """
    return _upon(bootstrap_people.build(settings))


def _upon(people: PeopleServices) -> Services:
    """Put the rest upon the ground and the people; if that fails, close them too."""
    closing = list(people.closing)
    try:
        return _build(people, closing)
    except BaseException:
        close_all(closing)
        raise


def _build(people: PeopleServices, closing: list[Callable[[], None]]) -> Services:
    settings, keyring, witnessed, seal = (
        people.settings,
        people.keyring,
        people.database,
        people.seal,
    )
    font_dir = Path(settings.font_dir) if settings.font_dir else None
    object_store = LocalObjectStore(settings.data_dir)
    closing.append(object_store.close)
    audit_checkpoints = AuditCheckpoints(
        witnessed, seal, _checkpoint_folder(settings), _signer(keyring)
    )
    frame_cache = MemoryFrameCache(settings.frame_cache_megabytes * 1024 * 1024)
    jobs = Jobs(witnessed)
    check_parsers = ParserPool(limits=_OF_CHECKS)
    closing.append(check_parsers.close)
    integrity = Integrity(
        witnessed,
        object_store,
        ObjectChecks(object_store, keyring, check_parsers.parse),
        jobs,
        sample_bytes=settings.check_megabytes_per_hour * 1024 * 1024,
        is_busy=lambda: viewing.is_busy,
        when_changed=lambda study_key, uid: _forget(viewing, videos, study_key, uid),
        when_copy_dropped=lambda study_key, uid: _renew(viewing, reading_copies, study_key, uid),
    )
    watched_objects = WatchedObjects(object_store, integrity.suspect)
    viewing = Viewing(witnessed, watched_objects, keyring, frame_cache)
    videos = Videos(witnessed, watched_objects, keyring, viewing.verdicts)
    tag_lister = TagListerProcess()
    instance_tags = InstanceTags(witnessed, watched_objects, keyring, tag_lister, viewing.verdicts)
    forget_study = partial(_forget_study, viewing, videos, instance_tags)
    served_images = ServedImages(witnessed)
    people.sessions.on_end(viewing.forget_session)
    people.sessions.on_end(served_images.session_ended)
    reading_copies = ReadingCopies(
        witnessed,
        object_store,
        keyring,
        CopyistProcess(),
        limit_bytes=settings.reading_copies_gigabytes * 1024**3,
        is_busy=lambda: viewing.is_busy,
        when_made=viewing.copy_made,
    )
    closing.append(reading_copies.stop)
    viewing.when_opened(reading_copies.hurry)
    reading_anew = ReadingAnew(
        witnessed,
        watched_objects,
        keyring,
        check_parsers.parse,
        is_busy=lambda: viewing.is_busy,
        suspect=integrity.suspect,
        when_changed=lambda study_key, uid: _forget(viewing, videos, study_key, uid),
        when_copies_dropped=reading_copies.look_through,
    )
    jobs.register(reading_anew_kind(reading_anew))
    parser_processes = settings.parser_processes or _parsers_at_most()
    parsers = ParserPool(
        parser_processes,
        ParserLimits(copies=settings.reading_copies_gigabytes > 0),
        template_of(PARSER_TEMPLATE),
    )
    closing.append(parsers.close)
    studies = Studies(
        witnessed,
        object_store,
        keyring,
        parsers.parse,
        parsers=parser_processes,
        upload_limit_bytes=settings.upload_limit_megabytes * 1024 * 1024,
        makes_copies=reading_copies.have_room,
        when_stored=reading_copies.look,
        when_healed=lambda study_key, uid: _forget(viewing, videos, study_key, uid),
        is_busy=lambda: viewing.is_busy,
        expect_files=parsers.expect_files,
    )
    closing.append(studies.close)
    attaching = Attaching(witnessed, object_store, keyring, studies, AttacherProcess())
    upload_taking = UploadTaking(witnessed, object_store, keyring, studies, attaching)
    closing.append(upload_taking.close)
    storage = Storage(
        witnessed,
        object_store,
        warning_percent=settings.storage_warning_percent,
        warning_days=settings.storage_warning_days,
    )
    partial_uploads = PartialUploads(
        witnessed,
        object_store,
        keyring,
        limit_bytes=settings.partial_uploads_gigabytes * 1024**3,
    )
    audit_questions = AuditQuestions(keyring.derive("audit-patient"))
    forwarding = _audit_forwarding(settings, witnessed)
    jobs.register(*audit_kinds(audit_checkpoints, forwarding, settings.audit_years))
    rolls = Rolls(witnessed)
    closing.append(rolls.close)
    worklist = Worklist(witnessed, keyring, rolls)
    letters = Letters(witnessed, _mailer(settings), settings.public_url)
    alarm_letters.register(letters)
    letters_of_people(letters)
    jobs.register(joining_kind(people.joining))
    jobs.register(*upkeep_kinds(jobs, studies, partial_uploads, storage, integrity, letters, rolls))
    alerts = Alerts(witnessed, storage)
    jobs.register(ending_kind(people.emergencies, people.support, people.sessions))
    return Services(
        **{**people.by_name(), "closing": tuple(closing)},
        object_store=object_store,
        jobs=jobs,
        integrity=integrity,
        alerts=alerts,
        banners=Banners(witnessed, alerts.standing),
        letters=letters,
        audit_trail=AuditTrail(
            witnessed, seal, audit_checkpoints, audit_questions, Searches(witnessed, keyring)
        ),
        audit_checkpoints=audit_checkpoints,
        audit_exports=AuditExports(witnessed, audit_questions),
        studies=studies,
        partial_uploads=partial_uploads,
        conflicts=Conflicts(witnessed, object_store, keyring, forget_study=forget_study),
        conflict_contents=ConflictContents(witnessed, watched_objects, keyring, tag_lister),
        erasures=Erasures(witnessed, object_store),
        upload_taking=upload_taking,
        attaching=attaching,
        reading_copies=reading_copies,
        storage=storage,
        worklist=worklist,
        worklist_acts=WorklistActs(witnessed),
        worklist_exports=WorklistExports(witnessed),
        study_pages=StudyPages(witnessed, viewing.verdicts),
        instance_tags=instance_tags,
        saved_views=SavedViews(witnessed, worklist),
        deletions=Deletions(witnessed, object_store, forget_study),
        viewing=viewing,
        served_images=served_images,
        videos=videos,
        reporting=Reporting(witnessed, people.proving.check),
        documents=Documents(witnessed, TypstTypesetter(font_dir)),
    )


def _checkpoint_folder(settings: Settings) -> CheckpointFolder:
    copies = settings.audit_checkpoint_dir
    return CheckpointFolder(settings.data_dir / FOLDER_NAME, Path(copies) if copies else None)


def _audit_forwarding(settings: Settings, witnessed: WitnessedDatabase) -> AuditForwarding:
    url = settings.syslog_url
    if not url:
        return AuditForwarding(witnessed, "", lambda _messages: None)
    # Few installations have a collector; the others do not wait for the library.
    syslog_tls = importlib.import_module("backend.adapters.syslog_tls")
    return AuditForwarding(witnessed, url, syslog_tls.SyslogCollector(url).send)


def _signer(keyring: Keyring) -> Signer:
    """The signer of this installation's audit trail, which is named after its key."""
    seed = keyring.derive(KeyPurpose.AUDIT_CHECKPOINTS)
    return Signer(seed, f"pacscribe-audit/{keyring.fingerprint}")


def _mailer(settings: Settings) -> Mailer | None:
    if not settings.smtp_url:
        return None
    # Only who sends mail waits for what writes it.
    from backend.adapters.mailer_smtp import SmtpMailer

    return SmtpMailer(settings.smtp_url, settings.mail_from)


def _parsers_at_most() -> int:
    """One for each processor, but two at least, so that no file waits behind a huge one."""
    return max(2, min(os.cpu_count() or 1, _MOST_PARSERS))


def _forget(viewing: Viewing, videos: Videos, study_key: str, sop_instance_uid: str) -> None:
    viewing.forget_instance(study_key, sop_instance_uid)
    videos.forget(study_key, sop_instance_uid)


def _forget_study(
    viewing: Viewing,
    videos: Videos,
    instance_tags: InstanceTags,
    study_instance_uid: str,
    study_key: str,
) -> None:
    viewing.forget_study(study_instance_uid, study_key)
    videos.forget_study(study_key)
    instance_tags.forget()


def _renew(
    viewing: Viewing, reading_copies: ReadingCopies, study_key: str, sop_instance_uid: str
) -> None:
    viewing.forget_instance(study_key, sop_instance_uid)
    reading_copies.look_through()


def begin_serving(built: Services) -> None:
    """Start what works beside the requests."""
    built.reading_copies.start()
    built.served_images.start()
    built.ended_elsewhere.start()
    built.studies.start()


def go_on(built: Services) -> None:
    """Go on with uploads that had arrived when the program ended; nobody who signs in waits for that."""
    built.partial_uploads.sweep()  # what is too old to go on with
    built.upload_taking.resume()


def end_serving(built: Services) -> None:
    """Record an orderly stop, and sign the trail that ends with it; `shut_down` closes the rest."""
    built.ended_elsewhere.stop()
    built.served_images.stop()
    built.studies.sum_up()
    built.audit_trail.record_stop()
    built.audit_checkpoints.sign_at_stop()
