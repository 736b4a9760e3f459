"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organizations"),
        sa.UniqueConstraint("slug", name="uq_organizations_slug"),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_user_id", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("ip_address", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=400), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object_type", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("details", sa.String(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_audit_entries_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
        sa.UniqueConstraint("hash", name="uq_audit_entries_hash"),
        sa.UniqueConstraint("sequence", name="uq_audit_entries_sequence"),
    )
    op.create_index("ix_audit_entries_action", "audit_entries", ["action"], unique=False)
    op.create_index(
        "ix_audit_entries_actor_user_id", "audit_entries", ["actor_user_id"], unique=False
    )
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"], unique=False)
    op.create_index("ix_audit_entries_object_id", "audit_entries", ["object_id"], unique=False)
    op.create_index(
        "ix_audit_entries_organization_id", "audit_entries", ["organization_id"], unique=False
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_jobs_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    op.create_index("ix_jobs_due", "jobs", ["status", "run_after"], unique=False)
    op.create_index("ix_jobs_organization_id", "jobs", ["organization_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_outbox_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_due", "outbox", ["delivered_at", "run_after"], unique=False)
    op.create_index("ix_outbox_organization_id", "outbox", ["organization_id"], unique=False)
    op.create_table(
        "patients",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("match_key", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.String(length=64), nullable=False),
        sa.Column("issuer_of_patient_id", sa.String(length=64), nullable=False),
        sa.Column("patient_name", sa.String(), nullable=False),
        sa.Column("search_name", sa.String(), nullable=False),
        sa.Column("patient_birth_date", sa.String(length=8), nullable=False),
        sa.Column("patient_sex", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_patients_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_patients"),
        sa.UniqueConstraint(
            "organization_id", "match_key", name="uq_patients_organization_id_match_key"
        ),
    )
    op.create_index("ix_patients_organization_id", "patients", ["organization_id"], unique=False)
    op.create_index("ix_patients_patient_id", "patients", ["patient_id"], unique=False)
    op.create_index("ix_patients_search_name", "patients", ["search_name"], unique=False)
    op.create_table(
        "roles",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("is_built_in", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_roles_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
        sa.UniqueConstraint("organization_id", "name", name="uq_roles_organization_id_name"),
    )
    op.create_index("ix_roles_organization_id", "roles", ["organization_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_users_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_index("ix_users_organization_id", "users", ["organization_id"], unique=False)
    op.create_table(
        "one_time_links",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_one_time_links_organization_id"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_one_time_links_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_links"),
        sa.UniqueConstraint("token_hash", name="uq_one_time_links_token_hash"),
    )
    op.create_index(
        "ix_one_time_links_organization_id", "one_time_links", ["organization_id"], unique=False
    )
    op.create_table(
        "role_permissions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("role_id", sa.String(), nullable=False),
        sa.Column("permission", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_role_permissions_organization_id"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_role_permissions_role_id"),
        sa.PrimaryKeyConstraint("id", name="pk_role_permissions"),
        sa.UniqueConstraint("role_id", "permission", name="uq_role_permissions_role_id_permission"),
    )
    op.create_index(
        "ix_role_permissions_organization_id", "role_permissions", ["organization_id"], unique=False
    )
    op.create_index("ix_role_permissions_role_id", "role_permissions", ["role_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ip_address", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_sessions_organization_id"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
    )
    op.create_index("ix_sessions_organization_id", "sessions", ["organization_id"], unique=False)
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], unique=False)
    op.create_table(
        "studies",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("patient_key", sa.String(), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("study_id", sa.String(length=64), nullable=False),
        sa.Column("study_date", sa.String(length=8), nullable=False),
        sa.Column("study_time", sa.String(length=16), nullable=False),
        sa.Column("accession_number", sa.String(length=64), nullable=False),
        sa.Column("study_description", sa.String(), nullable=False),
        sa.Column("search_description", sa.String(), nullable=False),
        sa.Column("referring_physician_name", sa.String(), nullable=False),
        sa.Column("institution_name", sa.String(), nullable=False),
        sa.Column("body_part_examined", sa.String(length=64), nullable=False),
        sa.Column("modalities", sa.String(length=120), nullable=False),
        sa.Column("series_count", sa.Integer(), nullable=False),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("reading_status", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("assigned_to", sa.String(), nullable=True),
        sa.Column("wrapped_data_key", sa.LargeBinary(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["assigned_to"], ["users.id"], name="fk_studies_assigned_to"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_studies_organization_id"
        ),
        sa.ForeignKeyConstraint(["patient_key"], ["patients.id"], name="fk_studies_patient_key"),
        sa.PrimaryKeyConstraint("id", name="pk_studies"),
        sa.UniqueConstraint(
            "organization_id",
            "study_instance_uid",
            name="uq_studies_organization_id_study_instance_uid",
        ),
    )
    op.create_index("ix_studies_accession_number", "studies", ["accession_number"], unique=False)
    op.create_index(
        "ix_studies_by_arrival", "studies", ["organization_id", "arrived_at", "id"], unique=False
    )
    op.create_index(
        "ix_studies_by_date",
        "studies",
        ["organization_id", "study_date", "study_time", "id"],
        unique=False,
    )
    op.create_index(
        "ix_studies_by_status", "studies", ["organization_id", "reading_status", "id"], unique=False
    )
    op.create_index("ix_studies_organization_id", "studies", ["organization_id"], unique=False)
    op.create_index("ix_studies_patient_key", "studies", ["patient_key"], unique=False)
    op.create_table(
        "user_roles",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("role_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_user_roles_organization_id"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_user_roles_role_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_roles_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_user_roles"),
        sa.UniqueConstraint("user_id", "role_id", name="uq_user_roles_user_id_role_id"),
    )
    op.create_index(
        "ix_user_roles_organization_id", "user_roles", ["organization_id"], unique=False
    )
    op.create_index("ix_user_roles_role_id", "user_roles", ["role_id"], unique=False)
    op.create_index("ix_user_roles_user_id", "user_roles", ["user_id"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("study_key", sa.String(), nullable=False),
        sa.Column("author_user_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("draft_version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by_user_id", sa.String(), nullable=False),
        sa.Column("indication", sa.String(), nullable=False),
        sa.Column("technique", sa.String(), nullable=False),
        sa.Column("comparison", sa.String(), nullable=False),
        sa.Column("findings", sa.String(), nullable=False),
        sa.Column("impression", sa.String(), nullable=False),
        sa.Column("recommendation", sa.String(), nullable=False),
        sa.Column("comments", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["author_user_id"], ["users.id"], name="fk_reports_author_user_id"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_reports_organization_id"
        ),
        sa.ForeignKeyConstraint(["study_key"], ["studies.id"], name="fk_reports_study_key"),
        sa.ForeignKeyConstraint(
            ["updated_by_user_id"], ["users.id"], name="fk_reports_updated_by_user_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
    )
    op.create_index("ix_reports_organization_id", "reports", ["organization_id"], unique=False)
    op.create_index("ix_reports_study_key", "reports", ["study_key"], unique=False)
    op.create_table(
        "series",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("study_key", sa.String(), nullable=False),
        sa.Column("series_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("series_number", sa.Integer(), nullable=True),
        sa.Column("series_description", sa.String(), nullable=False),
        sa.Column("body_part_examined", sa.String(length=64), nullable=False),
        sa.Column("laterality", sa.String(length=16), nullable=False),
        sa.Column("protocol_name", sa.String(), nullable=False),
        sa.Column("series_date", sa.String(length=8), nullable=False),
        sa.Column("series_time", sa.String(length=16), nullable=False),
        sa.Column("frame_of_reference_uid", sa.String(length=64), nullable=False),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column("frame_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_series_organization_id"
        ),
        sa.ForeignKeyConstraint(["study_key"], ["studies.id"], name="fk_series_study_key"),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint(
            "organization_id",
            "study_key",
            "series_instance_uid",
            name="uq_series_organization_id_study_key_series_instance_uid",
        ),
    )
    op.create_index("ix_series_organization_id", "series", ["organization_id"], unique=False)
    op.create_index("ix_series_study_key", "series", ["study_key"], unique=False)
    op.create_table(
        "sharing_grants",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("study_key", sa.String(), nullable=False),
        sa.Column("granted_by_user_id", sa.String(), nullable=False),
        sa.Column("grantee_user_id", sa.String(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("permission", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_user_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["granted_by_user_id"], ["users.id"], name="fk_sharing_grants_granted_by_user_id"
        ),
        sa.ForeignKeyConstraint(
            ["grantee_user_id"], ["users.id"], name="fk_sharing_grants_grantee_user_id"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_sharing_grants_organization_id"
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by_user_id"], ["users.id"], name="fk_sharing_grants_revoked_by_user_id"
        ),
        sa.ForeignKeyConstraint(["study_key"], ["studies.id"], name="fk_sharing_grants_study_key"),
        sa.PrimaryKeyConstraint("id", name="pk_sharing_grants"),
        sa.UniqueConstraint("token_hash", name="uq_sharing_grants_token_hash"),
    )
    op.create_index(
        "ix_sharing_grants_grantee_user_id", "sharing_grants", ["grantee_user_id"], unique=False
    )
    op.create_index(
        "ix_sharing_grants_organization_id", "sharing_grants", ["organization_id"], unique=False
    )
    op.create_index("ix_sharing_grants_study_key", "sharing_grants", ["study_key"], unique=False)
    op.create_table(
        "instances",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("study_key", sa.String(), nullable=False),
        sa.Column("series_key", sa.String(), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("sop_class_uid", sa.String(length=64), nullable=False),
        sa.Column("transfer_syntax_uid", sa.String(length=64), nullable=False),
        sa.Column("instance_number", sa.Integer(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("frame_count", sa.Integer(), nullable=False),
        sa.Column("is_displayable", sa.Boolean(), nullable=False),
        sa.Column("not_displayable_reason", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("wrapped_object_key", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("attributes", sa.String(), nullable=False),
        sa.Column("reading_header", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_instances_organization_id"
        ),
        sa.ForeignKeyConstraint(["series_key"], ["series.id"], name="fk_instances_series_key"),
        sa.ForeignKeyConstraint(["study_key"], ["studies.id"], name="fk_instances_study_key"),
        sa.PrimaryKeyConstraint("id", name="pk_instances"),
        sa.UniqueConstraint("object_id", name="uq_instances_object_id"),
        sa.UniqueConstraint(
            "organization_id",
            "sop_instance_uid",
            name="uq_instances_organization_id_sop_instance_uid",
        ),
    )
    op.create_index(
        "ix_instances_by_series", "instances", ["series_key", "instance_number"], unique=False
    )
    op.create_index("ix_instances_organization_id", "instances", ["organization_id"], unique=False)
    op.create_index("ix_instances_study_key", "instances", ["study_key"], unique=False)
    op.create_table(
        "report_versions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("report_id", sa.String(), nullable=False),
        sa.Column("version_number", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("signer_user_id", sa.String(), nullable=False),
        sa.Column("signer_name", sa.String(length=200), nullable=False),
        sa.Column("signing_method", sa.String(length=16), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_report_versions_organization_id"
        ),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_versions_report_id"),
        sa.ForeignKeyConstraint(
            ["signer_user_id"], ["users.id"], name="fk_report_versions_signer_user_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_report_versions"),
        sa.UniqueConstraint(
            "report_id", "version_number", name="uq_report_versions_report_id_version_number"
        ),
    )
    op.create_index(
        "ix_report_versions_organization_id", "report_versions", ["organization_id"], unique=False
    )
    op.create_index("ix_report_versions_report_id", "report_versions", ["report_id"], unique=False)
    op.create_table(
        "frames",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("instance_key", sa.String(), nullable=False),
        sa.Column("frame_number", sa.Integer(), nullable=False),
        sa.Column("pixel_sha256", sa.String(length=64), nullable=False),
        sa.Column("image_position_mm", sa.String(), nullable=False),
        sa.Column("image_orientation", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["instance_key"], ["instances.id"], name="fk_frames_instance_key"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name="fk_frames_organization_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_frames"),
        sa.UniqueConstraint(
            "instance_key", "frame_number", name="uq_frames_instance_key_frame_number"
        ),
    )
    op.create_index("ix_frames_organization_id", "frames", ["organization_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_frames_organization_id", table_name="frames")
    op.drop_table("frames")
    op.drop_index("ix_report_versions_report_id", table_name="report_versions")
    op.drop_index("ix_report_versions_organization_id", table_name="report_versions")
    op.drop_table("report_versions")
    op.drop_index("ix_instances_study_key", table_name="instances")
    op.drop_index("ix_instances_organization_id", table_name="instances")
    op.drop_index("ix_instances_by_series", table_name="instances")
    op.drop_table("instances")
    op.drop_index("ix_sharing_grants_study_key", table_name="sharing_grants")
    op.drop_index("ix_sharing_grants_organization_id", table_name="sharing_grants")
    op.drop_index("ix_sharing_grants_grantee_user_id", table_name="sharing_grants")
    op.drop_table("sharing_grants")
    op.drop_index("ix_series_study_key", table_name="series")
    op.drop_index("ix_series_organization_id", table_name="series")
    op.drop_table("series")
    op.drop_index("ix_reports_study_key", table_name="reports")
    op.drop_index("ix_reports_organization_id", table_name="reports")
    op.drop_table("reports")
    op.drop_index("ix_user_roles_user_id", table_name="user_roles")
    op.drop_index("ix_user_roles_role_id", table_name="user_roles")
    op.drop_index("ix_user_roles_organization_id", table_name="user_roles")
    op.drop_table("user_roles")
    op.drop_index("ix_studies_patient_key", table_name="studies")
    op.drop_index("ix_studies_organization_id", table_name="studies")
    op.drop_index("ix_studies_by_status", table_name="studies")
    op.drop_index("ix_studies_by_date", table_name="studies")
    op.drop_index("ix_studies_by_arrival", table_name="studies")
    op.drop_index("ix_studies_accession_number", table_name="studies")
    op.drop_table("studies")
    op.drop_index("ix_sessions_user_id", table_name="sessions")
    op.drop_index("ix_sessions_organization_id", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("ix_role_permissions_role_id", table_name="role_permissions")
    op.drop_index("ix_role_permissions_organization_id", table_name="role_permissions")
    op.drop_table("role_permissions")
    op.drop_index("ix_one_time_links_organization_id", table_name="one_time_links")
    op.drop_table("one_time_links")
    op.drop_index("ix_users_organization_id", table_name="users")
    op.drop_table("users")
    op.drop_index("ix_roles_organization_id", table_name="roles")
    op.drop_table("roles")
    op.drop_index("ix_patients_search_name", table_name="patients")
    op.drop_index("ix_patients_patient_id", table_name="patients")
    op.drop_index("ix_patients_organization_id", table_name="patients")
    op.drop_table("patients")
    op.drop_index("ix_outbox_organization_id", table_name="outbox")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_jobs_organization_id", table_name="jobs")
    op.drop_index("ix_jobs_due", table_name="jobs")
    op.drop_table("jobs")
    op.drop_index("ix_audit_entries_organization_id", table_name="audit_entries")
    op.drop_index("ix_audit_entries_object_id", table_name="audit_entries")
    op.drop_index("ix_audit_entries_at", table_name="audit_entries")
    op.drop_index("ix_audit_entries_actor_user_id", table_name="audit_entries")
    op.drop_index("ix_audit_entries_action", table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_table("organizations")
