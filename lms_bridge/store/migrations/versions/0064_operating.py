"""Pausing remotes, asking for runs and tries, how far a run is, which workers are alive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(JSONB(), "postgresql")
Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name, kind in (("paused_at", Time), ("paused_by", sa.Text()), ("paused_why", sa.Text())):
        op.add_column("remotes", sa.Column(name, kind))
    for name, number in (("done", sa.Integer()), ("total", sa.Integer())):
        op.add_column("job_runs", sa.Column(name, number))
    op.add_column("job_runs", sa.Column("asked_by", sa.Text()))
    op.create_table(
        "job_requests",
        sa.Column("job", sa.String(40), nullable=False),
        sa.Column("asked_at", Time, nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", name="pk_job_requests"),
        comment="a job that somebody wants to be run now; it goes as the run begins",
    )
    op.create_table(
        "workers",
        sa.Column("owner", sa.String(120), nullable=False),
        sa.Column("started_at", Time, nullable=False),
        sa.Column("seen_at", Time, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_workers"),
        comment="the processes that run jobs, and when each last said that it is alive",
    )
    op.create_table(
        "remote_checks",
        sa.Column("remote", sa.String(60), nullable=False),
        sa.Column("asked_at", Time, nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("begun_at", Time),
        sa.Column("finished_at", Time),
        sa.Column("found", Json),
        sa.PrimaryKeyConstraint("remote", name="pk_remote_checks"),
        comment="that an outside system is to be tried, and what the last try has shown",
    )
    op.create_index("ix_deliveries_state_remote_id", "deliveries", ["state", "remote", "id"])
    op.drop_index("ix_deliveries_state_remote", "deliveries")


def downgrade() -> None:
    op.create_index("ix_deliveries_state_remote", "deliveries", ["state", "remote"])
    op.drop_index("ix_deliveries_state_remote_id", "deliveries")
    for table in ("remote_checks", "workers", "job_requests"):
        op.drop_table(table)
    for name in ("done", "total", "asked_by"):
        op.drop_column("job_runs", name)
    for name in ("paused_at", "paused_by", "paused_why"):
        op.drop_column("remotes", name)
