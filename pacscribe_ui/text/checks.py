"""Words of the page about checks of stored objects, and of what administrators are told on every page."""


class Checks:
    """The page about checks."""

    TITLE = "Checks"
    LEAD = (
        "Whether what is stored is what was taken in: every object against its seal and its checksum, every frame "
        "against its pixels at ingest. A damaged object is shown and given out to nobody."
    )
    SOUND = "No stored object is known to be damaged."
    DAMAGED_ONE = "1 stored object is damaged."
    DAMAGED = "{count} stored objects are damaged."
    WHAT_TO_DO = "Put the files back from a backup of the data directory; the next check that finds them whole takes the mark away."
    ROUND_DAY = "In the background every object is looked at within a day."
    ROUND_DAYS = "In the background every object is looked at within {count} days."
    ROUND_NEVER = "Checking in the background is switched off."
    CHECK_ALL = "Check everything now"
    ASKED = "The check begins as soon as the jobs before it are through; see the background jobs."
    DAMAGES = "Damaged objects"
    FIRST_ONES = "The first hundred are listed."
    OBJECT = "Object"
    STUDY = "Study"
    WHAT = "What is wrong"
    FOUND_AT = "Found"
    KINDS: dict[str, str] = {
        "missing": "Its file is missing",
        "seal": "Its file was changed, cut or exchanged",
        "checksum": "Its file is not the one that was taken in",
        "pixels": "Its file is right, but is decoded to other pixels than at ingest; it is still shown",
    }
    RUNS = "Last checks, over all organizations"
    SCOPE = "Check"
    SCOPES: dict[str, str] = {
        "sample": "Next part",
        "all": "Everything",
        "object": "One that could not be read",
        "orphans": "Files that belong to no study",
    }
    BEGAN = "Began"
    RESULT = "Result"
    OBJECTS = "Objects"
    FRAMES = "Frames"
    SIZE = "Size"
    ALL_WHOLE = "All whole"
    FOUND_DAMAGED = "{count} damaged"
    RECOVERED = "{count} whole again"
    RENEWED = "{count} reading copies made anew"
    ORPHANS = "{count} orphaned files, to be swept"
    NOT_FINISHED = "Running, or broken off"
    NO_RUNS_TITLE = "No check yet"
    NO_RUNS = "The first part is checked within an hour of the first start."


class Alerts:
    """What people are told on every page."""

    LABEL = "To be noted"
    DAMAGED_ONE = "1 stored object is damaged and is not shown."
    DAMAGED = "{count} stored objects are damaged and are not shown."
    SENTENCES: dict[str, str] = {
        "storage-low": "The storage is filling up.",
        "storage-full": "The storage is full: uploads are refused.",
        "emergency": "Emergency access: you see studies that are otherwise closed to you. It is reviewed. It ends at",
        "emergencies-wait": "Studies were opened in an emergency. Please review it.",
        "support-looks": "Support access: you look at somebody else's organization, and change nothing. It ends at",
        "support-is-let-in": "Support may look into your organization. It ends at",
    }
    PATHS: dict[str, str] = {
        "damaged": "/settings/checks",
        "storage-low": "/settings/storage",
        "storage-full": "/settings/storage",
        "emergency": "/emergency",
        "emergencies-wait": "/settings/emergencies",
        "support-looks": "/support",
        "support-is-let-in": "/support",
    }
    LOOK = "Look at it"
