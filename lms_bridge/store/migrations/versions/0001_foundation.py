"""The foundation: statements, sightings, people, the catalogue, completions and deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# As lms_bridge.store.types had them when this was written; a migration never changes.
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "certificate_counters",
        sa.Column("organiser", sa.String(length=300), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organiser", "year", name="pk_certificate_counters"),
    )
    op.create_table(
        "courses",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_courses"),
        sa.UniqueConstraint("key", name="uq_courses_key"),
    )
    op.create_table(
        "employees",
        sa.Column("id", BigId, nullable=False),
        sa.Column("nip", sa.String(length=18), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("unit_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("unit_name", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("registry_refs", Json, nullable=False),
        sa.Column("refreshed_at", Time, nullable=True),
        sa.Column("created_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_employees"),
        sa.UniqueConstraint("nip", name="uq_employees_nip"),
    )
    op.create_table(
        "job_runs",
        sa.Column("id", BigId, nullable=False),
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("started_at", Time, nullable=False),
        sa.Column("finished_at", Time, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=True),
        sa.Column("lease_until", Time, nullable=True),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False),
        sa.Column("counts", Json, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_job_runs"),
    )
    op.create_index("ix_job_runs_job_id", "job_runs", ["job", "id"], unique=False)
    op.create_index(
        "ix_job_runs_running",
        "job_runs",
        ["job"],
        unique=False,
        sqlite_where=sa.text("outcome = 'running'"),
        postgresql_where=sa.text("outcome = 'running'"),
    )
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_jobs"),
    )
    op.create_table(
        "remotes",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", Time, nullable=False),
        sa.Column("probe_at", Time, nullable=True),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.Column("culprit", sa.String(length=40), server_default="", nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reason_details", Json, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_remotes"),
        comment="whether each outside system can be used now",
    )
    op.create_table(
        "settings_in_force",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings_in_force"),
        comment="by which settings things were last judged, to notice when they have changed",
    )
    op.create_table(
        "statements",
        sa.Column("seq", BigId, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("sender", sa.String(length=40), nullable=False),
        sa.Column("stored", Time, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_statements"),
        sa.UniqueConstraint("id", name="uq_statements_id"),
        comment="what was received, byte for byte",
    )
    op.create_table(
        "completions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("employee_id", BigId, nullable=False),
        sa.Column("course_id", BigId, nullable=False),
        sa.Column("run", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("completed_at", Time, nullable=False),
        sa.Column("time_source", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("certificate_number", sa.String(length=200), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("lms", sa.String(length=40), nullable=False),
        sa.Column("lms_user_id", sa.String(length=40), server_default="", nullable=False),
        sa.Column("withdrawn_at", Time, nullable=True),
        sa.Column("created_at", Time, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_completions_course_id"),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employees.id"], name="fk_completions_employee_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_completions"),
        sa.UniqueConstraint(
            "employee_id",
            "course_id",
            "run",
            "role",
            name="uq_completions_employee_id_course_id_run_role",
        ),
    )
    op.create_index("ix_completions_course_id", "completions", ["course_id"], unique=False)
    op.create_table(
        "identities",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.String(length=500), nullable=False),
        sa.Column("employee_id", BigId, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("lms", sa.String(length=40), server_default="", nullable=False),
        sa.Column("lms_user_id", sa.String(length=40), server_default="", nullable=False),
        sa.Column("seen_at", Time, nullable=False),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employees.id"], name="fk_identities_employee_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.UniqueConstraint("key", name="uq_identities_key"),
        comment="the keys by which an employee is known: NIPs, accounts, addresses",
    )
    op.create_index("ix_identities_employee_id", "identities", ["employee_id"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("completion_id", BigId, nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("remote", sa.String(length=60), nullable=False),
        sa.Column("lane", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", Time, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=False),
        sa.Column("reason_details", Json, nullable=True),
        sa.Column("progress", Json, nullable=False),
        sa.Column("result_id", sa.Text(), nullable=True),
        sa.Column("result_link", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.String(length=120), nullable=True),
        sa.Column("lease_until", Time, nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("effort_since", Time, nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("changed_at", Time, nullable=False),
        sa.ForeignKeyConstraint(
            ["completion_id"], ["completions.id"], name="fk_deliveries_completion_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint(
            "completion_id", "step", "remote", name="uq_deliveries_completion_id_step_remote"
        ),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["remote", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('retrying', 'waiting')"),
        postgresql_where=sa.text("state IN ('retrying', 'waiting')"),
    )
    op.create_index("ix_deliveries_state_remote", "deliveries", ["state", "remote"], unique=False)
    op.create_index(
        "uq_deliveries_lane_running",
        "deliveries",
        ["lane"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "sightings",
        sa.Column("id", BigId, nullable=False),
        sa.Column("statement_seq", BigId, nullable=True),
        sa.Column("pull_key", sa.String(length=200), nullable=True),
        sa.Column("role", sa.String(length=16), server_default="learner", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=16), server_default="new", nullable=False),
        sa.Column("due_at", Time, nullable=True),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reason_details", Json, nullable=True),
        sa.Column("verb", sa.Text(), nullable=True),
        sa.Column("object_id", sa.String(length=500), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("short_id", sa.String(length=200), nullable=True),
        sa.Column("course_id", BigId, nullable=True),
        sa.Column("actor", sa.String(length=500), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("course_name", sa.Text(), nullable=True),
        sa.Column("completed_at", Time, nullable=True),
        sa.Column("completion_id", BigId, nullable=True),
        sa.Column("decided_at", Time, nullable=True),
        sa.ForeignKeyConstraint(
            ["completion_id"], ["completions.id"], name="fk_sightings_completion_id"
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_sightings_course_id"),
        sa.ForeignKeyConstraint(
            ["statement_seq"], ["statements.seq"], name="fk_sightings_statement_seq"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sightings"),
        sa.UniqueConstraint("pull_key", name="uq_sightings_pull_key"),
        sa.UniqueConstraint(
            "statement_seq", "role", "position", name="uq_sightings_statement_seq_role_position"
        ),
        comment="what was seen in a statement, or when completions were pulled from the LMS",
    )
    op.create_index("ix_sightings_actor", "sightings", ["actor"], unique=False)
    op.create_index("ix_sightings_completion_id", "sightings", ["completion_id"], unique=False)
    op.create_index("ix_sightings_object_id", "sightings", ["object_id"], unique=False)
    op.create_index(
        "ix_sightings_state_due_at_id", "sightings", ["state", "due_at", "id"], unique=False
    )
    op.create_table(
        "attempts",
        sa.Column("id", BigId, nullable=False),
        sa.Column("delivery_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", Time, nullable=False),
        sa.Column("finished_at", Time, nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reason_details", Json, nullable=True),
        sa.Column("exchanges", Json, nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_attempts_delivery_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
    )
    op.create_index("ix_attempts_delivery_id", "attempts", ["delivery_id"], unique=False)
