"""Words about those who are on their way in, and about accounts that are made for programs."""


class Newcomers:
    """Invitations, those who ask, service accounts."""

    INVITE = "Invite somebody"
    SERVICE = "New service account"
    TITLES: dict[str, str] = {
        "invite": "Invite somebody",
        "service": "A new service account",
        "approve": "Let somebody in",
    }
    LEADS: dict[str, str] = {
        "invite": "They get a letter with a link that works once, for seven days, and choose their own password.",
        "service": "For a program that works for nobody in particular. It has roles and access tokens, and never signs in.",
        "approve": "They get a letter, and can sign in at once with the password that they have chosen.",
    }
    EMAIL = "E-mail address"
    NAME = "Name of the program"
    ROLES = "With these roles"
    DO: dict[str, str] = {
        "invite": "Send the invitation",
        "service": "Make this account",
        "approve": "Let them in",
    }
    LEAVE = "Leave it"
    DONE: dict[str, str] = {
        "invite": "The invitation is on its way.",
        "service": "The account is made. Make a token for it now.",
        "approve": "They are in, and are told by mail.",
    }
    DONE_WITHOUT_MAIL: dict[str, str] = {
        "invite": "The invitation is written, and waits until mail leaves this installation.",
        "service": "The account is made. Make a token for it now.",
        "approve": "They are in. Tell them yourself: no mail leaves this installation.",
    }
    NO_MAIL = (
        "Invitations and links for a new password wait until its operator sets a mail server. Until then accounts and "
        "passwords are made on the machine itself, with pacscribe user create and pacscribe user reset."
    )
    WAITING = "Waiting to be let in"
    WISHES = "Would be: {role}"
    ASKED = "Asked"
    APPROVE = "Let in"
    APPROVE_LABEL = "Let {name} in"
    DECLINE = "Do not let in"
    DECLINE_LABEL = "Do not let {name} in"
    DECLINED = "They are not let in, and are told by mail."
    INVITED = "Invited"
    INVITED_BY = "as {roles}, by {name}"
    UNTIL = "Until"
    WITHDRAW = "Withdraw"
    WITHDRAW_LABEL = "Withdraw the invitation of {email}"
    WITHDRAWN = "The invitation is withdrawn. Its link no longer works."
