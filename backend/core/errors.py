"""The tree of refusals. Each says, in one sentence to a user, what happened and what to do.

    Refusal
    ├── NotFound                    what is asked for does not exist for this caller (404, never 403)
    ├── NotSignedIn                 no valid session
    ├── NotAllowed                  the caller may know of it but not do it
    ├── StepUpNeeded                the caller must prove again who they are, and then do it again
    ├── SignInRefused               wrong e-mail or password, never which of them
    ├── ProofRefused                what was to prove who they are is wrong
    ├── TooManyAttempts             wait and try again
    │   └── TooManyUploads          too much of one person's is on its way
    ├── Malformed                   the request cannot be understood
    ├── InvalidWindow               a window that the standard does not define
    ├── NotDisplayable              an object without pixels that can be shown
    ├── FileRefused                 a file that cannot be taken in, and why
    │   └── UploadTooLarge
    ├── PatientNotConfirmed         patient or study are not as they were seen and confirmed
    ├── OffsetWrong                 an upload goes on at another place than was said
    ├── UploadBusy                  an upload is being sent from elsewhere
    ├── ChecksumWrong               octets were changed on the way
    ├── StorageFull
    ├── ObjectDamaged               stored bytes fail their seal
    │   └── ObjectMissing           there are no stored bytes
    ├── ReportChangedMeanwhile      somebody else, or another tab, saved first
    ├── ReportAlreadySigned
    ├── ReportIncomplete            nothing to sign
    ├── SignatureRefused            the password at the moment of signing was wrong
    ├── StudyClaimed                somebody else is reading it
    ├── StudyHasSignedReport        what is signed is not deleted
    ├── DocumentNotPossible         a PDF that would lose text is not made
    └── CannotStart                 settings, keys or database do not allow a start
        ├── KeyFileMissing
        ├── KeyFileWrong
        └── DatabaseNotReadable

Status codes for these are in `backend.api.refusals`.
"""


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """PACScribe declines, and says why in one sentence that a user can read.

    Args:
        sentence: What happened and what to do. Holds no patient name and no secret.
    """

    default_sentence = "PACScribe cannot do this."

    def __init__(self, sentence: str = "") -> None:
        self.sentence = sentence or self.default_sentence
        super().__init__(self.sentence)


class NotFound(Refusal):
    """It does not exist for this caller."""

    default_sentence = "This does not exist, or you have no access to it."


class NotSignedIn(Refusal):
    """No valid session."""

    default_sentence = "You are signed out. Sign in to go on."


class NotAllowed(Refusal):
    """The caller lacks a permission."""

    default_sentence = "Your role does not allow this. Ask an administrator of your organization."


class StepUpNeeded(Refusal):
    """The act is dangerous, and its caller has not proved lately who they are.

    Pages let it through: the guard answers it with a dialog, and repeats the act afterwards.
    """

    default_sentence = "Prove once more who you are, and do it again."


class SignInRefused(Refusal):
    """Wrong e-mail or password; it never says which."""

    default_sentence = "E-mail or password is not right. Check both and try again."


class ProofRefused(Refusal):
    """A password, a code or a passkey was wrong."""

    default_sentence = "This is not right. Check it and try again."


class TooManyAttempts(Refusal):
    """A limit on attempts has been reached."""

    default_sentence = "Too many attempts. Wait a minute and try again."


class TooManyUploads(TooManyAttempts):
    """Too much of one person's is on its way."""

    default_sentence = "Too many large files of yours are on their way. Finish or remove some, and send this again."


class Malformed(Refusal):
    """The request cannot be understood."""

    default_sentence = "The request cannot be understood."


class InvalidWindow(Refusal, ValueError):  # noqa: N818 - a refusal, like the others
    """A window that PS3.3 C.11.2.1.2 does not define."""

    default_sentence = (
        "The window width must be 1 or more (more than 0 for linear-exact and sigmoid)."
    )


class NotDisplayable(Refusal):
    """The object holds no pixels that can be shown."""

    default_sentence = "This object has no image that can be shown."


class FileRefused(Refusal):
    """A file that cannot be taken in."""

    default_sentence = "This file cannot be taken in."


class UploadTooLarge(FileRefused):
    """A file that passes the limit."""

    default_sentence = "This file is larger than the upload limit."


class PatientNotConfirmed(Refusal):
    """Patient or study are not as the person saw and confirmed them."""

    default_sentence = (
        "The patient or the study has been changed. Look at both again, and confirm them anew."
    )


class OffsetWrong(Refusal):
    """An upload goes on at another place than its sender says."""

    default_sentence = "The upload goes on at another place. Ask where, and send from there."


class UploadBusy(Refusal):
    """An upload has one sender at a time."""

    default_sentence = "This file is being sent from another window. Wait until that has ended."


class ChecksumWrong(Refusal):
    """Octets were changed on the way."""

    default_sentence = "The file was changed on the way. Send this part again."


class StorageFull(Refusal):
    """No room is left for new objects."""

    default_sentence = "The storage is full. Nothing was stored; ask an administrator to make room."


class ObjectDamaged(Refusal):
    """Stored bytes fail their seal and are not served."""

    default_sentence = "The stored file is damaged and is not shown. Tell an administrator."


class ObjectMissing(ObjectDamaged):
    """There is a row, but no object."""

    default_sentence = "The stored file is missing. Tell an administrator."


class ReportChangedMeanwhile(Refusal):
    """The draft was saved elsewhere after it was opened here."""

    default_sentence = (
        "This report was changed elsewhere. Your text is kept; compare and save again."
    )


class ReportAlreadySigned(Refusal):
    """A signed report does not change."""

    default_sentence = "This report is signed and can no longer be changed."


class ReportIncomplete(Refusal):
    """There is nothing to sign."""

    default_sentence = "Write findings and an impression before signing."


class SignatureRefused(Refusal):
    """The signer did not prove who they are."""

    default_sentence = "The password is not right. The report is not signed."


class ConflictResolved(Refusal):
    """Whose the files of a conflict are has been decided already."""

    default_sentence = "This conflict has been resolved meanwhile; the history says how."


class StudyClaimed(Refusal):
    """Somebody else is reading the study now."""

    default_sentence = "Somebody else is reading this study now."


class StudyHasSignedReport(Refusal):
    """A study with a signed report is not deleted."""

    default_sentence = "A report of this study is signed, so it is not deleted."


class DocumentNotPossible(Refusal):
    """A document that would lose text is not made."""

    default_sentence = "The PDF cannot be made."


class CannotStart(Refusal):
    """PACScribe does not start."""

    default_sentence = "PACScribe cannot start."


class KeyFileMissing(CannotStart):
    """The data directory is initialised but its key file is not there."""

    default_sentence = "The key file is missing. Put it back; without it nothing can be read."


class KeyFileWrong(CannotStart):
    """The key file does not belong to the data directory, or others may read it."""

    default_sentence = "The key file does not fit this data directory. Put the right one back."


class DatabaseNotReadable(CannotStart):
    """The database cannot be opened."""

    default_sentence = "The database cannot be opened with this key."
