"""Standard uptake values (SUV) of PET in numbers. Which values of a file go in, and when they may, is in `backend.dicom.uptake`."""

from backend.imaging.model import UptakeScale, VoiFunction, Window

# Lower and upper end in SUV, not center and width; the first is what a PET is shown with first.
FIRST_RANGE = (0.0, 5.0)
UPTAKE_RANGES = (FIRST_RANGE, (0.0, 3.0), (0.0, 7.0), (0.0, 8.0), (0.0, 10.0), (0.0, 15.0))

# A factor beyond these makes no SUV of anything that can be measured.
LIKELY_FACTORS = (1e-12, 1e6)

_GRAMS_PER_KILOGRAM = 1000.0


def body_weight_factor(
    weight_kg: float, dose_bq: float, half_life_seconds: float, decay_seconds: float
) -> float:
    """What an activity concentration in Bq/ml is multiplied with to become SUV by body weight, in g/ml.

    SUV is the activity in a millilitre, divided by what each gram of the body would have if the dose had spread evenly;
    both at the same moment.

    Args:
        weight_kg: Of the patient, above 0.
        dose_bq: Injected activity at the moment of the injection, above 0.
        half_life_seconds: Of the radionuclide, above 0.
        decay_seconds: From the injection to the moment that the decay of the image is corrected to, not below 0.
    """
    left_bq = dose_bq * 2.0 ** (-decay_seconds / half_life_seconds)
    return float(weight_kg * _GRAMS_PER_KILOGRAM / left_bq)


def window_of_range(scale: UptakeScale, low: float, high: float) -> Window:
    """The window, in modality values, that turns `low` SUV black and `high` SUV white (PS3.3 C.11.2.1.3.2)."""
    return Window(
        center=(low + high) / 2 / scale.factor,
        width=(high - low) / scale.factor,
        function=VoiFunction.LINEAR_EXACT,
    )
