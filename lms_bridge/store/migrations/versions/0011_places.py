"""Statements have the place in time at which they were stored; readers of them have marks."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Time = sa.DateTime(timezone=True)

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_PLACES = (
    ("statements", "seq"),
    ("sightings", "statement_seq"),
    ("statement_keys", "seq"),
    ("statement_targets", "seq"),
    ("voidings", "by_seq"),
)
"""table and column of each number of a statement"""
_FOREIGN_KEY = "fk_sightings_statement_seq"


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("reader", sa.String(length=60), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name="pk_marks"),
        comment="how far each reader of the statements has come",
    )
    db = op.get_bind()
    is_postgresql = db.dialect.name == "postgresql"
    if is_postgresql:
        op.drop_constraint(_FOREIGN_KEY, "sightings")
        op.execute("ALTER TABLE statements ALTER COLUMN seq DROP DEFAULT")
        op.execute("DROP SEQUENCE IF EXISTS statements_seq_seq")
    else:
        op.execute("PRAGMA defer_foreign_keys = ON")
    places = _places(db)
    for name, column in _PLACES if places else ():
        number = sa.column(column, sa.BigInteger())
        table = sa.table(name, number)
        change = sa.update(table).where(number == sa.bindparam("old"))
        db.execute(
            change.values({column: sa.bindparam("new")}),
            [{"old": old, "new": new} for old, new in places.items()],
        )
    last = max(places.values(), default=0)
    unindexed = db.scalar(sa.text("SELECT min(seq) FROM unindexed"))
    found = last if unindexed is None else places[unindexed] - 1
    move = sa.text("INSERT INTO marks (reader, through) VALUES (:reader, :through)")
    db.execute(move, {"reader": "recognition", "through": last})
    db.execute(move, {"reader": "index", "through": found})
    if is_postgresql:
        op.create_foreign_key(_FOREIGN_KEY, "sightings", "statements", ["statement_seq"], ["seq"])
    op.drop_table("unindexed")
    op.drop_column("statements", "stored")


def _places(db: sa.Connection) -> dict[int, int]:
    """By the number that a statement had, the place that it has."""
    query = sa.text("SELECT seq, stored FROM statements ORDER BY seq").columns(stored=Time)
    places: dict[int, int] = {}
    last = 0
    for number, stored in db.execute(query).all():
        utc = stored if stored.tzinfo else stored.replace(tzinfo=dt.UTC)
        last = max((utc - _EPOCH) // _MICROSECOND, last + 1)
        places[number] = last
    return places


def downgrade() -> None:
    db = op.get_bind()
    op.add_column(
        "statements",
        sa.Column("stored", Time, nullable=False, server_default="1970-01-01 00:00:00.000000"),
    )
    op.create_table(
        "unindexed",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_unindexed"),
        comment="statements that no filter finds yet",
    )
    statements = sa.table(
        "statements", sa.column("seq", sa.BigInteger()), sa.column("stored", Time)
    )
    places = db.scalars(sa.select(statements.c.seq)).all()
    if places:
        db.execute(
            sa.update(statements)
            .where(statements.c.seq == sa.bindparam("place"))
            .values(stored=sa.bindparam("moment")),
            [{"place": one, "moment": _EPOCH + one * _MICROSECOND} for one in places],
        )
    op.execute(
        "INSERT INTO unindexed (seq) SELECT seq FROM statements"
        " WHERE seq > (SELECT through FROM marks WHERE reader = 'index')"
    )
    op.drop_table("marks")
    if db.dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE statements_seq_seq OWNED BY statements.seq")
        op.execute(
            "ALTER TABLE statements ALTER COLUMN seq SET DEFAULT nextval('statements_seq_seq')"
        )
        op.execute("SELECT setval('statements_seq_seq', coalesce(max(seq), 1)) FROM statements")
