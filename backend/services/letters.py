"""Letters: written into the outbox in the transaction of what they tell of, and delivered later by a job.

Nobody waits for a mail server, and a letter tells of nothing that did not happen. A message may also say only what has
happened (`tell_later`); whom that concerns is then found out by the job, so that the time of an answer to a stranger tells
nothing. One-time links are made at the moment a letter leaves: until then there is no secret that the outbox could keep.
"""

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backend.core import clock
from backend.core.redaction import described_exception
from backend.models import outbox
from backend.models.outbox import LETTER
from backend.models.session import Database, Session
from backend.models.work import OutboxMessage
from backend.ports.mailer import Mail, MailDelayed, Mailer, MailRefused
from backend.services import links
from backend.services.links import LinkPurpose

_FIRST_PAUSE = timedelta(minutes=1)
_PAUSE_GROWS_BY = 4
_LONGEST_PAUSE = timedelta(hours=6)
_MOST_ATTEMPTS_TO_WRITE = 5
_MOST_AT_A_TIME = 200
_KEPT_FOR = timedelta(days=30)
_USEFUL_FOR = timedelta(days=30)
_TOO_LATE = "It could not be sent in time."
_NOT_WRITTEN = "An unexpected error kept it from being written; it is in the server's log."
# Line ends would begin another header, overrides of the writing direction would forge what is read.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LinkWanted:
    """The one-time link that a letter carries, made when it leaves; see `links.issue`."""

    purpose: LinkPurpose
    lasts: timedelta
    user_id: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to one address. Never about a patient by name, nor by anything else that says who it is.

    Attributes:
        to: The address.
        subject: One line.
        text: What is said; paragraphs are parted by empty lines.
        page: A path of this site that is named below the text; empty names none.
        link: Makes `page` a one-time link.
        closing: What is said below that.
        useful_for: Not sent when it has not left for so long.
    """

    to: str
    subject: str
    text: str
    page: str = ""
    link: LinkWanted | None = None
    closing: str = ""
    useful_for: timedelta = _USEFUL_FOR


Writer = Callable[[Session, str, Mapping[str, str]], timedelta | None]
"""Makes letters of what has happened: in a system session, for an organization, from what `tell_later` was given.

An answer puts the message off for so long.
"""


def send_later(session: Session, organization_id: str, letter: Letter) -> None:
    """Let a letter leave once the transaction of `session` is committed.

    Args:
        session: A writing session that sees the organization.
        organization_id: In whose matters it is written.
        letter: What is written, to whom.
    """
    now = clock.now()
    payload: dict[str, str] = {
        "to": letter.to,
        "subject": _UNSAFE.sub(" ", letter.subject).strip(),
        "text": letter.text,
        "page": letter.page,
        "closing": letter.closing,
        "until": (now + letter.useful_for).isoformat(),
    }
    if letter.link is not None:
        payload |= {
            "purpose": letter.link.purpose.value,
            "lasts": str(int(letter.link.lasts.total_seconds())),
            "user_id": letter.link.user_id,
            "about": letter.link.about,
        }
    session.add(
        OutboxMessage(
            organization_id=organization_id,
            kind=LETTER,
            payload=json.dumps(payload),
            run_after=now,
            recipient_hash=_recipient_hash(letter.to, letter.page),
        )
    )


def tell_later(session: Session, organization_id: str, kind: str, told: Mapping[str, str]) -> None:
    """Let letters be written later about something that happens in this transaction.

    Args:
        session: A writing session that sees the organization.
        organization_id: Where it happens.
        kind: One for which `Letters.write_for` knows a writer.
        told: What happened; nothing about a patient.
    """
    session.add(
        OutboxMessage(
            organization_id=organization_id,
            kind=kind,
            payload=json.dumps(dict(told)),
            run_after=clock.now(),
        )
    )


def written_lately(session: Session, to: str, page: str, within: timedelta) -> int:
    """How many letters that name a page were written to an address within a span of time.

    For limits on what strangers can cause: letters about other things do not count.
    """
    return outbox.letters_to(session, _recipient_hash(to, page), clock.now() - within)


class Letters:
    """The outbox, as the program itself works on it.

    Args:
        database: Where the outbox is.
        mailer: What carries mail away; None if none does. Letters wait then.
        public_url: How browsers reach PACScribe.
    """

    def __init__(self, database: Database, mailer: Mailer | None, public_url: str) -> None:
        self._database = database
        self._mailer = mailer
        self._public_url = public_url.rstrip("/")
        self._writers: dict[str, Writer] = {}
        # A server that is away is not asked for every letter, for each question may take long.
        self._rests_until = datetime.min.replace(tzinfo=UTC)

    @property
    def can_leave(self) -> bool:
        """Whether mail leaves this installation at all."""
        return self._mailer is not None

    def write_for(self, kind: str, writer: Writer) -> None:
        """Make known who writes the letters about something that happens."""
        self._writers[kind] = writer

    def tell_of(self, telling: Callable[[Session], None]) -> None:
        """Let the program itself tell of something that no use case has found."""
        with self._database.system_write() as session:
            telling(session)

    def is_any_due(self, session: Session) -> bool:
        """Whether `deliver` would find something to do."""
        now = clock.now()
        return outbox.is_any_due(session, now, letters=False) or (
            self._may_send and outbox.is_any_due(session, now, letters=True)
        )

    def deliver(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> str:
        """Write what is to be written, send what is to be sent, and say in a sentence what came of it.

        Args:
            progress: Told after each; it may end the work.
        """
        done = 0
        while done < _MOST_AT_A_TIME and self._write_next():
            done += 1
            progress(done, done)
        sent, trouble = 0, ""
        while done < _MOST_AT_A_TIME and not trouble and self._may_send:
            claimed = self._claim()
            if claimed is None:
                break
            is_sent, trouble = self._send(*claimed)
            sent += is_sent
            done += 1
            progress(done, done)
        with self._database.system_read() as session:
            waiting = outbox.letters_waiting(session)
        if self._mailer is None:
            return f"No mail server is set; {waiting} letters wait."
        return f"Sent: {sent} letters; {waiting} wait.{' ' if trouble else ''}{trouble}"

    def prune(self) -> None:
        """Remove messages and links that came to their end long ago."""
        before = clock.now() - _KEPT_FOR
        with self._database.system_write() as session:
            outbox.delete_old(session, before)
            links.prune(session, before)

    @property
    def _may_send(self) -> bool:
        return self.can_leave and clock.now() >= self._rests_until

    def _write_next(self) -> bool:
        """Make letters of the next message that is none yet; False if there is none."""
        with self._database.system_read() as session:
            due = outbox.next_due(session, clock.now(), letters=False)
        if due is None:
            return False
        try:
            self._write(due.id)
        except Exception as error:  # noqa: BLE001 - one message must not keep the others waiting
            _log.error("A letter could not be written: %s", described_exception(error))
            self._put_off(due.id)
        return True

    def _write(self, message_id: str) -> None:
        with self._database.system_write() as session:
            message = outbox.message_by_id(session, message_id)
            if message is None or message.delivered_at is not None:
                return  # another process was faster
            writer = self._writers.get(message.kind)
            told: Mapping[str, str] = json.loads(message.payload)
            put_off = writer(session, message.organization_id, told) if writer else None
            if put_off is None:
                message.delivered_at, message.payload = clock.now(), "{}"
            else:
                message.run_after = clock.now() + put_off
            session.add(message)

    def _put_off(self, message_id: str) -> None:
        with self._database.system_write() as session:
            message = outbox.message_by_id(session, message_id)
            if message is None:
                return
            message.attempts += 1
            message.run_after = clock.now() + _pause(message.attempts)
            if message.attempts >= _MOST_ATTEMPTS_TO_WRITE:
                _give_up(message, _NOT_WRITTEN)
            session.add(message)

    def _claim(self) -> tuple[str, Mail] | None:
        """The next letter, with its link, counted as tried; None if there is none."""
        with self._database.system_write() as session:
            while (message := outbox.next_due(session, clock.now(), letters=True)) is not None:
                words: dict[str, str] = json.loads(message.payload)
                if clock.now() < datetime.fromisoformat(words["until"]):
                    # Counted before it is sent: whatever the server does to us, the pauses grow.
                    message.attempts += 1
                    message.run_after = clock.now() + _pause(message.attempts)
                    session.add(message)
                    text = self._text(session, message.organization_id, words)
                    return message.id, Mail(words["to"], words["subject"], text)
                _give_up(message, _TOO_LATE)
                session.add(message)
                session.flush()
        return None

    def _text(self, session: Session, organization_id: str, words: Mapping[str, str]) -> str:
        address = self._public_url + words["page"] if words["page"] else ""
        if words.get("purpose"):
            token = links.issue(
                session,
                LinkPurpose(words["purpose"]),
                organization_id=organization_id,
                lasts=timedelta(seconds=int(words["lasts"])),
                user_id=words["user_id"] or None,
                about=words["about"],
            )
            address = f"{address}#token={token}"
        parts = (words["text"], address, words["closing"])
        return "\n\n".join(part for part in parts if part) + "\n"

    def _send(self, message_id: str, mail: Mail) -> tuple[bool, str]:
        """Send a letter and write down what came of it.

        Returns:
            Whether it is sent, and why no letter can be sent now, if that is so.
        """
        assert self._mailer is not None  # noqa: S101 - `_may_send` has asked
        delayed = refused = trouble = ""
        try:
            self._mailer.send(mail)
        except MailRefused as refusal:
            refused = refusal.sentence
        except MailDelayed as delay:
            delayed = delay.sentence
            _log.warning("A letter does not leave: %s", delayed)
            if delay.for_all:
                trouble, self._rests_until = delayed, clock.now() + _FIRST_PAUSE
        with self._database.system_write() as session:
            message = outbox.message_by_id(session, message_id)
            if message is not None:
                if refused:
                    _give_up(message, refused)
                elif delayed:
                    message.error = delayed[:200]
                else:
                    message.delivered_at, message.payload, message.error = clock.now(), "{}", ""
                session.add(message)
        return not (refused or delayed), trouble


def _give_up(message: OutboxMessage, why: str) -> None:
    message.given_up_at, message.error, message.payload = clock.now(), why[:200], "{}"
    _log.warning("A letter is given up: %s", why)


def _pause(attempts: int) -> timedelta:
    grown: int = _PAUSE_GROWS_BY ** min(attempts - 1, 10)
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * grown)


def _recipient_hash(to: str, page: str) -> str:
    told = f"{page} {to.strip().casefold()}"
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()
