"""Badges that are earned by rules, and deliveries that belong to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0050"
down_revision = "0048"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)

_BOUND = "completion_id INTEGER NOT NULL"
_FREE = "completion_id INTEGER"


def upgrade() -> None:
    op.create_table(
        "badge_rules",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("applied_at", Time, nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("ended_at", Time),
        sa.PrimaryKeyConstraint("id", name="pk_badge_rules"),
        comment="what each badge stands for and by what it is earned, as it was put in force",
    )
    _unique_where("uq_badge_rules_current", "badge_rules", ["key"], "ended_at IS NULL")
    op.create_table(
        "awards",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("employee_id", BigId, nullable=False),
        sa.Column("badge_key", sa.String(100), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("rule_id", BigId, nullable=False),
        sa.Column("earned_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date()),
        sa.Column("counts_after", sa.Date()),
        sa.Column("completion_id", BigId),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("public_id", sa.String(22), nullable=False),
        sa.Column("created_at", Time, nullable=False),
        sa.Column("revoked_at", Time),
        sa.Column("reason_code", sa.String(40)),
        sa.Column("reason_details", Json),
        sa.ForeignKeyConstraint(["employee_id"], ["employees.id"], name="fk_awards_employee_id"),
        sa.ForeignKeyConstraint(["rule_id"], ["badge_rules.id"], name="fk_awards_rule_id"),
        sa.ForeignKeyConstraint(
            ["completion_id"], ["completions.id"], name="fk_awards_completion_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_awards"),
        sa.UniqueConstraint(
            "employee_id", "badge_key", "term", name="uq_awards_employee_id_badge_key_term"
        ),
        sa.UniqueConstraint("public_id", name="uq_awards_public_id"),
        comment="badges that employees have earned by rules, each time one was",
    )
    op.create_index("ix_awards_badge_key", "awards", ["badge_key"])
    op.create_table(
        "badge_reviews",
        sa.Column("employee_id", BigId, autoincrement=False, nullable=False),
        sa.Column("asked_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("employee_id", name="pk_badge_reviews"),
        comment="whose badges are to be looked at again, for something that they rest on has"
        " changed",
    )
    _let_be_null(_BOUND, _FREE, nullable=True)
    number = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    op.execute(
        f"ALTER TABLE deliveries ADD COLUMN award_id {number}"
        " CONSTRAINT fk_deliveries_award_id REFERENCES awards (id)"
    )
    _unique_where(
        "uq_deliveries_award_id",
        "deliveries",
        ["award_id", "step", "remote"],
        "award_id IS NOT NULL",
    )


def downgrade() -> None:
    op.execute(
        "DELETE FROM attempts WHERE delivery_id IN"
        " (SELECT id FROM deliveries WHERE award_id IS NOT NULL)"
    )
    op.execute("DELETE FROM deliveries WHERE award_id IS NOT NULL")
    op.drop_index("uq_deliveries_award_id", table_name="deliveries")
    op.drop_column("deliveries", "award_id")
    _let_be_null(_FREE, _BOUND, nullable=False)
    for table in ("badge_reviews", "awards", "badge_rules"):
        op.drop_table(table)


def _unique_where(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        table,
        columns,
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _let_be_null(before: str, after: str, *, nullable: bool) -> None:
    """Change whether a delivery needs a completion.

    SQLite knows no ALTER for that. To copy the table is slow and takes it away from those that
    refer to it; that the schema's text is changed instead is what SQLite's documentation offers
    for constraints of which nothing on the disk depends (lang_altertable, section 7).
    """
    db = op.get_bind()
    if db.dialect.name == "postgresql":
        op.alter_column("deliveries", "completion_id", nullable=nullable)
        return
    version = db.scalar(sa.text("PRAGMA schema_version"))
    db.execute(sa.text("PRAGMA writable_schema = ON"))
    changed = db.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
            " WHERE type = 'table' AND name = 'deliveries' AND instr(sql, :before)"
        ),
        {"before": before, "after": after},
    )
    assert changed.rowcount == 1, "the table of deliveries is not as it was made"
    db.execute(sa.text(f"PRAGMA schema_version = {int(version) + 1}"))
    db.execute(sa.text("PRAGMA writable_schema = OFF"))
