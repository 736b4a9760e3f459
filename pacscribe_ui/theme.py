"""Sizes and colours of the visual language, once. How they are used is in `assets/pacscribe.css`.

`assets/tokens.css` is written from here (`python -m pacscribe_ui.theme`); a test holds the two together.
The palette is for a dark reading room: neutral greys near black, so that the eye stays adapted to
the image, and one restrained accent. Every pair of text and ground reaches 4.5:1, every control's
edge 3:1; a test computes it.
"""

from pathlib import Path

SPACING_PX: dict[str, int] = {"1": 4, "2": 8, "3": 12, "4": 16, "5": 24, "6": 32, "7": 48, "8": 64}

TYPE_PX: dict[str, tuple[int, int]] = {
    # name: size, line height
    "tiny": (12, 16),
    "small": (13, 18),
    "body": (14, 20),
    "reading": (15, 24),
    "large": (16, 24),
    "title": (20, 28),
    "display": (28, 36),
}

RADIUS_PX: dict[str, int] = {"small": 4, "medium": 8, "large": 12}

DARK: dict[str, str] = {
    "ground": "#0b0c0e",  # the page
    "surface": "#131518",  # cards, bars
    "raised": "#1b1e22",  # menus, rows under the pointer
    "pressed": "#262b31",
    "line": "#2a2f36",  # separates, carries no meaning
    "edge": "#737d89",  # the edge of a control
    "text": "#e6e8eb",
    "text-soft": "#adb5bf",
    "text-faint": "#929ba6",
    "accent": "#6fb8d6",
    "accent-strong": "#8fcbe4",
    "accent-ground": "#12303d",
    "on-accent": "#04202c",
    "danger": "#f2958c",
    "danger-ground": "#3a1a18",
    "warning": "#e3b75c",
    "warning-ground": "#35290f",
    "good": "#7cc8a2",
    "good-ground": "#12301f",
    "focus": "#9fd6ee",
    "shade": "rgba(0, 0, 0, 0.6)",
}

LIGHT: dict[str, str] = {
    "ground": "#f3f4f6",
    "surface": "#ffffff",
    "raised": "#eef0f2",
    "pressed": "#dfe3e7",
    "line": "#d6dade",
    "edge": "#76808b",
    "text": "#15181c",
    "text-soft": "#444c56",
    "text-faint": "#57606b",
    "accent": "#0d6186",
    "accent-strong": "#094c6a",
    "accent-ground": "#d9edf6",
    "on-accent": "#ffffff",
    "danger": "#a3261b",
    "danger-ground": "#fbe5e3",
    "warning": "#785200",
    "warning-ground": "#fbf0d6",
    "good": "#176340",
    "good-ground": "#dcf2e6",
    "focus": "#0d6186",
    "shade": "rgba(20, 24, 28, 0.45)",
}

# The same in every theme: what lies on and around images stands on black, whatever the page is.
GLASS: dict[str, str] = {
    "ground": "#000000",
    "gap": "#2a2f36",  # between viewports
    "bar": "#14181d",  # over a viewport
    "bar-active": "#1d3540",
    "bar-hover": "#2c3a44",
    "bar-pressed": "#2c4a58",
    "menu": "#1b2026",
    "edge": "#3a434d",  # separates, carries no meaning
    "text": "#e6e8eb",
    "text-soft": "#adb5bf",
    "text-strong": "#ffffff",
    "accent": "#6fb8d6",
    "focus": "#9fd6ee",
    "warning": "#e3b75c",
    "warning-ground": "#35290f",
    "linked": "#8fd3b6",
    "mark": "#f2d58c",  # letters of the edges, probe, region, magnifier
    "reference": "#f2b84b",  # lines of the other viewports
    "overlay": "#ffc53d",  # overlay planes of files (60xx)
}
PAPER = "#ffffff"  # behind a QR code, which is read by its contrast

FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "Helvetica Neue", '
    "Arial, sans-serif"
)
MONO_FONT = (
    'ui-monospace, "SF Mono", "Cascadia Mono", "Noto Sans Mono", "Liberation Mono", monospace'
)

STYLESHEETS: list[str] = [
    "/tokens.css",
    "/pacscribe.css",
    "/worklist.css",
    "/study.css",
    "/viewer.css",
    "/viewer_video.css",
    "/report.css",
    "/audit.css",
    "/upload.css",
    "/settings.css",
    "/joining.css",
    "/security.css",
    "/conflicts.css",
    "/people.css",
]


def tokens_css() -> str:
    """The tokens as CSS custom properties: dark by default, light where the page has the class.

    The browser draws its own parts of fields (calendars, crosses) by the scheme as well.
    """
    sizes = [f"--space-{name}: {px}px;" for name, px in SPACING_PX.items()]
    for name, (size, line) in TYPE_PX.items():
        sizes += [f"--type-{name}: {size / 16:g}rem;", f"--line-{name}: {line / 16:g}rem;"]
    sizes += [f"--radius-{name}: {px}px;" for name, px in RADIUS_PX.items()]
    sizes += [f"--font: {FONT};", f"--font-mono: {MONO_FONT};"]
    return (
        "/* Written by pacscribe_ui/theme.py; change it there. */\n"
        + _rule(":root", ["color-scheme: dark;", *sizes, *_fixed(), *_colours(DARK)])
        + _rule(":root.light", ["color-scheme: light;", *_colours(LIGHT)])
    )


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two `#rrggbb` colours (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _colours(palette: dict[str, str]) -> list[str]:
    return [f"--{name}: {value};" for name, value in palette.items()]


def _fixed() -> list[str]:
    return [
        f"--paper: {PAPER};",
        *_colours({f"glass-{name}": value for name, value in GLASS.items()}),
    ]


def _rule(selector: str, lines: list[str]) -> str:
    return f"{selector} {{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


if __name__ == "__main__":
    target = Path(__file__).parent.parent / "assets" / "tokens.css"
    target.write_text(tokens_css(), "utf-8")
