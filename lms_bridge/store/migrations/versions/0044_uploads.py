"""Files that an operator uploads by hand to a registry without an API."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0044"
down_revision = "0045"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(JSONB(), "postgresql")
_IN_FORCE = "state IN ('listed', 'accepted')"


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("registry", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("headings", Json, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_on", sa.Date(), nullable=True),
        sa.Column("history", Json, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
        sa.UniqueConstraint("registry", "number", name="uq_uploads_registry_number"),
        comment="files for registries that an operator uploads by hand, and who did what with them",
    )
    op.create_table(
        "upload_rows",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("upload_id", BigId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("delivery_id", BigId, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cells", Json, nullable=False),
        sa.Column("training", Json, nullable=False),
        sa.Column("result_id", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_upload_rows"),
        sa.UniqueConstraint("upload_id", "position", name="uq_upload_rows_upload_id_position"),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name="fk_upload_rows_upload_id"),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name="fk_upload_rows_delivery_id"
        ),
        comment="the completions in each of those files, and what the registry said of each",
    )
    op.create_index("ix_upload_rows_delivery_id", "upload_rows", ["delivery_id"], unique=False)
    op.create_index(
        "uq_upload_rows_in_force",
        "upload_rows",
        ["delivery_id"],
        unique=True,
        sqlite_where=sa.text(_IN_FORCE),
        postgresql_where=sa.text(_IN_FORCE),
    )


def downgrade() -> None:
    op.drop_index("uq_upload_rows_in_force", table_name="upload_rows")
    op.drop_index("ix_upload_rows_delivery_id", table_name="upload_rows")
    op.drop_table("upload_rows")
    op.drop_table("uploads")
