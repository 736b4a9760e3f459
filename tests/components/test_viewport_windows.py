"""The list of windows of an image: what it offers, and what entries, keys and numbers make of a view."""

import pytest

from tests.components.node import calculate

MODULE = "viewport_windows.js"
FIRST_LOOK = {"window_center": None, "window_width": None, "voi_lut_number": None}
VIEW = {**FIRST_LOOK, "voi_function": "linear"}


def window(name: str, center: float, width: float, shortcut: str = "") -> dict:
    """As the server describes a window of a file or of a modality."""
    return {
        "name": name,
        "window_center": center,
        "window_width": width,
        "voi_function": "linear",
        "shortcut": shortcut,
    }


LUNG, BONE = window("LUNG", -600, 1500), window("BONE", 400, 2000)
CT_PRESETS = [window("soft-tissue", 40, 400, "1"), window("lung", -600, 1500, "2")]


def described(*of_images: dict, presets: list[dict] | None = None) -> dict:
    """A stack whose images differ from one with two windows in what is said of each."""
    usual = {**VIEW, "is_colour": False, "windows": [LUNG, BONE], "voi_luts": []}
    return {"presets": presets or [], "images": [{**usual, **each} for each in of_images or ({},)]}


def choices(description: dict, index: int = 1, measured: dict | None = None) -> list[dict]:
    (found,) = calculate(MODULE, [("windowChoices", [description, index, measured or {}])])
    return found


def called(name: str, *values: object) -> object:
    (found,) = calculate(MODULE, [(name, list(values))])
    return found


def test_tables_and_windows_of_a_file_come_first_then_those_of_the_modality_then_what_is_measured():
    offered = choices(described({"voi_luts": ["NORMAL", ""]}, presets=CT_PRESETS))
    assert [(each["value"], each["name"], each["shortcut"]) for each in offered] == [
        ("table-1", "NORMAL", ""),
        ("table-2", "", ""),
        ("file-1", "LUNG", ""),
        ("file-2", "BONE", ""),
        ("soft-tissue", "soft-tissue", "1"),
        ("lung", "lung", "2"),
        ("percentiles", "percentiles", ""),
        ("full", "full", ""),
    ]
    # The first table is what "as stored" shows; the key for the next look passes it over.
    other_looks = [each["value"] for each in offered if each["is_other_look"]]
    assert other_looks == ["table-2", "file-1", "file-2"]


def test_where_the_modality_has_no_windows_keys_choose_the_others_in_their_order():
    many = [window(str(number), number, 10 + number) for number in range(10)]
    offered = choices(described({"windows": many}))
    assert [each["shortcut"] for each in offered] == [*map(str, range(1, 10)), "", "", ""]


@pytest.mark.parametrize(
    ("images", "values"),
    [(({"is_colour": True, "windows": []},), []), (({"windows": []},), ["percentiles", "full"])],
)
def test_nothing_is_measured_of_an_image_in_colour(images, values):
    assert [each["value"] for each in choices(described(*images))] == values
    assert choices({"presets": [], "images": []}) == []


def test_the_windows_are_those_of_the_image_that_is_shown():
    both = described({}, {"windows": [window("LUNG", -500, 1400)]})
    for index, center in ((1, -600), (2, -500), (3, -500)):  # and not of one after the last
        (taken,) = calculate(MODULE, [("windowChosen", [choices(both, index), "file-1"])])
        assert taken["changes"] == {
            **VIEW,
            "window_center": center,
            "window_width": 1500 if index == 1 else 1400,
        }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("as-stored", {"changes": FIRST_LOOK}),
        ("table-2", {"changes": {**FIRST_LOOK, "voi_lut_number": 2}}),
        ("lung", {"changes": {**VIEW, "window_center": -600, "window_width": 1500}}),
        ("full", {"spread": "full"}),  # the server has to look at the image
        ("no-such", None),
    ],
)
def test_an_entry_makes_a_window_of_the_view(value, expected):
    offered = choices(described({"voi_luts": ["NORMAL", ""]}, presets=CT_PRESETS))
    assert called("windowChosen", offered, value) == expected


def test_a_list_knows_the_entry_that_a_view_has_chosen():
    offered = choices(described({"voi_luts": ["NORMAL", ""]}, presets=CT_PRESETS))
    assert called("windowShown", offered, VIEW) == "as-stored"
    assert called("windowShown", offered, {**VIEW, "voi_lut_number": 2}) == "table-2"
    soft = {**VIEW, "window_center": 40, "window_width": 400}
    assert called("windowShown", offered, soft) == "soft-tissue"
    # What another viewport led it to differs in the last digits, and is the same range.
    near = {**VIEW, "window_center": 40 * (1 + 1e-12), "window_width": 400 * (1 - 1e-12)}
    assert called("windowShown", offered, near) == "soft-tissue"
    assert called("windowShown", offered, {**soft, "window_width": 401}) == ""
    assert called("windowShown", offered, {**soft, "voi_function": "sigmoid"}) == ""


def test_a_measured_window_is_known_again_and_measured_anew_when_it_is_chosen_again():
    taken = {"full": {"window_center": 60.5, "window_width": 101, "voi_function": "linear"}}
    offered = choices(described(), measured=taken)
    shown = {**VIEW, "window_center": 60.5, "window_width": 101}
    assert called("windowShown", offered, shown) == "full"
    assert called("windowChosen", offered, "full") == {"spread": "full"}


def test_the_key_0_goes_through_the_windows_of_the_file_and_the_others_choose_theirs():
    first = {"window_center": -600.0, "window_width": 1500.0}
    offered = choices(described(first, presets=CT_PRESETS))
    bone = {**VIEW, "window_center": 400, "window_width": 2000}
    soft = {**VIEW, "window_center": 40, "window_width": 400}
    for view, value in ((VIEW, "file-2"), (bone, "as-stored"), (soft, "as-stored")):
        assert called("valueOfKey", offered, "0", view) == value
    assert called("valueOfKey", offered, "1", VIEW) == "soft-tissue"
    assert called("valueOfKey", offered, "9", VIEW) == ""


# Bq/ml, and how many of them are an SUV of 1.
PET = {"value_unit": "Bq/ml", "suv_name": "SUVbw", "suv_factor": 0.0002}
HU = {"value_unit": "HU", "suv_name": "", "suv_factor": None}


@pytest.mark.parametrize(
    ("image", "shown", "numbers"),
    [
        (HU, [40, 400.5, "linear"], ["40", "400.5"]),
        (HU, [0.123456789, 1e6, "linear"], ["0.123457", "1000000"]),
        (PET, [12500, 25000, "linear-exact"], ["2.5", "5"]),
        ({**PET, "suv_factor": None}, [12500, 25000, "linear"], ["12500", "25000"]),
        (HU, None, ["", ""]),
        (None, [1, 2, "linear"], ["", ""]),
    ],
)
def test_a_window_is_written_in_the_unit_that_a_reader_thinks_in(image, shown, numbers):
    assert called("windowInNumbers", image, shown) == numbers


@pytest.mark.parametrize(
    ("image", "voi_function", "written", "expected"),
    [
        (HU, "linear", ("40", "400"), (40, 400, "linear")),
        (HU, "sigmoid", (" 2.5", "0.5 "), (2.5, 0.5, "sigmoid")),
        (HU, "linear", ("0", "1"), (0, 1, "linear")),
        # From one SUV to another, exactly; and a width below 1 is no odd one.
        (PET, "linear", ("0.4", "0.8"), (2000, 4000, "linear-exact")),
        ({**PET, "suv_factor": None}, "linear", ("2", "4"), (2, 4, "linear")),
        ({**HU, "value_unit": "SUVlbm"}, "linear", ("2", "0.5"), (2, 0.5, "linear-exact")),
        (HU, "linear", ("40", "0.2"), "no_width_of_one"),
        (HU, "linear", ("40", "-3"), "no_width_of_one"),
        (HU, "linear-exact", ("40", "0"), "no_width"),
        (PET, "linear", ("1", "-1"), "no_width"),
        (HU, "linear", ("1e19", "80"), "no_numbers"),
        (HU, "linear", ("40", "1e19"), "no_numbers"),
        (HU, "linear", ("40", ""), "no_numbers"),
        (HU, "linear", ("x", "3"), "no_numbers"),
    ],
)
def test_a_window_that_is_written_in_numbers_is_taken_or_refused_for_a_reason(
    image, voi_function, written, expected
):
    found = called("windowWritten", image, {"voi_function": voi_function}, *written)
    if isinstance(expected, str):
        assert found == {"refused": expected}
        return
    center, width, function = expected
    assert found["changes"] == {
        "window_center": pytest.approx(center),
        "window_width": pytest.approx(width),
        "voi_function": function,
        "voi_lut_number": None,
    }


ON_GLASS = {"window": [450.0, 900.0, "sigmoid"], "image": {**VIEW, "is_colour": False}, "look": {"sop": "1.2"}}  # fmt: skip


def started(base: dict | None) -> tuple[float, float, str] | None:
    """The window that a drag starts from."""
    (start,) = calculate(MODULE, [("windowOnGlass", [base])])
    return start and (start["window_center"], start["window_width"], start["voi_function"])


def test_a_drag_starts_from_the_window_on_the_glass_or_of_a_table_from_the_first_of_the_file():
    assert started(ON_GLASS) == (450, 900, "sigmoid")
    image = {"is_colour": False, "windows": [BONE, LUNG], "voi_function": "linear-exact"}
    assert started({**ON_GLASS, "window": [1, 2], "image": image}) == (1, 2, "linear-exact")
    assert started({**ON_GLASS, "window": None, "image": image}) == (400, 2000, "linear")
    for nothing in (None, {**ON_GLASS, "image": {"is_colour": True}}, {**ON_GLASS, "window": None}):
        assert started(nothing) is None


NO_WINDOWS = {"windows": [], "sop_instance_uid": "1.2"}


@pytest.mark.parametrize(
    ("stack", "view", "base", "stays"),
    [
        (described(NO_WINDOWS), VIEW, ON_GLASS, True),
        (described(NO_WINDOWS, {"is_colour": True}), VIEW, ON_GLASS, True),
        (described(NO_WINDOWS, {}), VIEW, ON_GLASS, False),  # the second has windows of its file
        (described({**NO_WINDOWS, "voi_luts": ["table"]}), VIEW, ON_GLASS, False),
        (described(NO_WINDOWS), {**VIEW, "window_center": 1, "window_width": 2}, ON_GLASS, False),
        (described(NO_WINDOWS), VIEW, {**ON_GLASS, "look": {"sop": "9.9"}}, False),
        (described(NO_WINDOWS), VIEW, {**ON_GLASS, "window": None}, False),
        (described(NO_WINDOWS), VIEW, None, False),
    ],
)
def test_a_window_stays_while_one_scrolls_only_where_each_image_would_have_one_of_its_own(
    stack, view, base, stays
):
    (kept,) = calculate(MODULE, [("windowKept", [stack, view, base])])
    assert (kept is not None) is stays
    if stays:
        assert (kept["window_center"], kept["window_width"]) == (450, 900)
        assert kept["voi_function"] == "sigmoid"
