"""Letters leave after what they tell of is committed, once, with fresh links, and again when the server was away."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from backend.adapters.mailer_smtp import SmtpMailer
from backend.core import clock
from backend.core.errors import Refusal
from backend.models.work import OutboxMessage
from backend.ports.mailer import MailDelayed, MailRefused
from backend.schemas.storage import RoomLevel
from backend.services import alarm_letters, letters, links
from backend.services.damage_marks import DAMAGED_MESSAGE_KIND
from backend.services.jobs import JobKind, Jobs
from backend.services.letters import Letter, Letters, LinkWanted, send_later, tell_later
from backend.services.links import LinkPurpose
from tests.installation import install
from tests.mail_server import Post, mail_server, text_of
from tests.postgres import new_database

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
URL = "https://pacs.example"
ANNA = "anna@east.example"
FROM = "pacs@east.example"


@pytest.fixture(scope="module")
def shared_house(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("letters")
    with new_database(request, folder, on_postgresql=False) as database:
        installed = install(database, folder)
        yield installed
        installed.sessions.close()


@pytest.fixture
def house(shared_house):
    with shared_house.plain_database.system_write() as session:
        for table in ("outbox", "one_time_links", "jobs"):
            session.connection().execute(text(f"DELETE FROM {table}"))
    with clock.frozen(NOW):
        yield shared_house


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def desk(house, post):
    return Letters(house.database, post, URL + "/")


def send(house, letter=None, **more):
    with house.database.write(house.east) as session:
        send_later(session, house.east, letter or Letter(ANNA, "Hello", "Some words.", **more))


def rows(house):
    with house.database.system_read() as session:
        return list(session.exec(select(OutboxMessage).order_by(OutboxMessage.id)))


def test_a_letter_reaches_a_real_server_once(database, tmp_path):
    house = install(database, tmp_path)
    with mail_server() as server:
        desk = Letters(house.database, SmtpMailer(f"smtp://127.0.0.1:{server.port}", FROM), URL)
        send(house, page="/settings/storage", closing="Goodbye.")
        assert desk.deliver() == "Sent: 1 letters; 0 wait."
        assert desk.deliver() == "Sent: 0 letters; 0 wait."
        (mail,) = server.mails
    house.sessions.close()
    assert text_of(mail) == f"Some words.\n\n{URL}/settings/storage\n\nGoodbye.\n"


def test_no_letter_leaves_about_what_did_not_happen(house, desk, post):
    def fails():
        with house.database.write(house.east) as session:
            send_later(session, house.east, Letter(ANNA, "Hello", "Some words."))
            raise Refusal

    with pytest.raises(Refusal):
        fails()
    desk.deliver()
    assert post.mails == []


def test_without_a_mail_server_letters_wait(house, post):
    send(house)
    assert Letters(house.database, None, URL).deliver() == "No mail server is set; 1 letters wait."
    assert Letters(house.database, post, URL).deliver() == "Sent: 1 letters; 0 wait."


def test_what_was_delivered_is_no_longer_kept(house, desk):
    send(house)
    desk.deliver()
    (row,) = rows(house)
    assert (row.payload, row.delivered_at) == ("{}", NOW)
    assert ANNA not in row.model_dump_json()


def test_a_link_is_made_when_its_letter_leaves_and_is_kept_nowhere(house, desk, post):
    link = LinkWanted(LinkPurpose.INVITATION, timedelta(days=1), about="an invitation")
    send(house, page="/invitation", link=link)
    (row,) = rows(house)
    assert "token" not in row.payload
    later = NOW + timedelta(days=5)
    with clock.frozen(later):
        desk.deliver()
        token = re.search(rf"{URL}/invitation#token=(\S+)\n", post.mails[0].text)[1]
        assert all(token not in each.model_dump_json() for each in rows(house))
        with house.database.system_write() as session:
            assert links.redeem(session, LinkPurpose.INVITATION, token).about == "an invitation"


def test_only_the_link_of_the_last_attempt_works(house, desk, post):
    send(house, page="/invitation", link=LinkWanted(LinkPurpose.INVITATION, timedelta(days=1)))
    sent = []
    post.send = lambda mail: sent.append(mail) or (_ for _ in ()).throw(MailDelayed("Away."))
    desk.deliver()
    with clock.frozen(NOW + timedelta(minutes=2)):
        desk.deliver()
        first, second = (each.text.partition("#token=")[2].strip() for each in sent)
        with house.database.system_read() as session:
            assert links.usable(session, LinkPurpose.INVITATION, first) is None
            assert links.usable(session, LinkPurpose.INVITATION, second) is not None


def test_a_server_that_is_away_is_asked_again_after_growing_pauses(house, desk, post):
    send(house)
    send(house)
    post.trouble = MailDelayed("The mail server cannot be reached, or broke off.")
    said = desk.deliver()
    assert said == "Sent: 0 letters; 2 wait. The mail server cannot be reached, or broke off."
    tried = [row for row in rows(house) if row.attempts]
    assert len(tried) == 1  # the others are not tried in vain
    assert tried[0].run_after == NOW + timedelta(minutes=1)
    assert tried[0].error == "The mail server cannot be reached, or broke off."
    post.trouble = None
    assert desk.deliver() == "Sent: 0 letters; 2 wait."  # it rests
    with clock.frozen(NOW + timedelta(minutes=1)):
        assert desk.deliver() == "Sent: 2 letters; 0 wait."
    assert {row.error for row in rows(house)} == {""}


def test_pauses_grow_up_to_six_hours():
    pauses = [letters._pause(attempts) for attempts in range(1, 8)]
    assert [pause / timedelta(minutes=1) for pause in pauses] == [1, 4, 16, 64, 256, 360, 360]
    assert letters._pause(100_000) == timedelta(hours=6)


def test_one_letter_that_must_wait_does_not_keep_the_others(house, desk, post):
    send(house)
    send(house, Letter("bo@east.example", "Hello", "Some words."))
    taken = post.send
    trouble = MailDelayed("The mail server does not take this mail (450).", for_all=False)
    post.send = lambda mail: taken(mail) if mail.to != ANNA else _raise(trouble)
    assert desk.deliver() == "Sent: 1 letters; 1 wait."


def _raise(error):
    raise error


def test_a_letter_that_is_never_taken_is_given_up_with_the_reason(house, desk, post):
    send(house)
    post.trouble = MailRefused("The mail server does not take mail for this address (550).")
    assert desk.deliver() == "Sent: 0 letters; 0 wait."
    (row,) = rows(house)
    assert (row.given_up_at, row.delivered_at, row.payload) == (NOW, None, "{}")
    assert row.error == "The mail server does not take mail for this address (550)."


def test_a_letter_that_comes_too_late_is_not_sent(house, desk, post):
    send(house, useful_for=timedelta(hours=1))
    with clock.frozen(NOW + timedelta(hours=1)):
        assert desk.deliver() == "Sent: 0 letters; 0 wait."
    assert post.mails == []
    assert rows(house)[0].error == "It could not be sent in time."


def test_a_subject_is_one_line(house, desk, post):
    send(house, Letter(ANNA, "Hello\r\nBcc: eve@evil.example\u202e", "Some words."))
    desk.deliver()
    assert post.mails[0].subject == "Hello Bcc: eve@evil.example"


def test_what_has_happened_is_made_letters_of_later(house, desk, post):
    def write(session, organization_id, told):
        for name in ("one", "two"):
            send_later(session, organization_id, Letter(f"{name}@x.example", told["what"], "Text."))

    desk.write_for("something", write)
    with house.database.write(house.east) as session:
        tell_later(session, house.east, "something", {"what": "It happened"})
    desk.deliver()
    assert {(mail.to, mail.subject) for mail in post.mails} == {
        ("one@x.example", "It happened"),
        ("two@x.example", "It happened"),
    }
    assert all(row.payload == "{}" for row in rows(house))


def test_one_that_cannot_be_written_is_tried_again_and_given_up_at_last(house, desk, caplog):
    def write(session, organization_id, told):
        send_later(session, organization_id, Letter(ANNA, "Never", "Text."))
        raise ZeroDivisionError("anna@east.example")

    desk.write_for("something", write)
    with house.database.write(house.east) as session:
        tell_later(session, house.east, "something", {})
    for hours in range(letters._MOST_ATTEMPTS_TO_WRITE + 1):
        with clock.frozen(NOW + timedelta(hours=6 * hours)):
            desk.deliver()
    (row,) = rows(house)  # nothing half written
    assert (row.attempts, row.given_up_at is not None) == (letters._MOST_ATTEMPTS_TO_WRITE, True)
    assert ANNA not in caplog.text


def test_the_worker_sends_letters_before_their_hour(house, desk, post):
    queue = Jobs(house.database)
    deliver = JobKind(
        "mail:deliver",
        lambda run: desk.deliver(run.progress),
        every=timedelta(hours=1),
        is_wanted=desk.is_any_due,
    )
    queue.register(deliver)
    queue.schedule()
    assert queue.run_next()
    assert not queue.run_next()
    send(house)
    assert queue.run_next()
    assert len(post.mails) == 1
    assert not queue.run_next()


def test_a_failing_post_does_not_keep_the_worker_busy(house, desk, monkeypatch):
    queue = Jobs(house.database)
    queue.register(
        JobKind("mail:deliver", _fails, every=timedelta(hours=1), is_wanted=lambda _session: True)
    )
    queue.schedule()
    assert queue.run_next()
    assert not queue.run_next()  # it waits for its next attempt, wanted or not


def _fails(_run):
    raise Refusal("It fails.")


def test_old_messages_are_removed(house, desk):
    send(house)
    desk.deliver()
    send(house)
    with clock.frozen(NOW + timedelta(days=31)):
        desk.prune()
    (row,) = rows(house)
    assert row.delivered_at is None  # what waits is not lost


def test_letters_to_an_address_are_counted_after_their_words_are_gone(house, desk):
    send(house, page="/confirm")
    desk.deliver()
    hour = timedelta(hours=1)
    with house.database.system_read() as session:
        assert letters.written_lately(session, "Anna@East.example", "/confirm", hour) == 1
        assert letters.written_lately(session, ANNA, "/reset", hour) == 0
        assert letters.written_lately(session, "bo@east.example", "/confirm", hour) == 0
    with clock.frozen(NOW + 2 * hour), house.database.system_read() as session:
        assert letters.written_lately(session, ANNA, "/confirm", hour) == 0


# -- alarms ------------------------------------------------------------------------------------


def damaged(house):
    with house.database.write(house.east) as session:
        tell_later(session, house.east, DAMAGED_MESSAGE_KIND, {"found_at": "2026"})


def test_damage_is_told_to_the_organizations_administrators_once_a_day(house, desk, post):
    alarm_letters.register(desk)
    damaged(house)
    desk.deliver()
    assert [mail.to for mail in post.mails] == ["administrator@east.example"]
    assert f"{URL}/settings/checks" in post.mails[0].text
    with clock.frozen(NOW + timedelta(hours=5)):
        damaged(house)
        desk.deliver()
    assert len(post.mails) == 1
    with clock.frozen(NOW + timedelta(hours=25)):
        desk.deliver()
    assert len(post.mails) == 2


def test_a_disk_that_fills_up_is_told_to_all_administrators_once_a_day(house, desk, post):
    alarm_letters.register(desk)
    for level in (RoomLevel.ENOUGH, RoomLevel.LOW, RoomLevel.LOW):
        desk.tell_of(lambda session, level=level: alarm_letters.tell_of_storage(session, level))
        desk.deliver()
    assert {mail.to for mail in post.mails} == {
        "administrator@east.example",
        "administrator@west.example",
    }
    assert len(post.mails) == 2
    desk.tell_of(lambda session: alarm_letters.tell_of_storage(session, RoomLevel.FULL))
    desk.deliver()
    assert [mail.subject for mail in post.mails[2:]] == ["The storage of PACScribe is full"] * 2


def test_a_message_that_nobody_is_told_of_is_done_with(house, desk):
    with house.database.write(house.east) as session:
        tell_later(session, house.east, "unheard of", {})
    desk.deliver()
    assert rows(house)[0].delivered_at == NOW
