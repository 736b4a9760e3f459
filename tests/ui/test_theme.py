import re
from pathlib import Path

import pytest

from pacscribe_ui import theme

ASSETS = Path(__file__).parent.parent.parent / "assets"
GROUNDS = ("ground", "surface", "raised", "pressed")
PALETTES = {"dark": theme.DARK, "light": theme.LIGHT}


def test_the_style_sheet_of_tokens_is_the_one_written_from_here():
    assert (ASSETS / "tokens.css").read_text("utf-8") == theme.tokens_css()


def test_both_palettes_name_the_same_colours():
    assert theme.DARK.keys() == theme.LIGHT.keys()


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize(
    "colour", ["text", "text-soft", "text-faint", "accent", "danger", "warning", "good"]
)
def test_words_can_be_read_on_every_ground(palette, ground, colour):
    colours = PALETTES[palette]
    assert theme.contrast(colours[colour], colours[ground]) >= 4.5


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("tone", ["accent", "danger", "warning", "good"])
def test_words_can_be_read_on_their_tinted_ground(palette, tone):
    colours = PALETTES[palette]
    assert theme.contrast(colours[tone], colours[f"{tone}-ground"]) >= 4.5
    assert theme.contrast(colours["text"], colours[f"{tone}-ground"]) >= 4.5


@pytest.mark.parametrize("palette", PALETTES)
def test_the_label_of_the_main_button_can_be_read(palette):
    colours = PALETTES[palette]
    for ground in ("accent", "accent-strong"):
        assert theme.contrast(colours["on-accent"], colours[ground]) >= 4.5


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_edges_of_controls_and_the_focus_can_be_seen(palette, ground):
    colours = PALETTES[palette]
    assert theme.contrast(colours["edge"], colours[ground]) >= 3
    assert theme.contrast(colours["focus"], colours[ground]) >= 3


@pytest.mark.parametrize(
    ("colour", "ground"),
    [
        *((colour, "ground") for colour in ("text", "text-soft", "warning", "mark", "reference")),
        *((colour, ground) for colour in ("text-soft", "linked") for ground in ("bar", "menu")),
        ("warning", "warning-ground"),
        *(("text-strong", f"bar-{state}") for state in ("active", "hover", "pressed")),
    ],
)
def test_words_on_the_glass_can_be_read(colour, ground):
    assert theme.contrast(theme.GLASS[colour], theme.GLASS[ground]) >= 4.5


@pytest.mark.parametrize("name", sorted(set(theme.STYLESHEETS) - {"/tokens.css"}))
def test_colours_and_sizes_of_letters_are_tokens(name):
    css = (ASSETS / name.lstrip("/")).read_text("utf-8")
    assert re.findall(r"#[0-9a-fA-F]{3,8}(?=[;,)\s])", css) == []
    assert re.findall(r"font-size:\s*[\d.]+(?:px|rem|em)", css) == []


def test_contrast_is_that_of_the_guidelines():
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def _every_sheet():
    return "".join((ASSETS / name.lstrip("/")).read_text("utf-8") for name in theme.STYLESHEETS)


def _every_script():
    """What components set on their own elements."""
    components = ASSETS.parent / "pacscribe_ui" / "components"
    return "".join(path.read_text("utf-8") for path in components.glob("*.js*"))


@pytest.mark.parametrize("name", theme.STYLESHEETS)
def test_style_sheets_name_no_other_host_and_no_unknown_token(name):
    css = (ASSETS / name.lstrip("/")).read_text("utf-8")
    assert "http" not in css
    known = set(re.findall(r"--[a-z0-9-]+(?=:)", theme.tokens_css() + _every_sheet()))
    known |= set(re.findall(r'"(--[a-z0-9-]+)"', _every_script()))
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", css))
    assert used <= known, used - known
