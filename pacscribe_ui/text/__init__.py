"""Every sentence a user reads on a page, a module per screen. Sentences of refusals are with the refusals.

One place, so that another language is another set of these words and nothing else. A class is a
screen or a piece of one; `{name}` marks what is filled in.
"""

from pacscribe_ui.text.attachments import ATTACHER, Attachments
from pacscribe_ui.text.audit import Audit
from pacscribe_ui.text.checks import Alerts, Checks
from pacscribe_ui.text.conflicts import Conflicts
from pacscribe_ui.text.emergencies import Emergencies, EmergencyPage
from pacscribe_ui.text.entrance import PrivacyPage, SetUp, SignIn
from pacscribe_ui.text.frame import (
    UNEXPECTED,
    Breakdown,
    Clipboard,
    Lists,
    NotFoundPage,
    Shell,
    Status,
)
from pacscribe_ui.text.jobs import Jobs
from pacscribe_ui.text.joining import (
    Confirm,
    ConfirmEmail,
    Forgotten,
    Invitation,
    Mail,
    Profile,
    Reset,
    SignUp,
)
from pacscribe_ui.text.newcomers import Newcomers
from pacscribe_ui.text.organization import Organization
from pacscribe_ui.text.people import Effects, People, Rights, Roles
from pacscribe_ui.text.programs import Programs
from pacscribe_ui.text.reaching import Reaching
from pacscribe_ui.text.report import REPORT_EDITOR, Report
from pacscribe_ui.text.security import SESSION_CLOCK, RecoveryCodes, SecondStep, Security
from pacscribe_ui.text.settings import Settings, Storage
from pacscribe_ui.text.step_up import PASSKEY, STEP_UP
from pacscribe_ui.text.study import Study
from pacscribe_ui.text.support import Support
from pacscribe_ui.text.tags import Tags
from pacscribe_ui.text.upload import UPLOADER, Upload
from pacscribe_ui.text.viewer import VIEWPORT, Viewer
from pacscribe_ui.text.worklist import Worklist

__all__ = [
    "ATTACHER",
    "PASSKEY",
    "REPORT_EDITOR",
    "SESSION_CLOCK",
    "STEP_UP",
    "UNEXPECTED",
    "UPLOADER",
    "VIEWPORT",
    "Alerts",
    "Attachments",
    "Audit",
    "Breakdown",
    "Checks",
    "Clipboard",
    "Confirm",
    "ConfirmEmail",
    "Conflicts",
    "Effects",
    "Emergencies",
    "EmergencyPage",
    "Forgotten",
    "Invitation",
    "Jobs",
    "Lists",
    "Mail",
    "Newcomers",
    "NotFoundPage",
    "Organization",
    "People",
    "PrivacyPage",
    "Profile",
    "Programs",
    "Reaching",
    "RecoveryCodes",
    "Report",
    "Reset",
    "Rights",
    "Roles",
    "SecondStep",
    "Security",
    "SetUp",
    "Settings",
    "Shell",
    "SignIn",
    "SignUp",
    "Status",
    "Storage",
    "Study",
    "Support",
    "Tags",
    "Upload",
    "Viewer",
    "Worklist",
]
