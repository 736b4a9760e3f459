"""Words of the pages about people and roles: what a permission lets somebody do, and what a change will do."""


class Rights:
    """Permissions as ends of a sentence that begins with `may`."""

    # Keyed by `Permission`.
    PHRASES: dict[str, str] = {
        "study:view": "see the worklist and open studies",
        "study:all": "reach every study of the organization",
        "study:upload": "upload and import studies",
        "study:edit": "set status, priority and assignment of studies",
        "study:export": "take images and files out of PACScribe",
        "study:share": "share studies with others",
        "study:delete": "delete studies",
        "patient:correct": "resolve conflicts and set patients right",
        "report:view": "read signed reports",
        "report:write": "write report drafts",
        "report:sign": "sign reports",
        "emergency:open": "open a study in an emergency, with a reason",
        "emergency:review": "review what was opened in an emergency",
        "audit:view": "read the audit trail",
        "audit:export": "take the audit trail out as a file",
        "people:manage": "invite, change and disable people, and change roles",
        "organization:manage": "change the organization's name and policies",
        "token:manage": "make service accounts, and see and revoke everybody's access tokens",
        "access:grant": "say which patients and studies are whose",
        "support:allow": "let support look in for a time",
        "support:use": "look into an organization that let support in",
        "archive:manage": "see storage, background jobs and checks, and run them again",
    }
    # Of the grid, in its order: a heading, what it is about, the permissions below it.
    GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        (
            "Studies",
            "Without reaching every study, somebody sees those they have to do with: assigned to them, of their patients, shared.",
            (
                "study:view",
                "study:all",
                "study:upload",
                "study:edit",
                "study:export",
                "study:share",
            ),
        ),
        ("Reports", "", ("report:view", "report:write", "report:sign")),
        ("Emergencies", "", ("emergency:open", "emergency:review")),
        (
            "Administration",
            "These are given and taken only by whoever holds them.",
            (
                "study:delete",
                "patient:correct",
                "audit:view",
                "audit:export",
                "people:manage",
                "organization:manage",
                "token:manage",
                "access:grant",
                "support:allow",
                "archive:manage",
            ),
        ),
    )
    MAY = "May {rights}."
    MAY_NOTHING = "May do nothing yet."
    ROLES: dict[str, str] = {
        "administrator": "Administrator",
        "radiologist": "Radiologist",
        "technologist": "Technologist",
        "clinician": "Clinician",
        "care-team": "Care team",
    }


class Roles:
    """The page about roles."""

    TITLE = "Roles"
    LEAD = "A role is a set of rights. The built-in ones never change; copy one to make your own of it."
    LIST = "Roles of the organization"
    BUILT_IN = "Built in"
    OWN = "Your own"
    HOLDERS_NONE = "Nobody has it"
    HOLDERS_ONE = "1 account has it"
    HOLDERS = "{count} accounts have it"
    NEW = "New role"
    COPY = "Copy"
    COPY_LABEL = "Copy the role {name}"
    COPY_NAME = "{name} (copy)"
    CHANGE = "Change"
    CHANGE_LABEL = "Change the role {name}"
    DELETE = "Delete"
    DELETE_LABEL = "Delete the role {name}"
    BACK = "All roles"
    NEW_TITLE = "A new role"
    CHANGE_TITLE = "Change a role"
    NAME = "Name"
    NAME_HINT = "As it stands after a person's name, such as Night shift."
    MAY = "Whoever has this role may"
    SAVE_NEW = "Make this role"
    SAVE = "Change this role"
    DELETE_TITLE = "Delete this role?"
    KEEP = "Keep it"
    DONE_NEW = "The role is made."
    DONE = "The role is changed. It holds from now on."
    DONE_DELETED = "The role is deleted."


class Effects:
    """What a change will do, said before it is done."""

    TITLE = "What this will do"
    NOT_YET = "Nothing would change yet."
    NOBODY = "Nobody has this role, so nobody gains or loses anything by it."
    NOBODY_TOUCHED = "Nobody gains or loses anything by it."
    GAINS = "{name} gains: {rights}."
    LOSES = "{name} loses: {rights}."
    MORE_ONE = "One more account is touched."
    MORE = "{count} more accounts are touched."
    AT_ONCE = "It holds at once, also in what they have open."
    SESSIONS_ONE = "1 open session ends now."
    SESSIONS = "{count} open sessions end now."
    SESSIONS_NONE = "No session is open."
    PROGRAMS_ONE = "1 access token stops working now."
    PROGRAMS = "{count} access tokens stop working now."
    KEPT = "Nothing is deleted: reports, notes and the audit trail keep the name."
    LINK = "{name} gets a letter with a link that works once, for an hour. The old password works until a new one is chosen."
    REMOVED = "Removed: {factors}. Browsers that were remembered are forgotten."
    APP = "the authenticator app"
    PASSKEY_ONE = "1 passkey"
    PASSKEYS = "{count} passkeys"
    CODE_ONE = "1 recovery code"
    CODES = "{count} recovery codes"
    NEW_FACTOR = "At the next sign-in {name} gives the password and sets up a new second factor."
    NO_FACTOR = "From then on the password of {name} is enough to sign in, until they set up a new second factor."
    BE_SURE = "Be sure that it is {name} who asks for this: until then, whoever knows the password can sign in."
    TOLD = "{name} is told by mail."
    LINK_ENDS = "With the new password all open sessions end. The second factor stays."
    BACK_LATER = "They can be enabled again; access tokens that were not revoked then work again."


class People:
    """The page about people."""

    TITLE = "People"
    LEAD = "Who belongs to the organization, what each may do, and when they were last seen."
    FIND = "Name or e-mail"
    FIND_DO = "Search"
    CLEAR = "Show all"
    TABLE = "Accounts"
    NAME = "Name"
    ROLES = "Roles"
    STANDING = "Account"
    ADDRESS = "E-mail"
    SEEN = "Last seen"
    FACTORS = "Second factor"
    NO_FACTOR = "None"
    NO_FACTOR_NEEDED = "Not needed"
    APP = "App"
    PASSKEY_ONE = "Passkey"
    PASSKEYS = "{count} passkeys"
    CODES = "Recovery codes left"
    NEVER = "Never"
    YOU = "you"
    SERVICE = "Service account"
    NO_ROLE = "No role"
    BESIDE = "and {count} more rights"
    BESIDE_ONE = "and 1 more right"
    STANDINGS: dict[str, str] = {"active": "Active", "disabled": "Disabled"}
    COUNT_ONE = "1 account"
    COUNT = "{count} accounts"
    FIRST_ONLY = "The first {shown} of {count} accounts. Search to find the others."
    NONE_TITLE = "Nobody of this name"
    NONE = "Search for a part of the name or of the e-mail address."
    BACK = "All people"
    GONE_TITLE = "There is no such account"
    GONE = "It may belong to another organization."
    RIGHTS = "Roles and rights"
    HAS_ROLES = "Roles"
    BESIDE_TITLE = "Rights beside the roles"
    BESIDE_LEAD = "For this one account, whatever its roles."
    BESIDE_QUESTION = "Beside the roles, this account may"
    BY_ROLE = "by a role"
    HOLDS = "What the account may do now"
    SAVE = "Change roles and rights"
    ACCOUNT = "Account"
    SESSIONS = "Open sessions"
    PROGRAMS = "Access tokens in use"
    ACTS: dict[str, str] = {
        "rights": "Change roles and rights",
        "disable": "Disable the account",
        "enable": "Enable the account",
        "end-sessions": "End all sessions",
        "revoke-programs": "Revoke all access tokens",
        "password-link": "Send a link for a new password",
        "reset-factors": "Reset the second factors",
    }
    QUESTIONS: dict[str, str] = {
        "disable": "Disable the account of {name}?",
        "enable": "Enable the account of {name} again?",
        "end-sessions": "End all sessions of {name}?",
        "revoke-programs": "Revoke all access tokens of {name}?",
        "password-link": "Send {name} a link for a new password?",
        "reset-factors": "Reset the second factors of {name}?",
        "rights": "Change roles and rights of {name}?",
    }
    LEAVE = "Leave it as it is"
    DONE: dict[str, str] = {
        "rights": "Roles and rights are changed. They hold from now on.",
        "disable": "The account is disabled.",
        "enable": "The account is enabled.",
        "end-sessions": "All sessions are ended.",
        "revoke-programs": "All access tokens are revoked.",
        "password-link": "The letter is on its way.",
        "reset-factors": "The second factors are removed.",
    }
