"""`pacscribe render` writes what the viewer would show, or says in one sentence why not."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from backend.cli.main import main
from tests.viewing_hospital import SC_MULTI_CLASS, ct_slice, dicom_file


@pytest.fixture
def ct_file(tmp_path: Path) -> Path:
    path = tmp_path / "slice.dcm"
    path.write_bytes(ct_slice(0, 1))
    return path


def rendered(path: Path, tmp_path: Path, *options: str) -> np.ndarray:
    output = tmp_path / "out.png"
    assert main(["render", str(path), "--output", str(output), *options]) == 0
    with Image.open(output) as image:
        assert image.format == "PNG"
        return np.asarray(image)


def test_a_window_gives_the_grey_values_of_the_standard(ct_file: Path, tmp_path: Path):
    drawn = rendered(ct_file, tmp_path, "--window", "50,201")
    assert drawn.dtype == np.uint8
    assert drawn.shape == (64, 64)
    assert (drawn[40, 0], drawn[0, 0]) == (64, 192)


def test_a_window_may_begin_with_a_minus_sign(ct_file: Path, tmp_path: Path):
    drawn = rendered(ct_file, tmp_path, "--window", "-50,201,linear-exact")
    # 0 HU: (0 - (-50)) / 201 + 0.5; PS3.3 C.11.2.1.3.2.
    assert drawn[40, 0] == round((50 / 201 + 0.5) * 255)


def test_without_a_window_it_is_what_the_viewer_shows_first(ct_file: Path, tmp_path: Path):
    assert np.array_equal(
        rendered(ct_file, tmp_path), rendered(ct_file, tmp_path, "--window", "40,400")
    )


def test_inverting_turns_grey_levels_around(ct_file: Path, tmp_path: Path):
    drawn = rendered(ct_file, tmp_path, "--window", "50,201")
    assert np.array_equal(
        rendered(ct_file, tmp_path, "--window", "50,201", "--invert"), 255 - drawn
    )


def test_frames_are_counted_from_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    frames = np.stack([np.full((8, 8), grey, np.uint8) for grey in (10, 20, 30)])
    path = tmp_path / "frames.dcm"
    path.write_bytes(dicom_file(frames, sop_class_uid=SC_MULTI_CLASS, Modality="OT"))
    for number, grey in ((1, 10), (3, 30)):
        drawn = rendered(
            path, tmp_path, "--frame", str(number), "--window", "127.5,255,linear-exact"
        )
        assert drawn[0, 0] == grey
    assert main(["render", str(path), "--output", str(tmp_path / "x.png"), "--frame", "4"]) == 1
    assert capsys.readouterr().err == "pacscribe: The file has 3 frames.\n"
    assert not (tmp_path / "x.png").exists()


def test_a_file_that_names_no_study_can_be_looked_at(tmp_path: Path):
    path = tmp_path / "no-study.dcm"
    path.write_bytes(ct_slice(0, 1, StudyInstanceUID=None, SeriesInstanceUID=None))
    assert rendered(path, tmp_path).shape == (64, 64)


def test_colour_becomes_an_rgb_image(tmp_path: Path):
    path = get_testdata_file("SC_rgb_small_odd.dcm", download=False)
    assert path is not None
    assert rendered(Path(path), tmp_path).shape[2] == 3


@pytest.mark.parametrize(
    "options",
    [
        ["--window", "40"],
        ["--window", "40,0.5"],
        ["--window", "nan,400"],
        ["--window", "40,400,cubic"],
        ["--window", "40,400,linear,1"],
        ["--frame", "0"],
        ["--frame", "one"],
    ],
)
def test_nonsense_is_a_usage_error(
    ct_file: Path, tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main(["render", str(ct_file), "--output", str(tmp_path / "x.png"), *options]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    "content", [b"", b"This is no image.", b"\0" * 128 + b"DICM" + b"\xff" * 99]
)
def test_a_file_that_is_not_dicom_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "stranger"
    path.write_bytes(content)
    assert main(["render", str(path), "--output", str(tmp_path / "x.png")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "x.png").exists()


def test_missing_files_and_folders_are_told(
    ct_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["render", str(tmp_path / "none"), "--output", str(tmp_path / "x.png")]) == 1
    assert "cannot be read: no such file" in capsys.readouterr().err
    assert main(["render", str(ct_file), "--output", str(tmp_path / "none" / "x.png")]) == 1
    assert "cannot be written: no such file" in capsys.readouterr().err
