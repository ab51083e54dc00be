"""Reports that are kept and mailed; messages, and of what people were told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)
_WAITING = sa.text("state = 'waiting'")
_DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("recipient", sa.String(40), nullable=False, server_default=""),
        sa.Column("address", sa.String(254), nullable=False, server_default=""),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made_at", Time, nullable=False),
        sa.Column("due_at", Time, nullable=False),
        sa.Column("sent_at", Time),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reason_code", sa.String(40)),
        sa.Column("reason_details", Json),
        sa.Column("lease_owner", sa.String(120)),
        sa.Column("lease_until", Time),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("key", name="uq_messages_key"),
        comment="what is mailed, or told by webhook, and what became of it",
    )
    op.create_index("ix_messages_recipient", "messages", ["recipient", "made_at"])
    op.create_index(
        "ix_messages_due",
        "messages",
        ["due_at", "id"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_table(
        "notices_told",
        sa.Column("recipient", sa.String(40), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("many", sa.Integer(), nullable=False),
        sa.Column("told_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("recipient", "key", name="pk_notices_told"),
        comment="of what each recipient was told last, and how much of it there was",
    )
    op.create_table(
        "saved_reports",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("mailing", Json),
        sa.Column("due_at", Time),
        sa.Column("mailed_at", Time),
        sa.PrimaryKeyConstraint("id", name="pk_saved_reports"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_saved_reports_user_id"),
        sa.UniqueConstraint("user_id", "name", name="uq_saved_reports_user_id_name"),
        comment="reports that somebody has kept under a name, and when they are mailed",
    )
    op.create_index(
        "ix_saved_reports_due_at",
        "saved_reports",
        ["due_at"],
        sqlite_where=_DUE,
        postgresql_where=_DUE,
    )


def downgrade() -> None:
    op.drop_table("saved_reports")
    op.drop_table("notices_told")
    op.drop_table("messages")
