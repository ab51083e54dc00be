"""What was found when LMS, bridge and registries were held against each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0048"
down_revision = "0046"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("history_rows", sa.Column("seen_at", Time))
    op.create_table(
        "reconciliations",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("begun_by", sa.Text(), nullable=False),
        sa.Column("scope", Json, nullable=False),
        sa.Column("started_at", Time, nullable=False),
        sa.Column("finished_at", Time),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("oldest_reading", Time),
        sa.Column("counts", Json, nullable=False),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliations"),
        comment="when LMS, bridge and registries were held against each other, and how far that came",
    )
    op.create_table(
        "findings",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("remote", sa.String(60), nullable=False),
        sa.Column("employee_id", BigId),
        sa.Column("completion_id", BigId),
        sa.Column("course_key", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("reason_code", sa.String(40), nullable=False),
        sa.Column("reason_details", Json),
        sa.Column("details", Json, nullable=False),
        sa.Column("repairs", Json, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("repair", sa.String(16)),
        sa.Column("delivery_id", BigId),
        sa.Column("decided_at", Time),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_why", sa.Text()),
        sa.ForeignKeyConstraint(["run_id"], ["reconciliations.id"], name="fk_findings_run_id"),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], name="fk_findings_employee_id"),
        sa.ForeignKeyConstraint(
            ["completion_id"], ["completions.id"], name="fk_findings_completion_id"
        ),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_findings_delivery_id"),
        sa.PrimaryKeyConstraint("id", name="pk_findings"),
        comment="what was found to be missing, too much or different, and what was decided about it",
    )
    op.create_index("ix_findings_run_id", "findings", ["run_id", "id"])
    op.create_index("ix_findings_fingerprint", "findings", ["fingerprint"])
    op.create_index("ix_findings_employee_id", "findings", ["employee_id"])
    op.create_index("ix_findings_state", "findings", ["state"])


def downgrade() -> None:
    op.drop_table("findings")
    op.drop_table("reconciliations")
    op.drop_column("history_rows", "seen_at")
