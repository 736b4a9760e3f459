"""Words about proving who one is: passkeys on the way in, and the dialog before a dangerous act."""

_BROWSER: dict[str, str] = {
    "cancelled": "That was called off, or took too long. Nothing has changed.",
    "known": "This device has a passkey for your account already.",
    "failed": "The browser could not do this. Use another way.",
    "no_connection": "The server cannot be reached. Try again.",
}

PASSKEY: dict[str, str] = {**_BROWSER, "waiting": "Waiting for your device…", "name": "Passkey"}

PROOF: dict[str, str] = {
    **_BROWSER,
    "code": "Code of your authenticator app, or a recovery code",
    "passkey": "Use a passkey",
}

STEP_UP: dict[str, str] = {
    **PROOF,
    "title": "Prove that it is you",
    "lead": "What you are about to do cannot be left to whoever finds this screen open. It goes on when you have proved who you are.",
    "password": "Your password",
    "confirm": "Go on",
    "confirming": "Checking…",
    "cancel": "Do not go on",
}
