"""Who looked at whose data, who was erased, and of whom a document is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0083"
down_revision = "0080"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "accesses",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", Time, nullable=False),
        sa.Column("user_id", BigId),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("address", sa.String(45), nullable=False, server_default=""),
        sa.Column("what", sa.String(40), nullable=False),
        sa.Column("employee_id", BigId),
        sa.Column("details", Json),
        sa.PrimaryKeyConstraint("id", name="pk_accesses"),
        comment="who looked at whose data, and when; no NIP and no name",
    )
    op.create_index("ix_accesses_employee_id", "accesses", ["employee_id", "id"])
    op.create_index("ix_accesses_at", "accesses", ["at"])
    op.create_table(
        "erasures",
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("employee_id", BigId, nullable=False),
        sa.Column("erased_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name="pk_erasures"),
        comment="by what those who were erased were known, as keyed hashes, so that none comes back",
    )
    op.add_column("documents", sa.Column("agent", sa.BigInteger()))
    op.create_index("ix_documents_agent", "documents", ["agent"])


def downgrade() -> None:
    op.drop_index("ix_documents_agent", table_name="documents")
    op.drop_column("documents", "agent")
    op.drop_table("erasures")
    op.drop_table("accesses")
