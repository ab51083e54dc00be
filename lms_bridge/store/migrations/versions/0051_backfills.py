"""What an LMS held before the bridge came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "backfills",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("lms", sa.String(40), nullable=False),
        sa.Column("scope", Json, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("begun_at", Time, nullable=False),
        sa.Column("surveyed", Json, nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("per_hour", sa.Integer()),
        sa.Column("next_at", Time),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_backfills"),
        comment="what an LMS held before the bridge came: how far it was surveyed and taken in",
    )
    op.create_table(
        "backfill_entries",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("backfill_id", BigId, nullable=False),
        sa.Column("course_key", sa.String(100), nullable=False),
        sa.Column("lms_course", sa.String(200), nullable=False),
        sa.Column("lms_user", sa.String(200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("employee_id", BigId),
        sa.Column("completed_at", Time),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("reason_code", sa.String(40)),
        sa.Column("reason_details", Json),
        sa.Column("registry", sa.String(40), nullable=False, server_default=""),
        sa.Column("row", Json),
        sa.Column("has_badge", sa.Boolean()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("completion_id", BigId),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_why", sa.Text()),
        sa.Column("changed_at", Time, nullable=False),
        sa.ForeignKeyConstraint(
            ["backfill_id"], ["backfills.id"], name="fk_backfill_entries_backfill_id"
        ),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employees.id"], name="fk_backfill_entries_employee_id"
        ),
        sa.ForeignKeyConstraint(
            ["completion_id"], ["completions.id"], name="fk_backfill_entries_completion_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_backfill_entries"),
        sa.UniqueConstraint(
            "backfill_id",
            "course_key",
            "lms_course",
            "lms_user",
            name="uq_backfill_entries_backfill_id_course_key_lms_course_lms_user",
        ),
        comment="each completion that the bridge did not know, and what is to become of it",
    )
    op.create_index(
        "ix_backfill_entries_state", "backfill_entries", ["backfill_id", "state", "completed_at"]
    )
    op.create_index("ix_backfill_entries_employee_id", "backfill_entries", ["employee_id"])


def downgrade() -> None:
    op.drop_table("backfill_entries")
    op.drop_table("backfills")
