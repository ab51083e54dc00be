"""Work units, postings, and what registries have of the training history of each employee."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0042"
down_revision = "0040"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    _units()
    _postings()
    _histories()
    # Where everybody is now begins with when that was first seen, as far as it is known.
    op.execute(
        "INSERT INTO postings (employee_id, registry, unit_id, unit_name, since)"
        " SELECT id, '', unit_id, unit_name, coalesce(refreshed_at, created_at) FROM employees"
        " WHERE refreshed_at IS NULL AND (unit_id <> '' OR unit_name <> '')"
    )


def downgrade() -> None:
    for table in (
        "professionality_indexes",
        "history_readings",
        "history_rows",
        "postings",
        "units",
    ):
        op.drop_table(table)


def _units() -> None:
    op.create_table(
        "units",
        sa.Column("registry", sa.String(length=40), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.String(length=64), server_default="", nullable=False),
        sa.Column("seen_at", Time, nullable=False),
        sa.Column("gone_at", Time, nullable=True),
        sa.PrimaryKeyConstraint("registry", "unit_id", name="pk_units"),
        comment="the work units of each registry, as a tree; also those that it has no more",
    )


def _postings() -> None:
    op.create_table(
        "postings",
        sa.Column("id", BigId, nullable=False),
        sa.Column("employee_id", BigId, nullable=False),
        sa.Column("registry", sa.String(length=40), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("since", Time, nullable=False),
        sa.Column("until", Time, nullable=True),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], name="fk_postings_employee_id"),
        sa.PrimaryKeyConstraint("id", name="pk_postings"),
        comment="in which work unit somebody was, and when that was seen; registry '' is HR's table",
    )
    op.create_index("ix_postings_employee_id", "postings", ["employee_id"])
    op.create_index(
        "uq_postings_current",
        "postings",
        ["employee_id", "registry"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )


def _histories() -> None:
    op.create_table(
        "history_rows",
        sa.Column("id", BigId, nullable=False),
        sa.Column("employee_id", BigId, nullable=False),
        sa.Column("registry", sa.String(length=40), nullable=False),
        sa.Column("history", sa.String(length=40), nullable=False),
        sa.Column("row_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organiser", sa.Text(), nullable=False),
        sa.Column("certificate_number", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Integer(), nullable=True),
        sa.Column("structural_training", sa.Text(), nullable=False),
        sa.Column("document", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employees.id"], name="fk_history_rows_employee_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_history_rows"),
        comment="the training history of each employee, as a registry had it when it was last read",
    )
    op.create_index("ix_history_rows_employee_id", "history_rows", ["employee_id", "registry"])
    op.create_table(
        "history_readings",
        sa.Column("employee_id", BigId, autoincrement=False, nullable=False),
        sa.Column("registry", sa.String(length=40), nullable=False),
        sa.Column("tried_at", Time, nullable=False),
        sa.Column("read_at", Time, nullable=True),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reason_details", Json, nullable=True),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employees.id"], name="fk_history_readings_employee_id"
        ),
        sa.PrimaryKeyConstraint("employee_id", "registry", name="pk_history_readings"),
        comment="when the history of each employee was read, and why it could not be",
    )
    op.create_table(
        "professionality_indexes",
        sa.Column("employee_id", BigId, autoincrement=False, nullable=False),
        sa.Column("registry", sa.String(length=40), nullable=False),
        sa.Column("total", sa.Float(), nullable=True),
        sa.Column("qualification", sa.Float(), nullable=True),
        sa.Column("competence", sa.Float(), nullable=True),
        sa.Column("performance", sa.Float(), nullable=True),
        sa.Column("discipline", sa.Float(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("read_at", Time, nullable=False),
        sa.ForeignKeyConstraint(
            ["employee_id"], ["employees.id"], name="fk_professionality_indexes_employee_id"
        ),
        sa.PrimaryKeyConstraint("employee_id", "registry", name="pk_professionality_indexes"),
        comment="IP-ASN as the registry computed it",
    )
