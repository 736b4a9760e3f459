"""`pacscribe import --attach-to STUDY_UID`: attaches documents, pictures and videos to a study, from the command line.

The study is named by its UID and the patient by the ID: both must agree with what is stored.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from backend.bootstrap import Services
from backend.core.caller import Caller
from backend.core.errors import FileRefused, PatientNotConfirmed, StorageFull
from backend.core.permissions import Permission
from backend.core.vocabulary import IngestOutcomeKind
from backend.schemas.attaching import (
    AttachmentAnswers,
    AttachmentOrigin,
    AttachmentRequest,
    BurnedIn,
)
from backend.schemas.studies import IngestOutcome

_BLOCK_BYTES = 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of attaching."""
    attaching = parser.add_argument_group(
        "attaching", "PDF, JPEG, PNG and MP4 files become a new series each of one study."
    )
    attaching.add_argument("--attach-to", default="", metavar="STUDY_UID", help="the study")
    attaching.add_argument(
        "--patient-id", default="", metavar="ID", help="its patient, to be sure that it is the one"
    )
    attaching.add_argument("--title", default="", help="title of the document")
    attaching.add_argument(
        "--origin",
        choices=[each.value for each in AttachmentOrigin],
        default=AttachmentOrigin.SCAN.value,
        help="what it is (scan)",
    )
    attaching.add_argument(
        "--burned-in",
        choices=[each.value for each in BurnedIn],
        default=BurnedIn.UNKNOWN.value,
        help="whether the patient can be read in it (unknown)",
    )


def attach_files(
    services: Services, importer: Caller, options: argparse.Namespace
) -> Iterator[IngestOutcome]:
    """Attach every file that is named; one outcome for each, until the storage is full.

    Raises:
        NotFound: If there is no such study.
        PatientNotConfirmed: If it is another patient's.
    """
    sees = {Permission.STUDY_VIEW, Permission.STUDY_ALL}
    caller = replace(importer, permissions=importer.permissions | sees)
    uid = options.attach_to
    target = services.attaching.target(caller, uid)
    if target.patient_id != options.patient_id:
        raise PatientNotConfirmed(
            "The study is not of the patient with this ID. Name the patient's ID with --patient-id."
        )
    answers = AttachmentAnswers(
        options.title, AttachmentOrigin(options.origin), BurnedIn(options.burned_in)
    )
    request = AttachmentRequest(uid, target.confirmation, answers)
    for path in options.paths:
        staged = services.studies.stage()
        try:
            with Path(path).open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    staged.write(block)
            staged.finish()
            with staged.open() as reader:
                yield services.attaching.attach(caller, request, path, reader)
        except OSError as error:
            reason = f"The file cannot be read: {error.strerror}."
            yield IngestOutcome(path, IngestOutcomeKind.REFUSED, reason)
        except FileRefused as refusal:
            yield IngestOutcome(path, IngestOutcomeKind.REFUSED, refusal.sentence)
        except StorageFull as full:
            yield IngestOutcome(path, IngestOutcomeKind.REFUSED, full.sentence)
            return
        finally:
            staged.discard()
