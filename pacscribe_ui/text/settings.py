"""Words of the settings: their frame, and the page about the storage."""


class Settings:
    """The frame around the pages of administrators."""

    TITLE = "Settings"
    SECTIONS = "Sections of the settings"
    PEOPLE = "People"
    ROLES = "Roles"
    ORGANIZATION = "Organization"
    PROGRAMS = "Access tokens"
    SECURITY = "Security"
    CONFLICTS = "Conflicts"
    ACCESS = "Access to studies"
    EMERGENCIES = "Emergencies"
    STORAGE = "Storage"
    CHECKS = "Checks"
    JOBS = "Background jobs"
    PROFILE = "Profile"


class Storage:
    """The page about the storage."""

    TITLE = "Storage"
    LEAD = "What one organization keeps, how it grows, and how much room the disk of the whole installation has left."
    LEVELS: dict[str, str] = {
        "enough": "There is room",
        "low": "Room is running out",
        "full": "The storage is full",
    }
    # What that means, in one sentence.
    MEANINGS: dict[str, str] = {
        "enough": "Nothing needs to be done.",
        "low": "Make room on the disk, or move the data directory to a larger one, before uploads are refused.",
        "full": "Uploads are refused until there is room; viewing, signing and signing in go on.",
    }
    DISK = "Disk of the whole installation"
    USED = "Share of the disk that is used"
    FREE = "{free} of {total} free"
    RESERVED = (
        "{reserved} of it stay reserved, so that signing, sign-in and the audit trail always go on."
    )
    LASTS = "At the growth of the last 90 days it lasts for {span}."
    LASTS_FOREVER = "Nothing has come in the last 90 days, so how long it lasts is not known."
    DAY_NONE = "less than a day"
    DAY_ONE = "1 day"
    DAYS = "{count} days"
    MONTHS = "about {count} months"
    YEARS = "about {count} years"
    LONG = "more than ten years"
    KEPT_OF = "Kept by "
    STUDIES = "Studies"
    OBJECTS = "Objects"
    ORIGINALS = "Originals, byte for byte"
    COPIES = "Reading copies, which can be made again"
    HELD = "Files in conflict, kept apart"
    ARRIVING = "Uploads on their way"
    DATABASE = "Database of the whole installation"
    BY_MODALITY = "By modality"
    MODALITY = "Modality"
    NO_MODALITY = "Not given"
    SIZE = "Size"
    BY_MONTH = "By month of arrival"
    MONTH = "Month (UTC)"
    EMPTY_TITLE = "Nothing is kept yet"
    EMPTY = "Figures appear here with the first study."
