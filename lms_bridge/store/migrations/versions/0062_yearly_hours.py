"""The JP of each employee and year as sums, and whose are to be summed up again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lms_bridge.store.types import UtcTime

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "hours_reviews",
        sa.Column("employee_id", BigId, autoincrement=False, nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", name="pk_hours_reviews"),
        comment="whose JP are to be summed up again, for something of what they learned has"
        " changed",
    )
    op.create_table(
        "yearly_hours",
        sa.Column("employee_id", BigId, autoincrement=False, nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ours", sa.Integer(), nullable=False),
        sa.Column("elsewhere", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", "year", name="pk_yearly_hours"),
        sqlite_with_rowid=False,
        comment="the JP of each employee and year, as they were last summed up",
    )
    op.create_index(
        "ix_yearly_hours_year", "yearly_hours", ["year", "employee_id", "ours", "elsewhere"]
    )
    op.create_table(
        "yearly_trainings",
        sa.Column("employee_id", BigId, autoincrement=False, nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("course_id", BigId, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("trainings", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "employee_id", "year", "course_id", "kind", name="pk_yearly_trainings"
        ),
        sqlite_with_rowid=False,
        comment="what those JP are of: by course, and of what others recorded by kind",
    )
    op.create_index(
        "ix_yearly_trainings_year",
        "yearly_trainings",
        ["year", "course_id", "kind", "employee_id", "trainings", "hours"],
    )
    # Everybody who has learned anything, as if all of it had come just now.
    op.execute(
        "INSERT INTO hours_reviews (employee_id, asked_at)"
        " SELECT employee_id, CURRENT_TIMESTAMP FROM completions"
        " UNION SELECT employee_id, CURRENT_TIMESTAMP FROM history_rows"
    )


def downgrade() -> None:
    for table in ("yearly_trainings", "yearly_hours", "hours_reviews"):
        op.drop_table(table)
