"""Words of the pages on which people come in: sign-up, confirmation, invitation, forgotten password; and of the profile."""


class SignUp:
    """The page on which somebody asks for an account."""

    TITLE = "Ask for an account"
    LEAD = "For people who work in health care. Somebody of your organization lets you in."
    KIND = "What would you like to do?"
    JOIN = "Join an organization that is here"
    FOUND = "Found a new organization"
    ORGANIZATION = "Organization or facility"
    ORGANIZATION_HINT = "Its exact name or short name, as your colleagues know it."
    NEW_ORGANIZATION_HINT = "You become its administrator."
    NAME = "Your name"
    NAME_HINT = "As colleagues should read it, for example on a report."
    ROLE = "Role that you wish for"
    ROLES: tuple[tuple[str, str], ...] = (
        ("radiologist", "Radiologist: reads and signs"),
        ("technologist", "Technologist: uploads studies"),
        ("clinician", "Clinician: sees images and reports"),
        ("care-team", "Care team: sees results"),
        ("administrator", "Administrator: runs PACScribe"),
    )
    EMAIL = "E-mail"
    EMAIL_HINT = "A letter to this address says how it goes on."
    PHONE = "Phone (optional)"
    PHONE_HINT = "Seen by whoever lets you in."
    SPECIALTY = "Specialty (optional)"
    ATTEST = "I work in health care and am at least 18 years old."
    ATTEST_HINT = (
        "PACScribe is not for patients. Nobody under 13 is given an account, whoever agrees to it."
    )
    SUBMIT = "Ask for the account"
    SENT_TITLE = "Look into your mailbox"
    SENT = (
        "If this address can have an account here, a letter is on its way to it. Its link confirms the address and works "
        "for a day. If no letter comes, look among unwanted mail."
    )
    SIGN_IN = "I have an account: sign in"


class Confirm:
    """The page behind the link that confirms an address."""

    TITLE = "Confirm your e-mail address"
    LEAD = "With this your address is confirmed. Choose the password that you will sign in with."
    PASSWORD = "Password"
    PASSWORD_HINT = "At least 15 characters. A few words in a row are easy to remember."
    SUBMIT = "Confirm and keep the password"
    NO_TOKEN_TITLE = "This address is not complete"
    NO_TOKEN = "Open the whole link of the letter."
    WAITS_TITLE = "Your address is confirmed"
    WAITS = (
        "An administrator of the organization that you named decides now. You get a letter when you are let in. If nobody "
        "answers within some days, ask a colleague for the organization's exact name, and ask anew."
    )
    DONE_TITLE = "Your organization is ready"
    DONE = "You are its administrator. Sign in with your e-mail address and your new password."
    SIGN_IN = "Sign in"


class Invitation:
    """The page behind an invitation."""

    TITLE = "Accept the invitation"
    LEAD = "You were invited to PACScribe. This makes your account."
    PASSWORD_HINT = (
        "At least 12 characters, or 15 where your organization asks for no second factor. A few words in a row are easy to "
        "remember."
    )
    SUBMIT = "Make the account"
    DONE_TITLE = "Your account is ready"
    DONE = "Sign in with the address that the invitation came to, and your new password."


class Forgotten:
    """The page on which somebody asks for a new password."""

    TITLE = "Choose a new password"
    LEAD = "A link is mailed to the address of your account."
    EMAIL = "E-mail"
    SUBMIT = "Send me the link"
    SENT_TITLE = "Look into your mailbox"
    SENT = (
        "If this address has an account here, a letter is on its way to it. Its link works for an hour. If no letter comes, "
        "ask an administrator of your organization."
    )
    SIGN_IN = "Back to the sign-in"
    LINK = "Forgot your password?"
    SIGN_UP_LINK = "Ask for an account"


class Reset:
    """The page behind the link for a new password."""

    TITLE = "Choose a new password"
    LEAD = "All your sessions end with this. Your second factor stays as it is."
    PASSWORD = "New password"
    SUBMIT = "Keep the new password"
    DONE_TITLE = "Your password is changed"
    DONE = "All your sessions have ended. Sign in with the new password."


class ConfirmEmail:
    """The page behind the links for a change of address."""

    TITLE = "Agree to the new address"
    LEAD = "An e-mail address changes once the old and the new one agree."
    SUBMIT = "I agree"
    HALF_TITLE = "This address agrees"
    HALF = "Open the link in the letter to the other address, too."
    DONE_TITLE = "The address is changed"
    DONE = "Sign in with the new address from now on."


class Mail:
    """What is said where no mail leaves."""

    NONE_TITLE = "No mail leaves this installation"
    NONE = "Letters wait until its operator sets a mail server. Ask an administrator of your organization instead."


class Profile:
    """The page about oneself."""

    TITLE = "Profile"
    LEAD = "What colleagues see of you, and how you sign in."
    ABOUT = "About you"
    NAME = "Name"
    NAME_HINT = (
        "As colleagues read it. Reports that you have signed keep the name they were signed with."
    )
    PHONE = "Phone"
    SPECIALTY = "Specialty"
    SAVE = "Save"
    SAVED = "Saved."
    ORGANIZATION = "Organization"
    ROLES = "Roles"
    EMAIL = "E-mail address"
    EMAIL_NOW = "Address"
    EMAIL_NEW = "New address"
    EMAIL_HINT = (
        "It changes once links that are mailed to the old and to the new address are opened."
    )
    EMAIL_PASSWORD = "Your password"
    EMAIL_SUBMIT = "Mail the links"
    EMAIL_SENT = "Two letters are on their way."
    EMAIL_WAITS = "Waiting to change to {email}"
    EMAIL_STATES: dict[str, str] = {
        "none": "Neither address has agreed yet.",
        "old": "The old address has agreed; the new one has not yet.",
        "new": "The new address has agreed; the old one has not yet.",
    }
    EMAIL_GIVE_UP = "Keep the old address"
    EMAIL_GIVEN_UP = "The address stays as it is."
    PASSWORD = "Password"
    PASSWORD_OLD = "Present password"
    PASSWORD_NEW = "New password"
    PASSWORD_HINT = "At least {least} characters. A few words in a row are easy to remember."
    PASSWORD_SUBMIT = "Change the password"
    PASSWORD_CHANGED = "Your password is changed. Your other sessions have ended."
