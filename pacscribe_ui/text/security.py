"""Words of the second step of signing in, and of the page about one's own sign-in."""


class SecondStep:
    """After the password."""

    TITLE = "Prove that it is you"
    ENROL_TITLE = "Add a second factor"
    LEAD = "The password was right. One more step."
    ENROL_LEAD = (
        "Your organization asks everybody for a second factor. Add yours now; it takes a minute."
    )
    WHO = "Signing in as "
    CODE = "Code of your authenticator app"
    CODE_OR_RECOVERY = "Code of your authenticator app, or a recovery code"
    RECOVERY = "Recovery code"
    CODE_HINT = "Six digits; they change every half minute. Or one of your ten recovery codes."
    RECOVERY_HINT = "Use your passkey; without it, one of your ten recovery codes."
    REMEMBER = "Do not ask for a code in this browser for 30 days"
    SUBMIT = "Go on"
    PASSKEY = "Use a passkey"
    MAKE_PASSKEY = "Use this device or a security key instead"
    SCAN = "Scan this with an authenticator app"
    PICTURE = "QR code for your authenticator app"
    KEY = "Or type this key into it:"
    FIRST_CODE = "Then type the code that the app shows"
    OTHER = "Sign in as somebody else"
    OVER_TITLE = "Begin again"
    OVER = "This took too long, or was finished. Sign in with your password again."
    AGAIN = "To the sign-in page"
    FAILURE_TITLE = "Not yet"
    REFUSED: dict[str, str] = {
        "code": "This is not right, or was used already. Wait for the next code.",
        "wait": "Too many attempts. Wait a minute and try again.",
    }
    REFUSED_OTHERWISE = "That did not work. Try again."


class RecoveryCodes:
    """After the first second factor was added."""

    TITLE = "Keep your recovery codes"
    LEAD = "Your second factor is in use. One thing is left."
    WHAT_FOR = (
        "Each of these lets you in once, on the day when your phone or key is lost. Print them or write them down,"
        " and keep them where your phone is not. They are shown this once."
    )
    AS_FILE = "Save as a file"
    FILE_NAME = "pacscribe-recovery-codes.txt"
    KEPT = "I have kept them"


class Security:
    """One's own second factors, sessions and remembered browsers."""

    TITLE = "Security"
    LEAD = "How you sign in, and where you are signed in."
    FACTORS = "Second factors"
    NONE = "With a second factor, your password alone opens nothing to whoever finds it out."
    REQUIRED = "Your organization asks everybody for at least one."
    FIRST_TITLE = "One thing is left"
    FIRST = "Make recovery codes now: they let you in on the day when your phone or key is lost."
    APP = "Authenticator app"
    APP_ON = "In use since "
    APP_OFF = "Not in use"
    ADD_APP = "Add an authenticator app"
    REMOVE_APP = "Remove the app"
    PASSKEYS = "Passkeys"
    NO_PASSKEYS = "None. A passkey signs you in by fingerprint, face or PIN, without a password."
    ADD_PASSKEY = "Add a passkey"
    PASSKEY_NAME = "What to call it"
    PASSKEY_NAME_HINT = "For example: laptop, phone, key on my key ring."
    RENAME = "Rename"
    REMOVE = "Remove"
    USED = "Last used "
    NEVER_USED = "Never used"
    ADDED = "Added "
    SYNCED = "kept by several of your devices"
    SUSPENDED = "Suspended: there is a copy of it"
    RECOVERY = "Recovery codes"
    RECOVERY_LEFT = "left of ten"
    RECOVERY_NONE = (
        "None. Without them, only an administrator can let you in when everything else is lost."
    )
    NEW_RECOVERY = "Make new recovery codes"
    CODES_TITLE = "Your recovery codes"
    CODES_LEAD = (
        "Each works once, instead of a code of your app. Print them or write them down, and keep them"
        " where your phone is not. They are shown this once; earlier ones do not work any more."
    )
    CODES_KEPT = "I have kept them"
    SESSIONS = "Where you are signed in"
    BROWSER = "Browser"
    ADDRESS = "Address"
    SIGNED_IN = "Signed in"
    LAST_USED = "Last used"
    HOW = "With"
    THIS = "This session"
    END = "End"
    END_LABEL = "End the session in "
    END_OTHERS = "End all other sessions"
    ENDED_OTHERS = "All other sessions are ended."
    ENDED = "The session is ended."
    DEVICES = "Remembered browsers"
    DEVICES_LEAD = "There the password alone is enough. After 30 days they are forgotten."
    NO_DEVICES = "No browser is remembered."
    UNTIL = "Until"
    FORGET = "Forget"
    FORGET_LABEL = "Forget the browser "
    FORGOTTEN = "The browser is forgotten."
    REMOVE_LABEL = "Remove the passkey "
    REMOVE_PASSKEY = "Remove the passkey"
    KEEP = "Leave it as it is"
    ASK_APP = "Remove the authenticator app?"
    ASK_PASSKEY = "Remove the passkey {name}?"
    ASK_CODES = "Make new recovery codes?"
    APP_LEFT = "your authenticator app"
    LEFT = "You go on signing in with what is left: {left}."
    LEFT_NOTHING = "It is your only second factor: your password alone signs you in then, and your recovery codes stop working."
    LEFT_TOO_LITTLE = "It is your only second factor, and your organization asks everybody for one. Add another one first."
    OTHERS_END = "Your other sessions end, and browsers that are remembered ask for a code again."
    CODES_END_ONE = "The one that is left stops working at once."
    CODES_END = "The {count} that are left stop working at once."
    RENAME_LABEL = "Rename the passkey "
    APP_ADDED = "The authenticator app is in use. Other sessions are ended."
    APP_REMOVED = "The authenticator app is removed. Other sessions are ended."
    PASSKEY_ADDED = "The passkey is added. Other sessions are ended."
    PASSKEY_REMOVED = "The passkey is removed. Other sessions are ended."
    APP_TITLE = "Add an authenticator app"
    PASSKEY_TITLE = "Add a passkey"
    RENAME_TITLE = "Rename the passkey"
    CONFIRM = "Use this app"
    CREATE = "Make the passkey"
    SAVE = "Save"
    CANCEL = "Cancel"
    METHODS: dict[str, str] = {
        "": "password",
        "password": "password",
        "password+code": "password and code",
        "password+recovery-code": "password and recovery code",
        "password+passkey": "password and passkey",
        "password+device": "password, remembered browser",
        "passkey": "passkey",
    }


SESSION_CLOCK: dict[str, str] = {
    "title": "Are you still there?",
    "lead": "Nobody has done anything here for a while. In {time} you will be signed out, and this page will be blank. What you wrote is saved.",
    "last_title": "Your session ends soon",
    "last": "Your working day here ends in {time}. Then you will be signed out, and can sign in again. What you wrote is saved.",
    "seconds": "{count} seconds",
    "second": "1 second",
    "stay": "Stay signed in",
    "leave": "Sign out now",
    "understood": "All right",
}
