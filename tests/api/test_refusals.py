import inspect

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from backend.access.passwords import PasswordRefused
from backend.api import refusals
from backend.core import errors

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.Refusal)
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_refusal_has_its_status(kind):
    own = kind in refusals._STATUS or issubclass(kind, errors.CannotStart)
    assert own, f"{kind.__name__} is not in the table"
    assert 400 <= refusals.status_of(kind()) < 600


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (errors.NotFound(), 404),
        (errors.NotSignedIn(), 401),
        (errors.NotAllowed(), 403),
        (errors.TooManyAttempts(), 429),
        (errors.StorageFull(), 507),
        (errors.KeyFileMissing(), 503),
        (errors.Refusal("The database is busy. Wait a moment and try again."), 503),
        (PasswordRefused(), 422),
    ],
)
def test_the_answer_is_the_sentence_and_the_name_of_the_refusal(refusal, status):
    async def refuse(_request):
        raise refusal

    app = Starlette(
        routes=[Route("/", refuse)], exception_handlers={errors.Refusal: refusals.answer_refusal}
    )
    answer = TestClient(app).get("/")
    assert answer.status_code == status
    assert answer.json() == {"error": refusal.sentence, "code": type(refusal).__name__}
    assert ("retry-after" in answer.headers) == (status == 429)
