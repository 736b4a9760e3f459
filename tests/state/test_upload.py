"""What the page of uploads says when one has ended."""

import asyncio

import pytest

from pacscribe_ui.state.upload import UploadState

NOTHING = dict.fromkeys(("stored", "duplicate", "conflict", "refused", "skipped", "unsent"), 0)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"duplicate": 1_200}, "Everything was sent: 1,200 stored already."),
        ({"stored": 3, "skipped": 1}, "Everything was sent: 3 stored, 1 skipped."),
        (
            {"stored": 3, "conflict": 2, "refused": 1},
            "Everything was sent: 3 stored, 2 in conflict, 1 refused. The reasons are on this page.",
        ),
        ({"stored": 3, "unsent": 1}, "One file was not sent; the reason is on this page."),
        ({"unsent": 20}, "20 files were not sent; the reasons are on this page."),
    ],
)
def test_the_end_of_an_upload_is_said_with_what_came_of_it_alone(
    counts: dict[str, int], sentence: str
) -> None:
    state = UploadState(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex makes one
    said = asyncio.run(UploadState.finish.fn(state, NOTHING | counts))
    assert sentence in str(said)
