"""By what a certificate is found again by anybody who has it."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0043"
branch_labels = None
depends_on = None

_AT_ONCE = 10_000


def upgrade() -> None:
    op.add_column("completions", sa.Column("public_id", sa.String(length=22), nullable=True))
    db = op.get_bind()
    table = sa.table("completions", sa.column("id"), sa.column("public_id"))
    nameless = sa.select(table.c.id).where(table.c.public_id.is_(None)).limit(_AT_ONCE)
    give = table.update().where(table.c.id == sa.bindparam("one"))
    give = give.values(public_id=sa.bindparam("given"))
    while some := db.execute(nameless).scalars().all():
        db.execute(give, [{"one": one, "given": secrets.token_urlsafe(16)} for one in some])
    op.create_index("ix_completions_public_id", "completions", ["public_id"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_completions_public_id", table_name="completions")
    op.drop_column("completions", "public_id")
