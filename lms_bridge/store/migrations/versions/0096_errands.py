"""What somebody asks a worker to do now, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0096"
down_revision = "0095"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)
_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "errands",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", Time, nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("ended_at", Time),
        sa.Column("reason_code", sa.String(40)),
        sa.Column("reason_details", Json),
        sa.PrimaryKeyConstraint("id", name="pk_errands"),
        comment="what somebody asks a worker to do now, and what came of it",
    )
    op.create_index("ix_errands_subject", "errands", ["kind", "subject"])
    op.create_index(
        "ix_errands_open", "errands", ["id"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )


def downgrade() -> None:
    op.drop_table("errands")
