"""What is said before a second factor goes, or recovery codes are replaced."""

import pytest

from backend.schemas.factors import FactorsView, PasskeyView
from pacscribe_ui.state.security_lines import APP, asked_for_codes, asked_to_remove
from pacscribe_ui.text import Security


def key(name: str) -> PasskeyView:
    return PasskeyView(
        passkey_id=f"id of {name}",
        name=name,
        created_at="",
        last_used_at="",
        is_synced=False,
        is_suspended=False,
    )


def held(*names: str, has_app: bool = False, is_required: bool = False) -> FactorsView:
    return FactorsView(
        has_app=has_app,
        app_since="",
        passkeys=tuple(map(key, names)),
        recovery_codes=3,
        is_required=is_required,
    )


@pytest.mark.parametrize("is_required", [False, True])
def test_it_is_said_what_is_left_to_sign_in_with(is_required):
    mine = held("Laptop", "Phone", has_app=True, is_required=is_required)
    asked = asked_to_remove("id of Phone", mine)
    assert (asked.what, asked.question) == ("id of Phone", "Remove the passkey Phone?")
    left = "You go on signing in with what is left: your authenticator app, Laptop."
    assert asked.effects == (left, Security.OTHERS_END)
    assert asked.is_possible
    asked = asked_to_remove(APP, mine)
    assert (asked.question, asked.label) == (Security.ASK_APP, Security.REMOVE_APP)
    assert asked.effects[0].endswith("what is left: Laptop, Phone.")


def test_the_only_factor_can_go_where_none_is_demanded_and_cannot_where_one_is():
    free = asked_to_remove(APP, held(has_app=True))
    assert free.is_possible
    assert free.effects == (Security.LEFT_NOTHING, Security.OTHERS_END)
    bound = asked_to_remove(APP, held(has_app=True, is_required=True))
    assert not bound.is_possible
    assert bound.effects == (Security.LEFT_TOO_LITTLE,)


def test_it_is_said_how_many_codes_stop_working():
    assert asked_for_codes(1).effects == ("The one that is left stops working at once.",)
    assert asked_for_codes(7).effects == ("The 7 that are left stop working at once.",)
