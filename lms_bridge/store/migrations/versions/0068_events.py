"""The journal of what other systems are told by webhook."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0068"
down_revision = "0066"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("place", sa.BigInteger()),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        comment="what others are told by webhook, in the order of the places",
    )
    op.create_index("ix_events_place", "events", ["place"], unique=True)
    op.create_index(
        "ix_events_unplaced",
        "events",
        ["id"],
        sqlite_where=sa.text("place IS NULL"),
        postgresql_where=sa.text("place IS NULL"),
    )
    op.create_table(
        "events_raised",
        sa.Column("subject", sa.String(40), nullable=False),
        sa.Column("reason_code", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_events_raised"),
        comment="of what others were told that it waits for a person, and why it did then",
    )


def downgrade() -> None:
    op.drop_table("events_raised")
    op.drop_table("events")
