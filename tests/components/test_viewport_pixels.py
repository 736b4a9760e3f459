"""How pixel values are asked for and written, run by Node."""

import json

import pytest

from tests.components.node import address, answer

WORDS = {"stored": "stored", "background": "background", "row": "row", "column": "column"}


def run(program: str) -> object:
    return answer(f"const pixels = await import({address('viewport_pixels.js')});" + program)


def pixel(**more) -> dict:
    return {
        "row": 11,
        "column": 33,
        "stored_value": None,
        "modality_value": None,
        "unit": "",
        "red_green_blue": None,
        "is_background": False,
        **more,
    }


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (
            pixel(stored_value=1056, modality_value=32, unit="HU"),
            "32 HU (stored 1056) · row 12, column 34",
        ),
        (pixel(stored_value=7, modality_value=7), "7 · row 12, column 34"),
        (
            pixel(stored_value=-2000, modality_value=-2000, unit="HU", is_background=True),
            "-2000 HU background · row 12, column 34",
        ),
        (pixel(red_green_blue=[1, 20, 255]), "R 1 G 20 B 255 · row 12, column 34"),
        (
            pixel(stored_value=4, red_green_blue=[1, 20, 255]),
            "R 1 G 20 B 255 (stored 4) · row 12, column 34",
        ),
        (pixel(is_background=True), "background · row 12, column 34"),
        (
            pixel(stored_value=3, modality_value=0.000123456789, unit="SUV"),
            "0.000123457 SUV (stored 3) · row 12, column 34",
        ),
        (
            pixel(
                stored_value=304,
                modality_value=15200,
                unit="Bq/ml",
                suv=4.2003678,
                suv_name="SUVbw",
            ),
            "4.2 SUVbw · 15200 Bq/ml (stored 304) · row 12, column 34",
        ),
        (
            pixel(stored_value=304, modality_value=3.04, unit="g/ml", suv=3.04, suv_name="SUVlbm"),
            "3.04 SUVlbm (stored 304) · row 12, column 34",
        ),
        (
            pixel(stored_value=304, modality_value=15200, unit="Bq/ml", suv=None, suv_name=""),
            "15200 Bq/ml (stored 304) · row 12, column 34",
        ),
    ],
)
def test_a_pixel_is_written_with_its_unit_and_place(said, written):
    program = f"process.stdout.write(JSON.stringify(pixels.pixelText({json.dumps(said)}, {json.dumps(WORDS)})));"
    assert run(program) == written


def test_one_question_is_under_way_and_only_the_newest_follows_it():
    asked = run(
        """
        const line = new pixels.NewestOnly(0);
        const asked = [];
        let answer;
        const first = new Promise((done) => { answer = done; });
        const last = new Promise((done) => {
          line.ask(() => { asked.push(1); return first; });
          for (const number of [2, 3, 4]) line.ask(async () => { asked.push(number); done(); });
        });
        const before = [...asked];
        answer();
        await last;
        process.stdout.write(JSON.stringify([before, asked]));
        """
    )
    assert asked == [[1], [1, 4]]


def test_a_question_that_fails_does_not_end_the_asking():
    asked = run(
        """
        const line = new pixels.NewestOnly(0);
        const asked = [];
        await new Promise((done) => {
          line.ask(() => Promise.reject(new Error("away")));
          line.ask(async () => { asked.push("next"); done(); });
        });
        process.stdout.write(JSON.stringify(asked));
        """
    )
    assert asked == ["next"]
