"""Which status code a refusal becomes. What is refused, and why, is decided below this floor."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from backend.access.passwords import PasswordRefused
from backend.core import errors
from backend.services.first_people import SetUpLinkRefused
from backend.services.second_step import StepOver

_STATUS: dict[type[errors.Refusal], int] = {
    errors.NotFound: 404,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.StepUpNeeded: 403,
    errors.ProofRefused: 422,
    errors.SignInRefused: 401,
    errors.SignatureRefused: 403,
    errors.TooManyAttempts: 429,
    errors.TooManyUploads: 429,
    errors.Malformed: 400,
    errors.InvalidWindow: 400,
    errors.NotDisplayable: 422,
    errors.FileRefused: 422,
    errors.UploadTooLarge: 413,
    errors.PatientNotConfirmed: 409,
    errors.OffsetWrong: 409,
    errors.UploadBusy: 423,
    errors.ChecksumWrong: 460,  # of the tus protocol, as are the three above
    errors.StorageFull: 507,
    errors.ObjectDamaged: 500,
    errors.ObjectMissing: 500,
    errors.ReportChangedMeanwhile: 409,
    errors.ReportAlreadySigned: 409,
    errors.ConflictResolved: 409,
    errors.StudyClaimed: 409,
    errors.StudyHasSignedReport: 409,
    errors.ReportIncomplete: 422,
    errors.DocumentNotPossible: 422,
    errors.CannotStart: 503,
    errors.Refusal: 503,  # the bare one: what it needs is busy for the moment
    PasswordRefused: 422,
    SetUpLinkRefused: 410,
    StepOver: 410,
}


def status_of(refusal: errors.Refusal) -> int:
    """The HTTP status for a refusal; that of its nearest kin for one that is not in the table."""
    kinds = (kind for kind in type(refusal).__mro__ if issubclass(kind, errors.Refusal))
    return next((_STATUS[kind] for kind in kinds if kind in _STATUS), 503)


async def answer_refusal(_: Request, error: Exception) -> Response:
    """Starlette's handler for `Refusal`: the sentence and its name, as JSON."""
    if not isinstance(error, errors.Refusal):
        raise error
    status = status_of(error)
    headers = {"retry-after": "60"} if status == 429 else {}
    return JSONResponse(
        {"error": error.sentence, "code": type(error).__name__},
        status_code=status,
        headers=headers,
    )
