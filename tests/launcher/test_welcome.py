"""What a start makes ready for the first who sign in."""

from dataclasses import replace

from backend.adapters.keyring_file import FileKeyring
from backend.bootstrap_ground import close_all, demo_password, lay, welcome
from backend.models import people
from backend.services.first_people import DEMO_ACCOUNTS
from backend.settings import Settings
from tests.data_dirs import prepare_data_dir


def test_the_demos_own_password_is_the_same_at_each_start_of_a_data_directory_and_no_others(
    tmp_path,
):
    prepare_data_dir(tmp_path)
    ground = lay(Settings(data_dir=tmp_path, demo=True))
    try:
        told, kept = welcome(ground), hashes(ground)
        assert told.demo_emails == tuple(DEMO_ACCOUNTS)
        assert len(told.demo_password) == 12
        assert welcome(ground) == told
        assert hashes(ground) == kept  # nothing was hashed again, and nobody signed out
        elsewhere = replace(ground, keyring=FileKeyring(bytes(32)))
        assert demo_password(elsewhere) != told.demo_password
    finally:
        close_all(ground.closing)


def test_a_password_that_is_given_is_the_demos(tmp_path):
    prepare_data_dir(tmp_path)
    ground = lay(Settings(data_dir=tmp_path, demo=True, demo_password="given-by-somebody"))
    try:
        assert welcome(ground).demo_password == "given-by-somebody"
    finally:
        close_all(ground.closing)


def hashes(ground):
    with ground.database.system_read() as session:
        return {
            email: people.user_by_email(session, email).password_hash for email in DEMO_ACCOUNTS
        }
