"""The demo's studies are valid, invented, always the same, and hold what is to be measured."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import pydicom

from backend.dicom.demo import (
    CURRENT_LESION,
    CURRENT_SLICES,
    PRIOR_LESION,
    PRIOR_SLICES,
    demo_studies,
    head_ct,
    mammogram,
    pydicom_demo_files,
)
from backend.dicom.demo_head import FIRST_PIXEL_MM, PIXEL_SPACING_MM, Head
from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance

drawn_mammogram = cache(mammogram)


def parsed(octets):
    result = parse_instance(io.BytesIO(octets))
    assert isinstance(result, ParsedInstance), result
    return result.attributes


def extent_mm(lesion, axis):
    """What is measured on the slice through the middle, halfway between lesion and surroundings."""
    plane = Head(4, lesion, 12).slice_at(lesion.center_mm[2]).astype(float)
    x, y = (round((center - FIRST_PIXEL_MM) / PIXEL_SPACING_MM) for center in lesion.center_mm[:2])
    line = (
        plane[y - 2 : y + 3, :].mean(axis=0) if axis == 0 else plane[:, x - 2 : x + 3].mean(axis=1)
    )
    smooth = np.convolve(line, np.ones(3) / 3, "same")
    middle = x if axis == 0 else y
    is_bright = smooth > (lesion.ct_number + 19) / 2
    start, end = middle, middle
    while is_bright[start - 1]:
        start -= 1
    while is_bright[end + 1]:
        end += 1
    return (end - start + 1) * PIXEL_SPACING_MM


def test_the_lesion_measures_what_is_said():
    for lesion in (CURRENT_LESION, PRIOR_LESION):
        for axis in (0, 1):
            assert abs(extent_mm(lesion, axis) - 2 * lesion.half_axes_mm[axis]) <= 1.0


def test_the_head_is_a_series_of_regular_slices_with_its_prior():
    positions, uids = [], set()
    for index, octets in enumerate(head_ct("head-prior")):
        if index in (0, 1, PRIOR_SLICES - 1):
            attributes = parsed(octets)
            assert attributes.is_displayable
            assert attributes.notes == ()
            positions.append(attributes.geometry.image_position_mm[2])
        uids.add(str(pydicom.dcmread(io.BytesIO(octets), stop_before_pixels=True).SOPInstanceUID))
    assert len(uids) == PRIOR_SLICES
    assert positions == [-50.0, -48.5, -50.0 + 1.5 * (PRIOR_SLICES - 1)]


def test_prior_and_current_head_are_one_patient_and_two_studies():
    prior, current = (parsed(next(iter(head_ct(name)))) for name in ("head-prior", "head-current"))
    assert prior.patient == current.patient
    assert prior.patient.patient_name.family == "Demo"
    assert prior.study.study_instance_uid != current.study.study_instance_uid
    assert prior.study.study_date < current.study.study_date
    assert CURRENT_SLICES == 300


def test_the_same_octets_come_out_every_time():
    assert next(iter(head_ct())) == next(iter(head_ct()))
    assert mammogram() == drawn_mammogram()


def test_the_mammogram_is_as_large_as_real_ones():
    attributes = parsed(drawn_mammogram())
    assert (attributes.rows, attributes.columns) == (4096, 3328)
    assert attributes.series.modality == "MG"
    assert attributes.acquisition.image_laterality == "L"
    assert attributes.notes == ()


def test_pydicoms_own_files_are_found_without_a_download():
    files = pydicom_demo_files()
    modalities, uids = set(), []
    for path in files:
        attributes = parsed(path.read_bytes())
        modalities.add(attributes.series.modality)
        uids.append(attributes.sop_instance_uid)
    assert {"CR", "CT", "MR", "US", "SR", "ECG", "RTPLAN", "RTDOSE", "SEG"} <= modalities
    assert len(uids) == len(set(uids))


def test_studies_come_one_instance_at_a_time():
    firsts = [next(iter(study)) for study in demo_studies()]
    assert isinstance(firsts[0], Path)
    assert [type(octets) for octets in firsts[1:]] == [bytes, bytes, bytes]
