"""Recovery codes: ten, each opens once, and they stand in for a factor only while there is one."""

import pytest
from sqlalchemy import text as sql

from backend.access.codes import RECOVERY_CODES, Codes
from backend.core.errors import (
    Malformed,
    ProofRefused,
)


def test_ten_recovery_codes_each_open_once(anna):
    anna.add_app()
    codes = anna.house.factors.new_recovery_codes(anna.caller)
    assert len(set(codes)) == RECOVERY_CODES
    assert anna.by_code(codes[0]).token
    with pytest.raises(ProofRefused):
        anna.by_code(codes[0])
    assert anna.house.factors.overview(anna.caller).recovery_codes == 9


@pytest.mark.parametrize(
    "change", [str.upper, lambda code: code.replace("-", ""), lambda code: code.replace("-", " ")]
)
def test_recovery_codes_are_taken_however_they_are_typed(anna, change):
    anna.add_app()
    codes = anna.house.factors.new_recovery_codes(anna.caller)
    assert anna.by_code(change(codes[3])).token


def test_new_recovery_codes_end_the_old_ones(anna):
    anna.add_app()
    old = anna.house.factors.new_recovery_codes(anna.caller)
    anna.house.factors.new_recovery_codes(anna.caller)
    with pytest.raises(ProofRefused):
        anna.by_code(old[0])


def test_recovery_codes_are_not_in_the_database(anna):
    anna.add_app()
    codes = anna.house.factors.new_recovery_codes(anna.caller)
    with anna.house.plain_database.system_read() as session:
        rows = str(session.connection().execute(sql("SELECT * FROM recovery_codes")).all())
    assert not any(code in rows or code.replace("-", "") in rows for code in codes)


def test_a_recovery_code_sent_twice_in_the_same_moment_opens_once(anna):
    anna.add_app()
    code = anna.house.factors.new_recovery_codes(anna.caller)[0]
    with anna.house.plain_database.system_write() as session:
        session.organization_id = None
        key = Codes(b"s" * 32)
        results = [key.use_recovery_code(session, anna.user_id, code) for _ in range(2)]
    assert results == [True, False]


def test_recovery_codes_of_somebody_else_open_nothing(people, anna):
    anna.add_app()
    bo = people.new()
    bo.add_app()
    theirs = bo.house.factors.new_recovery_codes(bo.caller)
    with pytest.raises(ProofRefused):
        anna.by_code(theirs[0])


def test_without_a_factor_there_is_nothing_to_recover(anna):
    with pytest.raises(Malformed):
        anna.house.factors.new_recovery_codes(anna.caller)
