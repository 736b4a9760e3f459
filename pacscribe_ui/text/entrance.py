"""Words of the pages one sees before signing in: sign-in, set-up, privacy."""


class SignIn:
    """The sign-in page."""

    TITLE = "Sign in"
    LEAD = "Images and reports, on your own server."
    EMAIL = "E-mail"
    PASSWORD = "Password"
    SUBMIT = "Sign in"
    PASSKEY = "Use a passkey"
    OR = "or"
    PRIVACY = "What PACScribe stores about you"
    FAILURE_TITLE = "Not signed in"
    # Keyed by the code in `?refused=`; the route that refuses chooses it.
    REFUSED: dict[str, str] = {
        "1": "E-mail or password is not right. Check both and try again.",
        "late": "This took too long. Begin again.",
        "wait": "Too many attempts. Wait a minute and try again.",
        "ended": "Your session has ended. Sign in again.",
        "out": "You are signed out.",
        "used": "This set-up link was used or has expired. Start PACScribe again to get a new one.",
        "weak": "The password is too short or too common. Choose a longer one.",
        "incomplete": "Something was left empty. Fill in every field.",
    }
    REFUSED_OTHERWISE = "Signing in did not work. Try again."


class SetUp:
    """The page behind the one-time set-up link."""

    TITLE = "Set up PACScribe"
    LEAD = "You make the first account. It belongs to the administrator of your organization."
    ORGANIZATION = "Organization"
    NAME = "Your name"
    NAME_HINT = "As colleagues should read it, for example on a report."
    EMAIL = "E-mail"
    PASSWORD = "Password"
    PASSWORD_HINT = "At least 12 characters. A few words in a row are easy to remember."
    SUBMIT = "Create the account"
    NO_TOKEN_TITLE = "This address is not complete"
    NO_TOKEN = "Open the whole set-up link that PACScribe printed when it started."


class PrivacyPage:
    """What is stored."""

    TITLE = "What PACScribe stores"
    LEAD = "PACScribe runs on your organization's own server. It sends nothing to anybody else."
    SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
        (
            "About patients",
            (
                "The studies your organization takes in: images and everything in their DICOM files, "
                "byte for byte as they came.",
                "The reports written here, each signed version for good.",
                "Files, reports and database are encrypted on the disk. Without the key file, which only "
                "your organization holds, nothing in them can be read.",
            ),
        ),
        (
            "About you",
            (
                "Name, e-mail, roles, and phone and specialty if you gave them; no birth date, for you have said that you "
                "are at least 18 years old. Nobody under 13 is given an account. Of your password only a value from "
                "which it cannot be computed back.",
                "Letters to you until they have left; then only that there was one. Who asks for an account and is not "
                "let in is forgotten after 30 days.",
                "Your sessions: when they began, were last used and ended, with address and browser.",
                "Your second factors: the sealed secret of your authenticator app, the public half of your passkeys, "
                "keyed hashes of your recovery codes, and the browsers that you have had remembered.",
            ),
        ),
        (
            "The audit trail",
            (
                "Who signed in, opened a study, changed or signed a report, and what was refused, with "
                "time and address. Entries are chained: one that was changed or taken out is found.",
                "Administrators of your organization can read it.",
            ),
        ),
        (
            "In your browser",
            (
                "One cookie that holds your session. Scripts cannot read it, and it ends with the session. If you "
                "want this browser to be remembered, a second one for 30 days.",
                "Your choice of dark or light. No images, no reports, no trackers, nothing from other sites.",
            ),
        ),
    )
