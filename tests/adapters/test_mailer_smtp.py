"""Mail leaves by SMTP, over TLS, and nothing that somebody typed becomes more than it is."""

import pytest

from backend.adapters.mailer_smtp import SmtpMailer
from backend.core.errors import CannotStart
from backend.ports.mailer import Mail, MailDelayed, MailRefused
from tests.mail_server import PASSWORD, USER, mail_server, text_of, trusting
from tests.served import free_port

FROM = "pacs@bayview.example"
TO = "anna@bayview.example"
MAIL = Mail(TO, "A subject", "Some text.\n")


def mailer(server, scheme="smtp", user="", trusted=trusting):
    return SmtpMailer(f"{scheme}://{user}127.0.0.1:{server.port}", FROM, trusted)


@pytest.fixture(scope="module")
def plain():
    with mail_server() as server:
        yield server


@pytest.fixture
def server(plain):
    plain.envelopes.clear()
    plain.answer = plain.answer_to_recipient = "250 OK"
    return plain


def test_a_mail_arrives_as_it_was_written(server):
    mailer(server).send(Mail(TO, "Grüße von nebenan", "Ein Satz – mit Zeichen.\n\nNoch einer.\n"))
    (mail,) = server.mails
    assert (mail["From"], mail["To"]) == (f"PACScribe <{FROM}>", TO)
    assert mail["Subject"] == "Grüße von nebenan"
    assert text_of(mail) == "Ein Satz – mit Zeichen.\n\nNoch einer.\n"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@bayview.example>")
    assert mail["Date"]
    (envelope,) = server.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == (FROM, [TO])


def test_a_long_link_is_not_broken(server):
    link = "https://pacs.example/reset#token=" + "x" * 1200
    mailer(server).send(Mail(TO, "A link", f"{link}\n"))
    assert text_of(server.mails[0]) == f"{link}\n"


@pytest.mark.parametrize("password", [PASSWORD, "another"])
@pytest.mark.parametrize(("tls", "scheme"), [("smtps", "smtps"), ("starttls", "smtp")])
def test_over_tls_with_a_password(tls, scheme, password):
    user = f"{USER}:{password.replace(' ', '%20')}@"
    with mail_server(tls=tls, asks_for_password=True) as server:
        if password == PASSWORD:
            mailer(server, scheme, user).send(MAIL)
            assert len(server.mails) == 1
        else:
            with pytest.raises(MailDelayed, match="refuses name or password"):
                mailer(server, scheme, user).send(MAIL)


@pytest.mark.parametrize(("tls", "scheme"), [("smtps", "smtps"), ("starttls", "smtp")])
def test_a_certificate_that_nobody_trusts_gets_no_mail(tls, scheme):
    with mail_server(tls=tls) as server:
        stranger = SmtpMailer(f"{scheme}://127.0.0.1:{server.port}", FROM)
        with pytest.raises(MailDelayed, match="no certificate that is trusted"):
            stranger.send(MAIL)
        assert server.envelopes == []


def test_without_encryption_nothing_leaves_this_machine(server, monkeypatch):
    other = mailer(server)
    monkeypatch.setattr(type(other._server), "is_this_machine", False)
    with pytest.raises(MailDelayed, match="offers no encryption"):
        other.send(MAIL)
    assert server.envelopes == []


@pytest.mark.parametrize(
    "to",
    [
        f"{TO}\r\nBcc: eve@evil.example",
        f"{TO}\nBcc: eve@evil.example",
        f"{TO}, eve@evil.example",
        f"{TO} eve@evil.example",
        f"Anna <{TO}>",
        f"{TO}\0",
        "no address",
        "@bayview.example",
        "anna@",
        "",
    ],
)
def test_an_address_that_is_more_or_less_than_one_is_refused(server, to):
    with pytest.raises(MailRefused):
        mailer(server).send(Mail(to, "A subject", "Text"))
    assert server.envelopes == []


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_no_subject_begins_another_header(server, end):
    with pytest.raises(MailRefused):
        mailer(server).send(Mail(TO, f"Hello{end}Bcc: eve@evil.example", "Text"))
    assert server.envelopes == []


def test_text_cannot_end_the_mail_early(server):
    text = "One.\n.\nMAIL FROM:<eve@evil.example>\n.\r\nRCPT TO:<x@evil.example>\n"
    mailer(server).send(Mail(TO, "Dots", text))
    (mail,) = server.mails
    assert text_of(mail) == text.replace("\r\n", "\n")
    assert server.envelopes[0].rcpt_tos == [TO]


@pytest.mark.parametrize(
    ("answer", "kind"), [("550 no such person", MailRefused), ("450 later", MailDelayed)]
)
@pytest.mark.parametrize("step", ["answer", "answer_to_recipient"])
def test_what_the_server_says_of_one_mail_holds_for_that_one(server, answer, kind, step):
    setattr(server, step, answer)
    with pytest.raises(kind, match=answer[:3]) as refused:
        mailer(server).send(MAIL)
    assert TO not in refused.value.sentence
    assert kind is MailRefused or not refused.value.for_all


def test_a_server_that_is_away_delays_all_mail():
    away = SmtpMailer(f"smtp://127.0.0.1:{free_port()}", FROM)
    with pytest.raises(MailDelayed, match="cannot be reached") as delayed:
        away.send(MAIL)
    assert delayed.value.for_all


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:none",
        "smtp://mail.example/path",
        "smtp://user:secret@",
        "smtps://mail.example?tls=no",
    ],
)
def test_a_url_that_cannot_be_understood_stops_the_start_without_being_quoted(url):
    with pytest.raises(CannotStart) as refused:
        SmtpMailer(url, FROM)
    assert "PACSCRIBE_SMTP_URL" in refused.value.sentence
    assert "secret" not in refused.value.sentence


@pytest.mark.parametrize("sender", ["", "nobody", "a@b\r\nBcc: c@d", "a b@c", "PACS <a@b>"])
def test_a_sender_that_is_no_address_stops_the_start(sender):
    with pytest.raises(CannotStart, match="PACSCRIBE_MAIL_FROM"):
        SmtpMailer("smtps://mail.example", sender)


def test_the_password_of_the_server_is_not_shown():
    mailer = SmtpMailer("smtps://user:secret@mail.example", FROM)
    assert "secret" not in repr(mailer._server)
