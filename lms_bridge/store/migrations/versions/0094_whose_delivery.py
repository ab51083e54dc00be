"""A delivery says whose it is, so that those of a unit are found without looking at the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None

_FOR_A_PERSON = sa.text("state IN ('blocked', 'delegated')")


def upgrade() -> None:
    op.add_column(
        "deliveries", sa.Column("employee_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
    )
    op.execute(
        "UPDATE deliveries SET employee_id = COALESCE("
        "(SELECT employee_id FROM completions WHERE completions.id = deliveries.completion_id), "
        "(SELECT employee_id FROM awards WHERE awards.id = deliveries.award_id))"
    )
    _index(["completion_id", "employee_id"], ["id", "employee_id"])


def downgrade() -> None:
    _index(["completion_id"], ["id"])
    op.drop_column("deliveries", "employee_id")


def _index(after_state: list[str], after_cause: list[str]) -> None:
    op.drop_index("ix_deliveries_state_completion_id", table_name="deliveries")
    op.create_index("ix_deliveries_state_completion_id", "deliveries", ["state", *after_state])
    op.drop_index("ix_deliveries_for_a_person", table_name="deliveries")
    op.create_index(
        "ix_deliveries_for_a_person",
        "deliveries",
        ["state", "remote", "reason_code", *after_cause],
        sqlite_where=_FOR_A_PERSON,
        postgresql_where=_FOR_A_PERSON,
    )
