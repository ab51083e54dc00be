"""What an LRS needs besides: keys to find statements by, documents, attachments, credentials."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "statements",
        sa.Column("version", sa.String(length=5), server_default="1.0.3", nullable=False),
    )
    op.add_column("statements", sa.Column("authority", sa.LargeBinary(), nullable=True))
    op.create_table(
        "unindexed",
        sa.Column("seq", BigId, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_unindexed"),
        comment="statements that no filter finds yet",
    )
    op.execute("INSERT INTO unindexed (seq) SELECT seq FROM statements")
    op.create_table(
        "statement_keys",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "seq", name="pk_statement_keys"),
        sqlite_with_rowid=False,
        comment="under which keys the filters find a statement",
    )
    op.create_table(
        "statement_targets",
        sa.Column("target", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("target", "seq", name="pk_statement_targets"),
        sqlite_with_rowid=False,
        comment="which statements refer to which",
    )
    op.create_table(
        "voidings",
        sa.Column("statement_id", sa.String(length=36), nullable=False),
        sa.Column("by_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("statement_id", name="pk_voidings"),
        comment="statements that were voided, and by which",
    )
    op.create_table(
        "activities",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_activities"),
        comment="the canonical definitions of Activities",
    )
    op.create_table(
        "agents",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("names", Json, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_agents"),
        comment="what Agents are called in statements",
    )
    op.create_table(
        "attachments",
        sa.Column("sha2", sa.String(length=128), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("stored", Time, nullable=False),
        sa.PrimaryKeyConstraint("sha2", name="pk_attachments"),
        comment="the data of attachments, by their hash",
    )
    op.create_table(
        "attachment_chunks",
        sa.Column("sha2", sa.String(length=128), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha2", "number", name="pk_attachment_chunks"),
    )
    op.create_table(
        "documents",
        sa.Column("id", BigId, nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("registration", sa.String(length=36), server_default="", nullable=False),
        sa.Column("name_key", sa.String(length=500), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("contents", sa.LargeBinary(), nullable=False),
        sa.Column("etag", sa.String(length=44), nullable=False),
        sa.Column("stored", Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint(
            "owner", "registration", "name_key", name="uq_documents_owner_registration_name_key"
        ),
        comment=(
            "states and profiles; the owner is a hash of the resource and of whom they belong to"
        ),
    )
    op.create_table(
        "credentials",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("origins", Json, nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=True),
        sa.Column("lms", sa.String(length=40), server_default="", nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("rotated_at", Time, nullable=True),
        sa.Column("revoked_at", Time, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_credentials"),
        sa.UniqueConstraint("name", name="uq_credentials_name"),
        sa.UniqueConstraint("username", name="uq_credentials_username"),
        comment="who may use the LRS, beside the senders of the configuration",
    )


def downgrade() -> None:
    for table in (
        "credentials",
        "documents",
        "attachment_chunks",
        "attachments",
        "agents",
        "activities",
        "voidings",
        "statement_targets",
        "statement_keys",
        "unindexed",
    ):
        op.drop_table(table)
    with op.batch_alter_table("statements") as batch:
        batch.drop_column("authority")
        batch.drop_column("version")
