"""One-time links: they work once, for one thing, for a while, and nothing that is kept opens them."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from backend.core import clock
from backend.models.people import OneTimeLink
from backend.services import links
from backend.services.links import LinkPurpose, LinkRefused
from tests.installation import install
from tests.postgres import new_database

HOUR = timedelta(hours=1)


@pytest.fixture(
    scope="module", params=["sqlcipher", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def shared_house(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("links")
    with new_database(request, folder, on_postgresql=request.param == "postgresql") as database:
        installed = install(database, folder)
        yield installed
        installed.sessions.close()


@pytest.fixture
def house(shared_house):
    with shared_house.plain_database.system_write() as session:
        session.connection().execute(text("DELETE FROM one_time_links"))
    return shared_house


def issue(house, purpose=LinkPurpose.RESET_PASSWORD, about="", **more):
    with house.database.system_write() as session:
        return links.issue(
            session, purpose, organization_id=house.east, lasts=HOUR, about=about, **more
        )


def redeem(house, token, purpose=LinkPurpose.RESET_PASSWORD):
    with house.database.system_write() as session:
        return links.redeem(session, purpose, token).about


def test_a_link_works_once(house):
    token = issue(house, about="this")
    assert redeem(house, token) == "this"
    with pytest.raises(LinkRefused):
        redeem(house, token)


def test_a_link_has_256_bits_of_which_only_the_hash_is_kept(house):
    token = issue(house)
    assert len(token) == 43
    with house.database.system_read() as session:
        (row,) = session.exec(select(OneTimeLink)).all()
        assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()
        assert token not in row.model_dump_json()


def test_a_link_is_for_one_purpose(house):
    token = issue(house, LinkPurpose.INVITATION)
    with pytest.raises(LinkRefused):
        redeem(house, token, LinkPurpose.RESET_PASSWORD)
    redeem(house, token, LinkPurpose.INVITATION)


def test_a_link_ends_by_its_time(house):
    now = clock.now()
    with clock.frozen(now):
        token = issue(house)
    with clock.frozen(now + HOUR), pytest.raises(LinkRefused):
        redeem(house, token)
    with clock.frozen(now + HOUR - timedelta(seconds=1)):
        redeem(house, token)


def test_a_newer_link_ends_the_one_before_for_the_same_matter_only(house):
    first, other = issue(house, about="a"), issue(house, about="b")
    second = issue(house, about="a")
    with pytest.raises(LinkRefused):
        redeem(house, first)
    redeem(house, second)
    redeem(house, other)


@pytest.mark.parametrize("token", ["", "x" * 43, "\ud800", "' OR 1=1 --", "x" * 100_000])
def test_a_guess_is_refused(house, token):
    issue(house)
    with pytest.raises(LinkRefused):
        redeem(house, token)


def test_a_link_whose_use_is_undone_still_works(house):
    token = issue(house)

    def fails():
        with house.database.system_write() as session:
            links.redeem(session, LinkPurpose.RESET_PASSWORD, token)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    redeem(house, token)


def test_old_links_are_removed(house):
    issue(house)
    with house.database.system_write() as session:
        links.prune(session, clock.now() + 2 * HOUR)
        assert session.exec(select(OneTimeLink)).all() == []
