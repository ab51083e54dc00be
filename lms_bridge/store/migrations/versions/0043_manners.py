"""The pace that all processes keep towards a registry, and until when tokens are good."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lms_bridge.store.types import OutsideText, UtcTime

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paces",
        sa.Column("remote", sa.String(length=60), nullable=False),
        sa.Column("next_at", UtcTime(), nullable=False),
        sa.Column("writer", sa.String(length=120), nullable=True),
        sa.Column("write_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("remote"),
        comment="when the next request to a registry, and the next write, may begin",
    )
    op.create_table(
        "tokens",
        sa.Column("remote", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("source", OutsideText(), nullable=False),
        sa.Column("issued", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("got_at", UtcTime(), nullable=False),
        sa.Column("good_until", UtcTime(), nullable=True),
        sa.Column("told", sa.String(length=8), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("remote", "name"),
        comment="until when the tokens for a remote are good, and whether that was told; no token",
    )


def downgrade() -> None:
    op.drop_table("tokens")
    op.drop_table("paces")
