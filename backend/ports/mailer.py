"""The shape of what carries mail away. What is written, to whom and when is in `services.letters`."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it leaves: plain text to one address."""

    to: str
    subject: str
    text: str


class MailRefused(Exception):  # noqa: N818 - says what it is
    """This mail will never be taken; trying it again would change nothing.

    Args:
        sentence: Why, without address or text.
    """

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


class MailDelayed(Exception):  # noqa: N818 - says what it is
    """This mail does not leave at this moment.

    Args:
        sentence: Why, without address or text.
        for_all: Whether no mail does: the server is away, busy, or does not let us in.
    """

    def __init__(self, sentence: str, *, for_all: bool = True) -> None:
        self.sentence = sentence
        self.for_all = for_all
        super().__init__(sentence)


class Mailer(Protocol):
    """Hands mails to a mail server."""

    def send(self, mail: Mail) -> None:
        """Hand one mail over; it is the server's when this returns.

        Raises:
            MailRefused: If it is no use to try again.
            MailDelayed: If it is.
        """
        ...
