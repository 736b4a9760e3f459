"""Which PET files have standard uptake values, by which factor, and what is said where they have none."""

import math

import pytest

from backend.dicom.reading_header import ReadingHeader
from backend.imaging.model import UptakeScale
from tests.dicom.opened_files import Opened
from tests.dicom_files import written
from tests.pet_files import FACTOR, HALF_LIFE_OF_F18_SECONDS, pet_dataset, tracer


def pet(tracers=None, **said):
    return Opened(written(pet_dataset(tracers=tracers, **said)))


def scale_of(image):
    return image.attributes.uptake.scale


def refusal_of(image):
    assert scale_of(image) is None
    assert image.header.uptake is None
    (note,) = (note for note in image.attributes.notes if note.startswith("No SUV"))
    assert note.count(".") == 1
    return note


def factor_at(seconds):
    """An hour's factor and the decay since then, worked out with e instead of 2."""
    return FACTOR * math.exp(math.log(2) * (seconds - 3600) / HALF_LIFE_OF_F18_SECONDS)


def test_the_dose_decays_from_the_injection_to_the_beginning_of_the_series():
    image = pet()
    assert scale_of(image).factor == pytest.approx(FACTOR, rel=1e-4)
    assert scale_of(image).name == "SUVbw"
    assert image.attributes.notes == ()
    assert image.attributes.uptake.seconds_after_injection == 3600 + 150.5
    assert image.attributes.uptake.radiopharmaceutical == "FDG"


def test_what_is_drawn_knows_the_factor_and_the_unit():
    attributes = pet().frame().attributes
    assert attributes.uptake == scale_of(pet())
    assert attributes.rescale_type == "BQML"


def test_a_header_from_before_has_no_factor():
    octets = pet().parsed.reading_header
    uptake = b',"uptake":{"factor":'
    older = octets[: octets.index(uptake)] + b"}"
    assert ReadingHeader.from_bytes(older).uptake is None


def test_decay_corrected_to_the_injection_leaves_the_whole_dose():
    assert scale_of(pet(DecayCorrection="ADMIN")).factor == pytest.approx(70_000 / 370e6)


@pytest.mark.parametrize(
    ("suv_type", "name"), [(None, "SUVbw"), ("BW", "SUVbw"), ("LBM", "SUVlbm"), ("IBW", "SUVibw")]
)
def test_values_in_grams_are_suv_already(suv_type, name):
    image = pet(tracers=[], Units="GML", SUVType=suv_type, PatientWeight=None, CorrectedImage=None)
    assert scale_of(image) == UptakeScale(1.0, name)


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        # A date and time counts before a time alone.
        ({"RadiopharmaceuticalStartDateTime": "20240305091500.00"}, 2700),
        ({"RadiopharmaceuticalStartDateTime": "202403050930"}, 1800),
        ({"RadiopharmaceuticalStartTime": "0945"}, 900),
        ({"RadiopharmaceuticalStartTime": "095960"}, 1),  # a leap second
    ],
)
def test_the_injection_is_read_from_either_element(times, seconds):
    item = tracer(**({"RadiopharmaceuticalStartTime": None} | times))
    assert scale_of(pet([item])).factor == pytest.approx(factor_at(seconds), rel=1e-4)


@pytest.mark.parametrize(
    ("zone", "stated", "time_of_day"),
    [
        ("-0500", "20240305140000+0000", None),
        ("-0500", "20240305090000-0500", "090000"),
        ("+0100", "20240305030000-0500", "090000"),
        ("+0530", "20240305090000", None),
        # Without a zone of the file: the time of day is of the same clock, and says the same.
        (None, "20240305090000-0500", "090000"),
    ],
)
def test_time_zones_east_and_west_are_taken_into_account(zone, stated, time_of_day):
    item = tracer(RadiopharmaceuticalStartDateTime=stated, RadiopharmaceuticalStartTime=time_of_day)
    image = pet([item], TimezoneOffsetFromUTC=zone)
    assert scale_of(image).factor == pytest.approx(FACTOR, rel=1e-4)


def test_an_injection_before_midnight_belongs_to_the_day_before():
    image = pet(
        [tracer(RadiopharmaceuticalStartTime="233000")],
        SeriesTime="003000",
        AcquisitionTime="003000",
    )
    assert scale_of(image).factor == pytest.approx(FACTOR, rel=1e-4)


def test_a_series_that_was_made_anew_is_dated_by_what_ge_writes():
    dataset = pet_dataset(SeriesTime="170000", AcquisitionTime="100230")
    block = dataset.private_block(0x0009, "GEMS_PETD_01", create=True)
    block.add_new(0x0D, "DT", "20240305100000.00")
    assert scale_of(Opened(written(dataset))).factor == pytest.approx(FACTOR, rel=1e-4)


def test_a_series_that_was_made_anew_is_dated_by_the_time_of_its_frames():
    # The third bed position: two minutes from 10:08, its mean a little before 10:09, counted from 10:00.
    rate = math.log(2) / HALF_LIFE_OF_F18_SECONDS
    mean = math.log(rate * 120 / (1 - math.exp(-rate * 120))) / rate
    image = pet(
        SeriesTime="170000",
        AcquisitionTime="100800",
        FrameReferenceTime=str(round((480 + mean) * 1000, 3)),
        ActualFrameDuration="120000",
    )
    assert scale_of(image).factor == pytest.approx(FACTOR, rel=1e-4)


def test_counts_become_suv_by_the_factor_that_philips_writes():
    dataset = pet_dataset(Units="CNTS")
    block = dataset.private_block(0x7053, "Philips PET Private Group", create=True)
    block.add_new(0x00, "DS", "0.00034")
    assert scale_of(Opened(written(dataset))) == UptakeScale(0.00034)
    block[0x00].value = "0"
    assert "counts" in refusal_of(Opened(written(dataset)))


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"PatientWeight": None}, "weight"),
        ({"PatientWeight": "0"}, "weight"),
        ({"PatientWeight": "70000"}, "weight"),
        ({"SeriesTime": None}, "series"),
        ({"SeriesDate": None}, "series"),
        ({"SeriesTime": "10"}, "series"),
        ({"AcquisitionTime": None}, "acquired"),
        ({"Units": "CNTS"}, "counts"),
        ({"Units": "PROPCNTS"}, "unit"),
        ({"Units": "CM2ML"}, "unit"),
        ({"Units": None}, "unit"),
        ({"Units": "GML", "SUVType": "BSA"}, "g/ml"),
        ({"Units": "GML", "CorrectedImage": ["DECY"]}, "attenuation"),
        ({"CorrectedImage": ["DECY", "SCAT"]}, "attenuation"),
        ({"CorrectedImage": None}, "attenuation"),
        ({"CorrectedImage": "ATTN"}, "decay"),
        ({"DecayCorrection": "NONE"}, "decay"),
        ({"DecayCorrection": None}, "decay"),
        ({"TimezoneOffsetFromUTC": "CET"}, "zone"),
        ({"SeriesTime": "100300"}, "dated after"),
        ({"SeriesTime": "080000", "AcquisitionTime": "080000"}, "before the injection"),
        ({"SeriesTime": "085930"}, "before the injection"),
        ({"DecayCorrection": "ADMIN", "AcquisitionTime": "085930"}, "before the injection"),
    ],
)
def test_what_is_missing_or_contradicts_itself_leaves_no_suv(said, word):
    assert word in refusal_of(pet(**said))


@pytest.mark.parametrize(
    ("tracers", "word"),
    [
        ([], "injected"),
        ([tracer(), tracer()], "more than one"),
        ([tracer(RadionuclideTotalDose=None)], "dose"),
        ([tracer(RadionuclideTotalDose="370")], "dose"),  # in MBq
        ([tracer(RadionuclideHalfLife=None)], "half-life"),
        ([tracer(RadionuclideHalfLife="1e300")], "half-life"),
        ([tracer(RadionuclideHalfLife="109.8")], "nothing of the dose"),  # in minutes
        ([tracer(RadiopharmaceuticalStartTime=None)], "injection"),
        ([tracer(RadiopharmaceuticalStartTime="093000", RadiopharmaceuticalStartDateTime="20240305090000")], "two times"),
        ([tracer(RadiopharmaceuticalStartTime=None, RadiopharmaceuticalStartDateTime="20240305090000-0500")], "time zone"),
        ([tracer(RadiopharmaceuticalStartTime=None, RadiopharmaceuticalStartDateTime="20240301090000")], "nothing of the dose"),
        ([tracer(RadiopharmaceuticalStartTime=None, RadiopharmaceuticalStartDateTime="00010101000000")], "injection"),
    ],
)  # fmt: skip
def test_a_radiopharmaceutical_that_cannot_be_counted_on_leaves_no_suv(tracers, word):
    assert word in refusal_of(pet(tracers))


def test_other_objects_have_neither_suv_nor_a_word_about_it():
    screen = pet(SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
    assert screen.attributes.uptake is None
    assert screen.header.uptake is None
    assert screen.attributes.notes == ()


def test_an_enhanced_pet_says_that_it_has_none():
    image = pet(SOPClassUID="1.2.840.10008.5.1.4.1.1.130")
    assert image.attributes.notes == ("No SUV: it is not worked out for enhanced PET images.",)
