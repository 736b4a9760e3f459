"""What somebody does to the audit trail who has the database, its key and the data directory in hand, but not the key file.

Each tampering is done to a copy of one installation's trail, and must be found by `pacscribe audit verify`.
"""

import random
import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from backend.access import audit
from backend.access.checkpoints import Signer
from backend.access.witness import WitnessedDatabase
from backend.adapters.audit_seal_file import FILE_NAME, FileSeal
from backend.adapters.checkpoint_folder import FOLDER_NAME, CheckpointFolder
from backend.adapters.database import Database, embedded_url
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller, Origin
from backend.core.vocabulary import AuditAction
from backend.models import Organization
from backend.models.audit import AuditEntry, entries_after
from backend.services.audit_checkpoints import AuditCheckpoints
from tests.endurance.counts import count
from tests.postgres import NORTH, SOUTH, TEST_KEY

TAMPERINGS = count(44, 220)
UNTOUCHED = count(2, 20)
ENTRIES = 40
SIGNED_AT = (7, 19, 33)
COLUMNS = sorted(set(AuditEntry.model_fields) - {"sequence"})


@dataclass
class Site:
    """A copy of a trail, and how it is verified."""

    folder: Path
    database: Database
    seal: FileSeal
    checkpoints: AuditCheckpoints

    def run(self, *statements, **parameters):
        with self.database.system_write() as session:
            for statement in statements:
                session.connection().execute(text(statement), parameters)

    def entries(self):
        with self.database.system_read() as session:
            return list(entries_after(session, 0, 1000))

    def size(self):
        return len(self.entries())

    def files(self):
        return sorted((self.folder / FOLDER_NAME).glob("checkpoint-*.txt"))


def site(folder):
    database = Database(embedded_url(folder), TEST_KEY)
    seal = FileSeal(folder / FILE_NAME, b"s" * 32)
    store = CheckpointFolder(folder / FOLDER_NAME)
    witnessed = WitnessedDatabase(database, seal)
    return Site(
        folder,
        database,
        seal,
        AuditCheckpoints(witnessed, seal, store, Signer(b"c" * 32, "trail")),
    )


@pytest.fixture(scope="module")
def original(request, tmp_path_factory):
    """A trail of forty entries and more, of two organizations, signed three times and sealed; its older seals are kept."""
    folder = tmp_path_factory.mktemp("trail")
    shutil.copyfile(
        request.getfixturevalue("sqlcipher_template"), str(embedded_url(folder).database)
    )
    made = site(folder)
    with closing(made.database):
        with made.database.system_write() as session:
            session.add(Organization(id=SYSTEM_ORGANIZATION_ID, slug="system", name="PACScribe"))
        witnessed = WitnessedDatabase(made.database, made.seal)
        for number in range(ENTRIES):
            organization = (NORTH, SOUTH)[number % 2]
            caller = Caller(
                f"u-{number % 5}",
                organization,
                f"s-{number % 7}",
                f"Person {number % 5}",
                "",
                (),
                frozenset(),
                Origin("192.0.2.7", "Browser"),
            )
            with witnessed.write(organization) as session:
                audit.append(
                    session,
                    caller,
                    AuditAction.STUDY_OPENED,
                    object_type="study",
                    object_id=f"1.2.{number % 9}",
                    details={"images": number},
                )
            shutil.copyfile(folder / FILE_NAME, folder / f"seal-{number + 1}")
            if number + 1 in SIGNED_AT:
                made.checkpoints.sign_now()
        made.run(
            *(
                f"DROP TRIGGER audit_entries_{name}"
                for name in ("no_update", "no_delete", "in_sequence", "in_chain")
            )
        )
        assert made.checkpoints.verify().first_bad_sequence is None
    return folder


# -- what is done --------------------------------------------------------------------------------


def edit_a_column(here, draw, number):
    column = COLUMNS[number % len(COLUMNS)]
    value = draw.choice(["x", "1", "2026-01-01 00:00:00.000000", SOUTH, "f" * 64, "{}", ""])
    sequence = draw.randint(1, here.size())
    before = getattr(here.entries()[sequence - 1], column)
    if column == "organization_id":
        value = SOUTH if before == NORTH else NORTH
    if value == before:
        value = f"{value}y"
    here.run(
        f"UPDATE audit_entries SET {column} = :value WHERE sequence = :sequence",
        value=value,
        sequence=sequence,
    )


def delete(here, draw, _number):
    here.run("DELETE FROM audit_entries WHERE sequence = :at", at=draw.randint(1, here.size()))


def delete_and_number_anew(here, draw, _number):
    at = draw.randint(1, here.size() - 1)
    here.run(
        f"DELETE FROM audit_entries WHERE sequence = {at}",
        f"UPDATE audit_entries SET sequence = sequence + 1000 WHERE sequence > {at}",
        "UPDATE audit_entries SET sequence = sequence - 1001 WHERE sequence > 1000",
    )


def exchange_two(here, draw, _number):
    first, second = draw.sample(range(1, here.size() + 1), 2)
    here.run(
        f"UPDATE audit_entries SET sequence = 1000 WHERE sequence = {first}",
        f"UPDATE audit_entries SET sequence = {first} WHERE sequence = {second}",
        f"UPDATE audit_entries SET sequence = {second} WHERE sequence = 1000",
    )


def cut_the_end(here, draw, _number):
    here.run("DELETE FROM audit_entries WHERE sequence > :at", at=draw.randint(0, here.size() - 1))


def cut_the_beginning(here, draw, _number):
    here.run("DELETE FROM audit_entries WHERE sequence <= :at", at=draw.randint(1, here.size()))


def cut_the_end_and_put_an_older_seal_back(here, draw, _number):
    here.run("DELETE FROM audit_entries WHERE sequence > :at", at=draw.randint(1, SIGNED_AT[-1]))
    kept = draw.randint(1, here.size())
    while not (here.folder / f"seal-{kept}").exists():
        kept -= 1
    shutil.copyfile(here.folder / f"seal-{kept}", here.folder / FILE_NAME)


def replace_by_one_of_ones_own(here, draw, _number):
    """Well formed, with a hash of its own: the one after it, or the seal, does not fit."""
    at = draw.randint(1, here.size())
    _write_anew(here, at, at)


def insert(here, draw, _number):
    at = draw.randint(1, here.size())
    names = ", ".join(name for name in COLUMNS if name not in ("id", "hash"))
    here.run(
        f"UPDATE audit_entries SET sequence = sequence + 1000 WHERE sequence >= {at}",
        "UPDATE audit_entries SET sequence = sequence - 999 WHERE sequence > 1000",
        f"INSERT INTO audit_entries (id, hash, sequence, {names}) SELECT 'new', 'x', {at}, {names}"
        f" FROM audit_entries WHERE sequence = {at + 1}",
    )


def write_anew(here, draw, _number):
    """From some entry on, with every hash as it should be: only the seal and the checkpoints tell."""
    _write_anew(here, draw.randint(1, here.size()), here.size())


def write_anew_and_put_an_older_seal_back(here, draw, _number):
    at = draw.randint(2, SIGNED_AT[-1])
    _write_anew(here, at, here.size())
    kept = at - 1
    while kept and not (here.folder / f"seal-{kept}").exists():
        kept -= 1
    shutil.copyfile(here.folder / f"seal-{max(1, kept)}", here.folder / FILE_NAME)


def change_the_seal(here, draw, _number):
    path = here.folder / FILE_NAME
    if draw.random() < 0.3:
        path.unlink()
    else:
        octets = bytearray(path.read_bytes())
        octets[draw.randrange(len(octets))] ^= 1 << draw.randrange(7)
        path.write_bytes(octets)


def exchange_checkpoints(here, draw, _number):
    first, second = draw.sample(here.files(), 2)
    text_of_first = first.read_bytes()
    first.write_bytes(second.read_bytes())
    if draw.random() < 0.5:
        second.write_bytes(text_of_first)


def change_a_checkpoint(here, draw, _number):
    path = draw.choice(here.files())
    octets = bytearray(path.read_bytes())
    octets[draw.randrange(len(octets) - 1)] ^= 1 << draw.randrange(7)
    path.write_bytes(octets)


def remove_a_checkpoint(here, draw, _number):
    draw.choice(here.files()).unlink()


def sign_with_a_key_of_ones_own(here, draw, _number):
    forger = Signer(draw.randbytes(32), "trail")
    for path in here.files():
        path.write_text(forger.sign(int(path.stem[11:]), draw.randbytes(32)), "utf-8")


def write_anew_and_sign_with_a_key_of_ones_own(here, draw, number):
    write_anew_and_put_an_older_seal_back(here, draw, number)
    sign_with_a_key_of_ones_own(here, draw, number)


KINDS = [
    edit_a_column,
    delete,
    edit_a_column,
    delete_and_number_anew,
    exchange_two,
    cut_the_end,
    cut_the_beginning,
    cut_the_end_and_put_an_older_seal_back,
    replace_by_one_of_ones_own,
    edit_a_column,
    insert,
    write_anew,
    write_anew_and_put_an_older_seal_back,
    change_the_seal,
    exchange_checkpoints,
    edit_a_column,
    change_a_checkpoint,
    remove_a_checkpoint,
    sign_with_a_key_of_ones_own,
    write_anew_and_sign_with_a_key_of_ones_own,
]


def _write_anew(here, first, last):
    entries = here.entries()
    previous = entries[first - 1].previous_hash
    statements = []
    for entry in entries[first - 1 : last]:
        entry.actor_name = "Nobody"
        entry.previous_hash = previous
        entry.hash = previous = audit.entry_hash(entry)
        statements.append(
            f"UPDATE audit_entries SET actor_name = 'Nobody', hash = '{entry.hash}',"
            f" previous_hash = '{entry.previous_hash}' WHERE sequence = {entry.sequence}"
        )
    here.run(*statements)


def copied(original, tmp_path, number):
    folder = tmp_path / str(number)
    shutil.copytree(original, folder)
    return site(folder)


def test_every_tampering_is_found(original, tmp_path):
    draw = random.Random(20261126)
    missed = []
    for number in range(TAMPERINGS):
        kind = KINDS[number % len(KINDS)]
        here = copied(original, tmp_path, number)
        with closing(here.database):
            kind(here, draw, number)
            verdict = here.checkpoints.verify()
        if verdict.first_bad_sequence is None or not verdict.problem:
            missed.append((number, kind.__name__))
        shutil.rmtree(here.folder)
    assert missed == []


def test_an_untouched_trail_is_not_blamed(original, tmp_path):
    for number in range(UNTOUCHED):
        here = copied(original, tmp_path, number)
        with closing(here.database):
            verdict = here.checkpoints.verify()
        assert (verdict.first_bad_sequence, verdict.checkpoints) == (None, len(SIGNED_AT))
