"""Where a completion stands by the state first, which also finds all that are in one."""

from __future__ import annotations

from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_deliveries_completion_id_state", table_name="deliveries")
    op.create_index("ix_deliveries_state_completion_id", "deliveries", ["state", "completion_id"])


def downgrade() -> None:
    op.drop_index("ix_deliveries_state_completion_id", table_name="deliveries")
    op.create_index("ix_deliveries_completion_id_state", "deliveries", ["completion_id", "state"])
