"""Words of the page about the organization."""


class Organization:
    """Name and policies."""

    TITLE = "Organization"
    LEAD = "What your organization is called, what it demands of signing in, who may ask to join, and how long things are kept."
    NAME = "Name"
    SIGN_IN = "Signing in"
    SECOND_FACTOR = "Second factor"
    FACTORS: tuple[tuple[str, str], ...] = (
        ("required", "Everybody needs one"),
        ("optional", "Everybody may have one"),
    )
    IDLE = "Minutes without use until a session ends"
    IDLE_HINT = "Usually {usual}, or fewer. At most {longest}, with a reason."
    LONGEST = "Hours until a session ends in any case"
    LONGEST_HINT = "Usually {usual}, or fewer. At most {longest}, with a reason."
    REASON = "Why sessions last longer than usual"
    REASON_HINT = "Needed only beyond the usual times. It is kept in the audit trail."
    JOIN = "Joining"
    JOIN_LEAD = (
        "Whoever asks to join waits until somebody who manages people lets them in. Strangers get the same answer whatever "
        "is chosen here, so nobody finds out whether your organization is here. Invitations always work."
    )
    WHO = "Who may ask to join"
    JOINING: tuple[tuple[str, str], ...] = (
        ("anybody", "Whoever knows its exact name"),
        ("domains", "Only certain mail domains"),
        ("nobody", "Nobody, by invitation only"),
    )
    DOMAINS = "Mail domains"
    DOMAINS_HINT = "What stands after the @, such as hospital.example. Each counts by itself: eu.hospital.example is another one."
    WAITING_STAY = "Those who wait already go on waiting until somebody lets them in or declines."
    SAVE = "Change the organization"
    LEAVE = "Leave it as it is"
    DONE = "The organization is changed. It holds from now on."
    KEPT = "What is kept, and how long"
    KEPT_LINES: tuple[tuple[str, str], ...] = (
        ("Audit trail", "At least {years} years. No setting makes that shorter."),
        (
            "Signed reports",
            "Never changed. They go with their study only, and a study with one is not deleted.",
        ),
        (
            "Studies",
            "Until somebody who may deletes them, with a reason that stays in the audit trail.",
        ),
    )
    WHAT: dict[str, str] = {
        "name": "Name",
        "second_factor": "Second factor",
        "idle_minutes": "Minutes without use",
        "session_hours": "Hours in any case",
        "override_reason": "Reason for longer sessions",
        "joining": "Who may ask to join",
        "mail_domains": "Mail domains",
    }
    BECOMES = "{what}: {before} becomes {after}."
    IS_NEW = "{what}: {after}."
    GOES = "{what} goes: {before}."
    REQUIRED = "Whoever has no second factor is asked to set one up when they next sign in."
    SESSIONS_ONE = "1 open session is too old for the new times and ends at its next use."
    SESSIONS = "{count} open sessions are too old for the new times and end at their next use."
