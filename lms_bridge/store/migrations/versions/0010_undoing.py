"""Taking back what was delivered: what was decided about it, and steps that a person finishes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0003"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("id", BigId, nullable=False),
        sa.Column("completion_id", BigId, nullable=False),
        sa.Column("withdrawn_at", Time, nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reason_details", Json, nullable=True),
        sa.Column("decision", sa.String(length=8), nullable=True),
        sa.Column("decided_at", Time, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_why", sa.Text(), nullable=True),
        sa.Column("ended_at", Time, nullable=True),
        sa.ForeignKeyConstraint(
            ["completion_id"], ["completions.id"], name="fk_withdrawals_completion_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_withdrawals"),
        comment=(
            "when a completion was taken back and why, what HR decided, and when it was told again"
        ),
    )
    op.create_index(
        "uq_withdrawals_current",
        "withdrawals",
        ["completion_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.execute(
        "INSERT INTO withdrawals (completion_id, withdrawn_at)"
        " SELECT id, withdrawn_at FROM completions WHERE withdrawn_at IS NOT NULL"
    )
    # Whether it took effect was left to a person to look up; now the bridge does.
    op.execute(
        "UPDATE deliveries SET state = 'waiting', reason_code = 'new', reason_details = NULL"
        " WHERE state = 'cancelled' AND reason_code = 'withdrawn_in_doubt'"
    )
    _due_index("state IN ('delegated', 'retrying', 'waiting')")


def downgrade() -> None:
    op.execute("UPDATE deliveries SET state = 'blocked' WHERE state = 'delegated'")
    _due_index("state IN ('retrying', 'waiting')")
    op.drop_table("withdrawals")


def _due_index(states: str) -> None:
    op.drop_index("ix_deliveries_due", table_name="deliveries")
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["remote", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text(states),
        postgresql_where=sa.text(states),
    )
