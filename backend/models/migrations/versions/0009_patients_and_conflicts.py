"""Patients are matched by claims; files at odds with them are kept apart until an administrator decides.

Every patient keeps its studies and gets one claim, the very identity that made it a patient, so that nobody is merged
or lost: two patients of one Patient ID stay two, and files of either identity go on to where they went before.
"""

import sqlalchemy as sa
from alembic import op

from backend.models.migrations.granting import grant, withdraw

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_claims()
    _create_conflicts()
    _create_changes()
    # Files without a Patient ID made a patient of each study: their claims hold in that study only.
    op.execute(
        "INSERT INTO patient_claims (id, created_at, organization_id, patient_key, root_key,"
        " identity_key, study_instance_uid, patient_id, issuer_of_patient_id, patient_name,"
        " patient_birth_date)"
        " SELECT id, created_at, organization_id, id, id, match_key,"
        " CASE WHEN patient_id <> '' THEN '' ELSE coalesce((SELECT min(study_instance_uid)"
        " FROM studies WHERE studies.patient_key = patients.id), '') END,"
        " patient_id, issuer_of_patient_id, patient_name, patient_birth_date FROM patients"
    )
    with op.batch_alter_table("patients") as patients:
        patients.drop_constraint("uq_patients_organization_id_match_key", type_="unique")
        patients.drop_column("match_key")
        patients.add_column(
            sa.Column("qualifier", sa.String(length=16), nullable=False, server_default="")
        )
        patients.add_column(
            sa.Column("is_corrected", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    _number_patients_of_one_id()
    grant("patient:correct", "administrator")


def _create_claims() -> None:
    op.create_table(
        "patient_claims",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("patient_key", sa.String(), nullable=False),
        sa.Column("root_key", sa.String(length=36), nullable=False),
        sa.Column("identity_key", sa.String(length=64), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.String(length=64), nullable=False),
        sa.Column("issuer_of_patient_id", sa.String(length=64), nullable=False),
        sa.Column("patient_name", sa.String(), nullable=False),
        sa.Column("patient_birth_date", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_patient_claims_organization_id"
        ),
        sa.ForeignKeyConstraint(
            ["patient_key"], ["patients.id"], name="fk_patient_claims_patient_key"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_patient_claims"),
        sa.UniqueConstraint(
            "organization_id",
            "identity_key",
            "study_instance_uid",
            name="uq_patient_claims_identity",
        ),
    )
    op.create_index("ix_patient_claims_organization_id", "patient_claims", ["organization_id"])
    op.create_index("ix_patient_claims_patient_key", "patient_claims", ["patient_key"])
    op.create_index(
        "ix_patient_claims_by_patient_id", "patient_claims", ["organization_id", "patient_id"]
    )
    op.create_index(
        "ix_patient_claims_by_study", "patient_claims", ["organization_id", "study_instance_uid"]
    )


def _create_conflicts() -> None:
    op.create_table(
        "conflicts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("identity_key", sa.String(length=64), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.String(length=64), nullable=False),
        sa.Column("issuer_of_patient_id", sa.String(length=64), nullable=False),
        sa.Column("patient_name", sa.String(), nullable=False),
        sa.Column("patient_birth_date", sa.String(length=8), nullable=False),
        sa.Column("patient_sex", sa.String(length=16), nullable=False),
        sa.Column("wrapped_data_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_conflicts_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_conflicts"),
    )
    op.create_index("ix_conflicts_organization_id", "conflicts", ["organization_id"])
    op.create_index("ix_conflicts_by_status", "conflicts", ["organization_id", "status", "id"])
    op.create_table(
        "held_instances",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("conflict_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("source_name", sa.String(), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("series_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("wrapped_object_key", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("parsed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conflict_key"], ["conflicts.id"], name="fk_held_instances_conflict_key"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_held_instances_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_held_instances"),
        sa.UniqueConstraint(
            "organization_id", "object_id", name="uq_held_instances_organization_id_object_id"
        ),
    )
    op.create_index("ix_held_instances_organization_id", "held_instances", ["organization_id"])
    op.create_index("ix_held_instances_by_conflict", "held_instances", ["conflict_key", "state"])
    op.create_index(
        "ix_held_instances_by_uid", "held_instances", ["organization_id", "sop_instance_uid"]
    )


def _create_changes() -> None:
    op.create_table(
        "patient_changes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("actor_user_id", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("conflict_key", sa.String(), nullable=True),
        sa.Column("journal", sa.String(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["conflict_key"], ["conflicts.id"], name="fk_patient_changes_conflict_key"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_patient_changes_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_patient_changes"),
    )
    op.create_index("ix_patient_changes_organization_id", "patient_changes", ["organization_id"])
    op.create_index("ix_patient_changes_by_time", "patient_changes", ["organization_id", "id"])


def _number_patients_of_one_id() -> None:
    """People of one Patient ID are told apart by a number of ours, the first of them without one."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT id, organization_id, patient_id, issuer_of_patient_id FROM patients"
            " WHERE patient_id <> '' ORDER BY id"
        )
    ).all()
    seen: dict[tuple[str, str, str], int] = {}
    for key, *same in rows:
        number = seen[tuple(same)] = seen.get(tuple(same), 0) + 1
        if number > 1:
            connection.execute(
                sa.text("UPDATE patients SET qualifier = :number WHERE id = :key"),
                {"number": str(number), "key": key},
            )


def downgrade() -> None:
    withdraw("patient:correct")
    with op.batch_alter_table("patients") as patients:
        patients.drop_column("is_corrected")
        patients.drop_column("qualifier")
        patients.add_column(
            sa.Column("match_key", sa.String(length=64), nullable=False, server_default="")
        )
    op.execute(
        "UPDATE patients SET match_key = coalesce((SELECT min(identity_key) FROM patient_claims"
        " WHERE patient_claims.patient_key = patients.id), id)"
    )
    with op.batch_alter_table("patients") as patients:
        patients.create_unique_constraint(
            "uq_patients_organization_id_match_key", ["organization_id", "match_key"]
        )
    for table in ("patient_changes", "held_instances", "conflicts", "patient_claims"):
        op.drop_table(table)
