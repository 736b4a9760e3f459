"""What it will do if a second factor goes, or new recovery codes are made, in words: said before it is done."""

from dataclasses import dataclass

from backend.schemas.factors import FactorsView
from pacscribe_ui.text import Security as words

APP, CODES = "app", "codes"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is asked before it is done.

    Attributes:
        what: `app`, `codes`, or the identifier of a passkey.
        question: The question.
        effects: What will happen.
        label: What the button says.
        is_possible: Whether it can be done at all.
    """

    what: str
    question: str
    effects: tuple[str, ...]
    label: str
    is_possible: bool = True


NOTHING_ASKED = Asked("", "", (), "")


def asked_to_remove(what: str, held: FactorsView) -> Asked:
    """What is asked before a factor is removed.

    Args:
        what: `app`, or the identifier of a passkey.
        held: What the person holds.
    """
    names = [each.name for each in held.passkeys if each.passkey_id == what]
    left = [words.APP_LEFT] if held.has_app and what != APP else []
    left += [each.name for each in held.passkeys if each.passkey_id != what]
    is_app = what == APP
    question = words.ASK_APP if is_app else words.ASK_PASSKEY.format(name="".join(names))
    label = words.REMOVE_APP if is_app else words.REMOVE_PASSKEY
    if left:
        effects: tuple[str, ...] = (words.LEFT.format(left=", ".join(left)), words.OTHERS_END)
    elif held.is_required:
        effects = (words.LEFT_TOO_LITTLE,)
    else:
        effects = (words.LEFT_NOTHING, words.OTHERS_END)
    return Asked(what, question, effects, label, bool(left) or not held.is_required)


def asked_for_codes(count: int) -> Asked:
    """What is asked before new recovery codes are made; `count` are left."""
    said = words.CODES_END_ONE if count == 1 else words.CODES_END.format(count=count)
    return Asked(CODES, words.ASK_CODES, (said,), words.NEW_RECOVERY)
