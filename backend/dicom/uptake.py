"""Whether the values of a PET become standard uptake values (SUV), and by which factor: from what the file says, or not at all.

The steps are those of the vendor-neutral calculation of SUV by body weight that QIBA published. Whatever it needs and a
file lacks or contradicts ends as a note of one sentence: an SUV that is guessed is worse than none.
"""

import math
import re
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TypeVar

from backend.dicom.elements import Elements
from backend.dicom.model import UptakeAttributes
from backend.imaging.model import UptakeScale
from backend.imaging.uptake import LIKELY_FACTORS, body_weight_factor

PET_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.128"
_ENHANCED = {"1.2.840.10008.5.1.4.1.1.128.1", "1.2.840.10008.5.1.4.1.1.130"}

# SUV Type (0054,1006) of values in g/ml. By body surface they would be in cm2/ml.
_NAMES = {
    "": "SUVbw",
    "BW": "SUVbw",
    "LBM": "SUVlbm",
    "LBMJAMES128": "SUVlbm",
    "LBMJANMA": "SUVlbm",
    "IBW": "SUVibw",
}
# From least to most: beyond, a number is in another unit than the standard asks for, such as a dose in MBq.
_KILOGRAMS = (0.01, 500.0)
_DOSES_BQ = (1e4, 1e11)
_HALF_LIVES_SECONDS = (10.0, 1e8)
_MOST_HALF_LIVES = 10.0
_YEARS = (1900, 2999)
_LONGEST_MS = 1e9  # of a frame and of a series
# A time of day without a date may lie before midnight, but if it lies long before, a clock is wrong.
_LONGEST_OVER_MIDNIGHT = timedelta(hours=12)
_SAME_TIME = timedelta(minutes=1)
_DAY = timedelta(days=1)

_DATE_TIME = re.compile(r"(\d{8})(\d{4}(?:\d{2}(?:\.\d{1,6})?)?)([+-]\d{4})?")
_ZONE = re.compile(r"([+-])(0\d|1[0-4])([0-5]\d)")
_Value = TypeVar("_Value")


class _NoUptakeValue(Exception):  # noqa: N818 - a reason, not a fault
    """Why there is no SUV, as the second half of a sentence."""


def uptake_attributes(elements: Elements, sop_class_uid: str) -> UptakeAttributes | None:
    """What the SUV of an image rest on; why it has none is noted.

    Args:
        elements: The data set.
        sop_class_uid: Of the object.

    Returns:
        None for all but PET.

    References:
        PS3.3 C.8.9.1 (PET Series), C.8.9.2 (PET Isotope), C.8.9.4 (PET Image), C.7.2.2 (Patient Study).
    """
    if sop_class_uid in _ENHANCED:
        elements.note("No SUV: it is not worked out for enhanced PET images.")
    if sop_class_uid != PET_IMAGE_STORAGE:
        return None
    tracers = elements.items("RadiopharmaceuticalInformationSequence")
    name = _radiopharmaceutical(tracers[0]) if len(tracers) == 1 else ""
    try:
        return replace(_uptake(elements, tracers), radiopharmaceutical=name)
    except _NoUptakeValue as reason:
        elements.note(f"No SUV: {reason}.")
        return UptakeAttributes(radiopharmaceutical=name)


def _radiopharmaceutical(tracer: Elements) -> str:
    code = tracer.item("RadiopharmaceuticalCodeSequence")
    return tracer.text("Radiopharmaceutical") or (code.text("CodeMeaning") if code else "")


def _uptake(elements: Elements, tracers: list[Elements]) -> UptakeAttributes:
    unit = elements.string("Units").upper()
    corrections = {each.upper() for each in elements.strings("CorrectedImage")}
    # Values in g/ml were made from corrected ones; some writers do not say so again.
    if "ATTN" not in corrections and (corrections or unit != "GML"):
        raise _NoUptakeValue("the image is not corrected for attenuation")
    if unit == "GML":
        return UptakeAttributes(UptakeScale(1.0, _name_in_grams(elements)))
    if "DECY" not in corrections:
        raise _NoUptakeValue("the image is not corrected for decay")
    if unit == "CNTS":
        return UptakeAttributes(UptakeScale(_factor_of_counts(elements)))
    if unit != "BQML":
        raise _NoUptakeValue("its values are in another unit than Bq/ml or g/ml")
    if len(tracers) > 1:
        raise _NoUptakeValue("the file names more than one radiopharmaceutical")
    tracer = _there(tracers[0] if tracers else None, "what was injected")
    return _by_body_weight(elements, tracer)


def _there(value: _Value | None, name: str) -> _Value:
    if value is None:
        raise _NoUptakeValue(f"the file does not say {name}")
    return value


def _within(limits: tuple[float, float], value: float | None, name: str) -> float:
    number = _there(value, name)
    if not limits[0] <= number <= limits[1]:
        raise _NoUptakeValue(f"{name} cannot be what the file says, in the unit of the standard")
    return number


def _name_in_grams(elements: Elements) -> str:
    name = _NAMES.get(elements.string("SUVType").upper())
    if name is None:
        raise _NoUptakeValue("the file says g/ml, and a type of SUV that is not in g/ml")
    return name


def _factor_of_counts(elements: Elements) -> float:
    """Counts become SUV only by the factor that their maker (Philips) writes beside them."""
    factors = elements.private_numbers("Philips PET Private Group", 0x7053, 0x00, "DS")
    least, most = LIKELY_FACTORS
    if not factors or not least <= factors[0] <= most:
        raise _NoUptakeValue("its values are counts, without a factor that makes SUV of them")
    return factors[0]


def _by_body_weight(elements: Elements, tracer: Elements) -> UptakeAttributes:
    weight_kg = _within(_KILOGRAMS, elements.positive("PatientWeight"), "the patient's weight")
    dose_bq = _within(_DOSES_BQ, tracer.positive("RadionuclideTotalDose"), "the injected dose")
    half_life_seconds = _within(
        _HALF_LIVES_SECONDS, tracer.positive("RadionuclideHalfLife"), "the half-life"
    )
    correction = elements.string("DecayCorrection").upper()
    clock = _Clock(elements)
    acquired = _there(clock.moment("Acquisition"), "when the image was acquired")
    began = _there(clock.moment("Series"), "when the series began")
    if correction == "START":
        corrected_to = _start(elements, began, acquired, half_life_seconds)
        injected = _there(clock.injection(tracer, corrected_to), "when the injection was")
        decay_seconds = (corrected_to - injected).total_seconds()
    elif correction == "ADMIN":
        injected = _there(clock.injection(tracer, acquired), "when the injection was")
        decay_seconds = 0.0
    elif correction == "NONE":
        raise _NoUptakeValue("the file says that decay was corrected, and that it was not")
    else:
        raise _NoUptakeValue("the file does not say to which moment decay was corrected")
    if decay_seconds < 0 or acquired < injected:
        raise _NoUptakeValue("by its times, the image was acquired before the injection")
    if (acquired - injected).total_seconds() > _MOST_HALF_LIVES * half_life_seconds:
        raise _NoUptakeValue("by its times and half-life, nothing of the dose was left")
    factor = body_weight_factor(weight_kg, dose_bq, half_life_seconds, decay_seconds)
    return UptakeAttributes(
        scale=UptakeScale(factor),
        dose_bq=dose_bq,
        weight_kg=weight_kg,
        seconds_after_injection=(acquired - injected).total_seconds(),
    )


def _start(
    elements: Elements, began: datetime, acquired: datetime, half_life_seconds: float
) -> datetime:
    """The moment that decay is corrected to with START: when the first image of the series began to be acquired.

    That is the date and time of the series (PS3.3 C.8.9.1.1.4), unless the series was made anew later. Then it is what GE
    writes of its own, or what the time of this very frame since then says (Frame Reference Time, PS3.3 C.8.9.4.1.5).
    """
    if began <= acquired:
        return began
    scanned = _DATE_TIME.fullmatch(elements.private_string("GEMS_PETD_01", 0x0009, 0x0D))
    if scanned and (start := _date_and_time(scanned[1], scanned[2])) and start <= acquired:
        return start
    reference_ms, duration_ms = (
        elements.positive(keyword) for keyword in ("FrameReferenceTime", "ActualFrameDuration")
    )
    if reference_ms and duration_ms and max(reference_ms, duration_ms) < _LONGEST_MS:
        # The frame's value is the mean over its duration: when it really was that, from the beginning of the frame.
        rate = math.log(2) / half_life_seconds
        decay = rate * duration_ms / 1000
        mean_seconds = math.log(decay / -math.expm1(-decay)) / rate
        start = acquired + timedelta(seconds=mean_seconds - reference_ms / 1000)
        if start <= acquired + _SAME_TIME:
            return start
    raise _NoUptakeValue(
        "the series is dated after its images, so that nobody knows to which moment decay was corrected"
    )


class _Clock:
    """Moments of a file, all by the clock of its equipment.

    Args:
        elements: The data set.

    Raises:
        _NoUptakeValue: If the time zone of the file is none.
    """

    def __init__(self, elements: Elements) -> None:
        self._elements = elements
        stated = elements.string("TimezoneOffsetFromUTC")
        self._zone = _zone(stated)
        if stated and self._zone is None:
            raise _NoUptakeValue("the time zone of the file cannot be read")

    def moment(self, name: str) -> datetime | None:
        """Of `SeriesDate` and `SeriesTime`, for example; None where they are not given to the minute."""
        return _date_and_time(
            self._elements.date(f"{name}Date"), self._elements.time(f"{name}Time")
        )

    def injection(self, tracer: Elements, scan: datetime) -> datetime | None:
        """When the radiopharmaceutical was given; of a time without a date, the last one before the scan.

        Raises:
            _NoUptakeValue: If the file gives two times, or one that cannot be compared with the others.
        """
        time_of_day = _time_of_day(tracer.time("RadiopharmaceuticalStartTime"))
        stated = (*tracer.strings("RadiopharmaceuticalStartDateTime"), "")[0]
        found = _DATE_TIME.fullmatch(stated)
        injected = _date_and_time(found[1], found[2]) if found else None
        if found is None or injected is None:
            return None if time_of_day is None else _last_before(scan, time_of_day)
        zone = _zone(found[3] or "")
        if zone is not None and self._zone is not None:
            injected += self._zone - zone
        elif zone is not None and time_of_day is None:
            raise _NoUptakeValue("only the injection has a time zone, so that times do not compare")
        if time_of_day is not None and _apart(injected, time_of_day) > _SAME_TIME:
            raise _NoUptakeValue("the file gives two times of the injection")
        return injected


def _zone(text: str) -> timedelta | None:
    found = _ZONE.fullmatch(text)
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -offset if found[1] == "-" else offset


def _date_and_time(date: str, time_text: str) -> datetime | None:
    time_of_day = _time_of_day(time_text)
    try:
        day = datetime.strptime(date, "%Y%m%d")  # noqa: DTZ007 - the zone is the file's, known or not
    except ValueError:
        return None
    if time_of_day is None or not _YEARS[0] <= day.year <= _YEARS[1]:
        return None
    return datetime.combine(day, time_of_day)


def _time_of_day(text: str) -> time | None:
    """`HHMM`, `HHMMSS` or `HHMMSS.ffffff`; an hour alone is too coarse. A leap second is the one before it."""
    if len(text) < 4:
        return None
    second, _, fraction = text[4:].partition(".")
    try:
        return time(
            int(text[:2]),
            int(text[2:4]),
            min(int(second or 0), 59),
            int(fraction.ljust(6, "0")) if fraction else 0,
        )
    except ValueError:
        return None


def _last_before(scan: datetime, time_of_day: time) -> datetime:
    """On the day of the scan, or on the day before where the scan came soon after midnight."""
    on_the_day = datetime.combine(scan, time_of_day)
    day_before = on_the_day - _DAY
    is_over_midnight = on_the_day > scan and scan - day_before < _LONGEST_OVER_MIDNIGHT
    return day_before if is_over_midnight else on_the_day


def _apart(moment: datetime, time_of_day: time) -> timedelta:
    """How far a moment is from a time of day, on whichever day."""
    apart = abs(moment - datetime.combine(moment, time_of_day))
    return min(apart, _DAY - apart)
