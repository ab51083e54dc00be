"""Employees by name, and by what a registry says of them, from which who is in service follows.

Lists are in the order of names, and each figure of the year begins with who is in service.
"""

from __future__ import annotations

from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_employees_name", "employees", ["name"])
    op.create_index("ix_employees_status", "employees", ["status", "nip"])


def downgrade() -> None:
    op.drop_index("ix_employees_status", table_name="employees")
    op.drop_index("ix_employees_name", table_name="employees")
