"""Words of the dialog that asks for a proof before a dangerous act."""

STEP_UP: dict[str, str] = {
    "title": "Prove that it is you",
    "lead": "What you are about to do cannot be left to whoever finds this screen open. It goes on when you have proved who you are.",
    "password": "Your password",
    "confirm": "Go on",
    "confirming": "Checking…",
    "cancel": "Do not go on",
    "no_connection": "The server cannot be reached. Try again.",
}
