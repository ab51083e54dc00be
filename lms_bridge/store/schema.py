"""The tables, from a statement that comes in to a delivery that is done.

::

    statements ──< sightings >── completions ──< deliveries ──< attempts
                       │              │ │             │
                       │       courses  employees ──< awards >── badge_rules
                       └ why a statement is (not yet) a completion

*statements* are never changed; that one lies beyond the *mark* of a reader is the work that it
causes. *sightings* say of each statement what was seen in it. *completions* are one per employee,
course, run and role. *awards* are badges that employees have earned by a rule. *deliveries* are the
steps of a completion or of an award, each with one life cycle
(:mod:`lms_bridge.deliveries.lifecycle`).

The DDL itself is in ``migrations/``; a test holds the two against each other.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from lms_bridge.store.types import Json, OutsideKey, OutsideString, OutsideText, UtcTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column that is exactly INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")

statements = Table(
    "statements",
    metadata,
    # When it was stored, and so the order in which it is told: lms_bridge.store.places.
    Column("seq", BigId, primary_key=True, autoincrement=False),
    Column("id", String(36), nullable=False, unique=True),
    Column("sender", String(40), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("version", String(5), nullable=False, server_default="1.0.3"),
    Column("authority", LargeBinary),
    comment="what was received, byte for byte",
)

marks = Table(
    "marks",
    metadata,
    Column("reader", String(60), primary_key=True),
    Column("through", BigInteger, nullable=False),
    comment="how far each reader of the statements has come",
)

unforwarded = Table(
    "unforwarded",
    metadata,
    Column("remote", String(60), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("reason_code", String(40), nullable=False),
    Column("reason_details", Json),
    Column("changed_at", UtcTime, nullable=False),
    comment="what another LRS did not take, is to be offered again, or is not to get",
)

statement_keys = Table(
    "statement_keys",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    comment="under which keys the filters find a statement",
)

statement_targets = Table(
    "statement_targets",
    metadata,
    Column("target", String(36), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    comment="which statements refer to which",
)

voidings = Table(
    "voidings",
    metadata,
    Column("statement_id", String(36), primary_key=True),
    Column("by_seq", BigInteger, nullable=False),
    comment="statements that were voided, and by which",
)

activities = Table(
    "activities",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("definition", LargeBinary, nullable=False),
    comment="the canonical definitions of Activities",
)

agents = Table(
    "agents",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("names", Json, nullable=False),
    comment="what Agents are called in statements",
)

attachments = Table(
    "attachments",
    metadata,
    Column("sha2", String(128), primary_key=True),
    Column("content_type", OutsideText, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("stored", UtcTime, nullable=False),
    comment="the data of attachments, by their hash",
)

attachment_chunks = Table(
    "attachment_chunks",
    metadata,
    # No foreign key: the chunks are there first, and the row in `attachments` when all are.
    Column("sha2", String(128), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("owner", String(64), nullable=False),
    # The key of the Agent that it is of, if it is of one: by it all of somebody are found.
    Column("agent", BigInteger, index=True),
    Column("registration", String(36), nullable=False, server_default=""),
    Column("name_key", OutsideKey(500), nullable=False),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("contents", LargeBinary, nullable=False),
    Column("etag", String(44), nullable=False),
    Column("stored", UtcTime, nullable=False),
    UniqueConstraint("owner", "registration", "name_key"),
    comment="states and profiles; the owner is a hash of the resource and of whom they belong to",
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("username", String(100), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=False),
    Column("old_hash", String(64)),
    Column("old_until", UtcTime),
    Column("scopes", Json, nullable=False),
    Column("origins", Json, nullable=False),
    Column("per_minute", Integer),
    Column("lms", String(40), nullable=False, server_default=""),
    Column("created_at", UtcTime, nullable=False),
    Column("rotated_at", UtcTime),
    Column("revoked_at", UtcTime),
    comment="who may use the LRS, beside the senders of the configuration",
)

sender_hours = Table(
    "sender_hours",
    metadata,
    Column("sender", String(40), primary_key=True),
    Column("hour", UtcTime, primary_key=True),
    Column("taken", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("said", OutsideText, nullable=False),
    Column("refused_at", UtcTime),
    comment="how many requests of each sender were taken and refused in an hour, and why the last",
)

IS_OWN = "reason_code = 'own_statement'"
IS_WAITING = "state = 'attention'"
"""that a sighting is of what the bridge itself said"""

sightings = Table(
    "sightings",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("statement_seq", BigId, ForeignKey("statements.seq")),
    Column("pull_key", OutsideKey(200), unique=True),
    Column("role", String(16), nullable=False, server_default="learner"),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("state", String(16), nullable=False, server_default="new"),
    Column("due_at", UtcTime),
    Column("reason_code", String(40)),
    Column("reason_details", Json),
    Column("verb", OutsideText),
    Column("object_id", OutsideKey(500)),
    Column("external_id", OutsideKey(200)),
    Column("short_id", OutsideKey(200)),
    Column("course_id", BigId, ForeignKey("courses.id")),
    Column("actor", OutsideKey(500)),
    Column("actor_name", OutsideText),
    Column("course_name", OutsideText),
    Column("completed_at", UtcTime),
    Column("completion_id", BigId, ForeignKey("completions.id")),
    Column("decided_at", UtcTime),
    UniqueConstraint("statement_seq", "role", "position"),
    # With the id, so that a batch of what is new is read in order without sorting a backlog.
    Index("ix_sightings_state_due_at_id", "state", "due_at", "id"),
    Index("ix_sightings_object_id", "object_id"),
    Index("ix_sightings_actor", "actor"),
    Index("ix_sightings_completion_id", "completion_id"),
    # What waits for a person, by cause, however much there is of the rest. Not the actor as well:
    # PostgreSQL has no room for two such texts in an index.
    Index(
        "ix_sightings_waiting",
        "state",
        "reason_code",
        "object_id",
        "id",
        sqlite_where=text(IS_WAITING),
        postgresql_where=text(IS_WAITING),
    ),
    # By it the bridge's own statements are told from what was received.
    Index(
        "ix_sightings_own",
        "id",
        sqlite_where=text(IS_OWN),
        postgresql_where=text(IS_OWN),
    ),
    comment="what was seen in a statement, or when completions were pulled from the LMS",
)

dismissals = Table(
    "dismissals",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("kind", String(8), nullable=False),
    Column("key", OutsideKey(500), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("by", OutsideText, nullable=False),
    Column("why", OutsideText, nullable=False),
    Column("ended_at", UtcTime),
    Column("ended_by", OutsideText),
    Index(
        "uq_dismissals_current",
        "kind",
        "key",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    comment="accounts that are nobody's, and courses that are not recorded: by whose word, and why",
)

employees = Table(
    "employees",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("nip", String(18), nullable=False, unique=True),
    Column("name", OutsideText, nullable=False, server_default=""),
    Column("unit_id", OutsideKey(64), nullable=False, server_default=""),
    Column("unit_name", OutsideText, nullable=False, server_default=""),
    Column("status", OutsideText, nullable=False, server_default=""),
    Column("registry_refs", Json, nullable=False),
    Column("refreshed_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    # Lists are in the order of names.
    Index("ix_employees_name", "name"),
    # Who is in service follows from the status, and of which kind somebody is, from both.
    Index("ix_employees_status", "status", "nip"),
)

identities = Table(
    "identities",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("key", OutsideKey(500), nullable=False, unique=True),
    Column("employee_id", BigId, ForeignKey("employees.id"), nullable=False, index=True),
    Column("source", String(16), nullable=False),
    Column("lms", String(40), nullable=False, server_default=""),
    Column("lms_user_id", OutsideString(40), nullable=False, server_default=""),
    Column("seen_at", UtcTime, nullable=False),
    comment="the keys by which an employee is known: NIPs, accounts, addresses",
)

units = Table(
    "units",
    metadata,
    Column("registry", String(40), primary_key=True),
    Column("unit_id", OutsideKey(64), primary_key=True),
    Column("name", OutsideText, nullable=False),
    Column("parent_id", OutsideKey(64), nullable=False, server_default=""),
    Column("seen_at", UtcTime, nullable=False),
    Column("gone_at", UtcTime),
    comment="the work units of each registry, as a tree; also those that it has no more",
)

postings = Table(
    "postings",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("employee_id", BigId, ForeignKey("employees.id"), nullable=False, index=True),
    Column("registry", String(40), nullable=False),
    Column("unit_id", OutsideKey(64), nullable=False),
    Column("unit_name", OutsideText, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime),
    Index(
        "uq_postings_current",
        "employee_id",
        "registry",
        unique=True,
        sqlite_where=text("until IS NULL"),
        postgresql_where=text("until IS NULL"),
    ),
    # Who is in some units now: whom a personnel officer sees.
    Index(
        "ix_postings_unit",
        "registry",
        "unit_id",
        "employee_id",
        sqlite_where=text("until IS NULL"),
        postgresql_where=text("until IS NULL"),
    ),
    comment="in which work unit somebody was, and when that was seen; registry '' is HR's table",
)

history_rows = Table(
    "history_rows",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("employee_id", BigId, ForeignKey("employees.id"), nullable=False),
    Column("registry", String(40), nullable=False),
    Column("history", String(40), nullable=False),
    Column("row_id", OutsideText, nullable=False),
    Column("name", OutsideText, nullable=False),
    Column("organiser", OutsideText, nullable=False),
    Column("certificate_number", OutsideText, nullable=False),
    Column("hours", Integer),
    Column("starts", Date),
    Column("ends", Date),
    Column("year", Integer),
    Column("kind", Integer),
    Column("structural_training", OutsideText, nullable=False),
    Column("document", Boolean),
    Column("seen_at", UtcTime),
    Index("ix_history_rows_employee_id", "employee_id", "registry"),
    comment="the training history of each employee, as a registry had it when it was last read",
)

history_readings = Table(
    "history_readings",
    metadata,
    Column("employee_id", BigId, ForeignKey("employees.id"), primary_key=True, autoincrement=False),
    Column("registry", String(40), primary_key=True),
    Column("tried_at", UtcTime, nullable=False),
    Column("read_at", UtcTime),
    Column("reason_code", String(40)),
    Column("reason_details", Json),
    comment="when the history of each employee was read, and why it could not be",
)

professionality_indexes = Table(
    "professionality_indexes",
    metadata,
    Column("employee_id", BigId, ForeignKey("employees.id"), primary_key=True, autoincrement=False),
    Column("registry", String(40), primary_key=True),
    Column("total", Float),
    Column("qualification", Float),
    Column("competence", Float),
    Column("performance", Float),
    Column("discipline", Float),
    Column("as_of", Date),
    Column("read_at", UtcTime, nullable=False),
    comment="IP-ASN as the registry computed it",
)

courses = Table(
    "courses",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("key", String(100), nullable=False, unique=True),
    Column("source", String(16), nullable=False),
    Column("content", Json, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)

completions = Table(
    "completions",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("employee_id", BigId, ForeignKey("employees.id"), nullable=False),
    Column("course_id", BigId, ForeignKey("courses.id"), nullable=False),
    Column("run", OutsideKey(200), nullable=False),
    Column("role", String(16), nullable=False),
    Column("completed_at", UtcTime, nullable=False),
    Column("time_source", String(16), nullable=False),
    Column("score", Float),
    Column("hours", Integer, nullable=False),
    Column("certificate_number", OutsideString(200), nullable=False),
    Column("starts", Date, nullable=False),
    Column("ends", Date, nullable=False),
    Column("lms", String(40), nullable=False),
    Column("lms_user_id", OutsideString(40), nullable=False, server_default=""),
    Column("withdrawn_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    # By which anybody who has the certificate finds it again; nobody can guess it.
    Column("public_id", String(22)),
    UniqueConstraint("employee_id", "course_id", "run", "role"),
    Index("ix_completions_course_id", "course_id"),
    # A report of a period: in its order, and what it adds up, without looking at the rows.
    Index("ix_completions_ends", "ends", "id", "hours", "withdrawn_at", "employee_id"),
    # The order in which pages of them are read.
    Index("ix_completions_completed_at", "completed_at", "id"),
    # Those of some people, and how many each month brought, without looking at the rows.
    Index("ix_completions_employee_id", "employee_id", "completed_at", "id"),
    Index("ix_completions_public_id", "public_id", unique=True),
)

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("completion_id", BigId, ForeignKey("completions.id"), nullable=False),
    Column("withdrawn_at", UtcTime, nullable=False),
    Column("reason_code", String(40)),
    Column("reason_details", Json),
    Column("decision", String(8)),
    Column("decided_at", UtcTime),
    Column("decided_by", OutsideText),
    Column("decided_why", OutsideText),
    Column("ended_at", UtcTime),
    Index(
        "uq_withdrawals_current",
        "completion_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    comment="when a completion was taken back and why, what HR decided, and when it was told again",
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("completion_id", BigId, ForeignKey("completions.id"), nullable=False, index=True),
    Column("corrected_at", UtcTime, nullable=False),
    Column("corrected_by", OutsideText, nullable=False),
    Column("why", OutsideText, nullable=False, server_default=""),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    comment="who changed what of a completion, when and why",
)

badge_rules = Table(
    "badge_rules",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("key", String(100), nullable=False),
    Column("content", Json, nullable=False),
    Column("applied_at", UtcTime, nullable=False),
    Column("applied_by", OutsideText, nullable=False),
    Column("ended_at", UtcTime),
    Index(
        "uq_badge_rules_current",
        "key",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    comment="what each badge stands for and by what it is earned, as it was put in force",
)

awards = Table(
    "awards",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("employee_id", BigId, ForeignKey("employees.id"), nullable=False),
    Column("badge_key", String(100), nullable=False),
    Column("term", Integer, nullable=False),
    # It is kept as long as it holds by the rule by which it was earned, not by a later one.
    Column("rule_id", BigId, ForeignKey("badge_rules.id"), nullable=False),
    Column("earned_on", Date, nullable=False),
    Column("expires_on", Date),
    # A renewal is earned by what was completed after this day only.
    Column("counts_after", Date),
    # The completion by which it was earned, and all that it rests on.
    Column("completion_id", BigId, ForeignKey("completions.id")),
    Column("evidence", Json, nullable=False),
    Column("public_id", String(22), nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    Column("reason_code", String(40)),
    Column("reason_details", Json),
    UniqueConstraint("employee_id", "badge_key", "term"),
    Index("ix_awards_badge_key", "badge_key"),
    comment="badges that employees have earned by rules, each time one was",
)

badge_reviews = Table(
    "badge_reviews",
    metadata,
    # No foreign key: an employee who was found to be another one is simply not there any more.
    Column("employee_id", BigId, primary_key=True, autoincrement=False),
    Column("asked_at", UtcTime, nullable=False),
    comment="whose badges are to be looked at again, for something that they rest on has changed",
)

hours_reviews = Table(
    "hours_reviews",
    metadata,
    Column("employee_id", BigId, primary_key=True, autoincrement=False),
    Column("asked_at", UtcTime, nullable=False),
    comment="whose JP are to be summed up again, for something of what they learned has changed",
)

yearly_hours = Table(
    "yearly_hours",
    metadata,
    # No foreign keys here either.
    Column("employee_id", BigId, primary_key=True, autoincrement=False),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("ours", Integer, nullable=False),
    Column("elsewhere", Integer, nullable=False),
    Index("ix_yearly_hours_year", "year", "employee_id", "ours", "elsewhere"),
    sqlite_with_rowid=False,
    comment="the JP of each employee and year, as they were last summed up",
)

yearly_trainings = Table(
    "yearly_trainings",
    metadata,
    Column("employee_id", BigId, primary_key=True, autoincrement=False),
    Column("year", Integer, primary_key=True, autoincrement=False),
    # 0: a training that only a registry tells of; then it is of that kind, 0: that is not known.
    Column("course_id", BigId, primary_key=True, autoincrement=False),
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("trainings", Integer, nullable=False),
    Column("hours", Integer, nullable=False),
    Index(
        "ix_yearly_trainings_year",
        "year",
        "course_id",
        "kind",
        "employee_id",
        "trainings",
        "hours",
    ),
    sqlite_with_rowid=False,
    comment="what those JP are of: by course, and of what others recorded by kind",
)

kept_figures = Table(
    "kept_figures",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("made_at", UtcTime, nullable=False),
    Column("took_ms", Integer, nullable=False),
    Column("content", Text, nullable=False),
    comment="figures of the whole city as they were a moment ago; nothing of a single person",
)

used_once = Table(
    "used_once",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("until", UtcTime, nullable=False, index=True),
    comment="what lets somebody in once and was used, as a hash, until it would have expired",
)

settings_in_force = Table(
    "settings_in_force",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    comment="by which settings things were last judged, to notice when they have changed",
)

certificate_counters = Table(
    "certificate_counters",
    metadata,
    Column("organiser", String(300), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

# A CASE, for an OR would let SQLite read all that is done by the index of states.
IS_UNANNOUNCED = (
    "step IN ('record', 'badge') AND CASE state WHEN 'done' THEN statement_id IS NULL"
    " WHEN 'cancelled' THEN statement_id IS NOT NULL END"
)
"""that the bridge is to say of a delivery that it is done, or to take that back"""

IS_FOR_A_PERSON = "state IN ('blocked', 'delegated')"

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    # Either the one or the other.
    Column("completion_id", BigId, ForeignKey("completions.id")),
    Column("award_id", BigId, ForeignKey("awards.id")),
    # Whose that is; here as well, so that those of a unit are found without looking at the others.
    Column("employee_id", BigId),
    Column("step", String(16), nullable=False),
    Column("remote", String(60), nullable=False),
    Column("lane", String(120), nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("reason_code", String(40), nullable=False),
    Column("reason_details", Json),
    Column("progress", Json, nullable=False),
    Column("result_id", OutsideText),
    Column("result_link", OutsideText),
    Column("statement_id", String(36)),
    Column("lease_owner", String(120)),
    Column("lease_until", UtcTime),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("effort_since", UtcTime, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    UniqueConstraint("completion_id", "step", "remote"),
    Index(
        "uq_deliveries_award_id",
        "award_id",
        "step",
        "remote",
        unique=True,
        sqlite_where=text("award_id IS NOT NULL"),
        postgresql_where=text("award_id IS NOT NULL"),
    ),
    # With the id, so that the newest of a state at a remote are shown without looking at the rest.
    Index("ix_deliveries_state_remote_id", "state", "remote", "id"),
    # Where a completion stands, and which are to be done or mended. Without it SQLite looks for its
    # delivery that is done among all that are done.
    Index("ix_deliveries_state_completion_id", "state", "completion_id", "employee_id"),
    Index(
        "ix_deliveries_for_a_person",
        "state",
        "remote",
        "reason_code",
        "id",
        "employee_id",
        sqlite_where=text(IS_FOR_A_PERSON),
        postgresql_where=text(IS_FOR_A_PERSON),
    ),
    Index(
        "ix_deliveries_unannounced",
        "id",
        sqlite_where=text(IS_UNANNOUNCED),
        postgresql_where=text(IS_UNANNOUNCED),
    ),
    # In the order in which they are taken, so that the next one is found without looking at
    # the others, however many wait.
    Index(
        "ix_deliveries_due",
        "remote",
        "due_at",
        "id",
        sqlite_where=text("state IN ('delegated', 'retrying', 'waiting')"),
        postgresql_where=text("state IN ('delegated', 'retrying', 'waiting')"),
    ),
    # Two calls for one person at one remote are never under way together: Moodle answers them
    # with dmlwriteexception, and two writers could both find no row and both write one.
    Index(
        "uq_deliveries_lane_running",
        "lane",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("delivery_id", BigId, ForeignKey("deliveries.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason_code", String(40)),
    Column("reason_details", Json),
    Column("exchanges", Json),
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("registry", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("format", String(8), nullable=False),
    Column("headings", Json, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("uploaded_on", Date),
    Column("history", Json, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    UniqueConstraint("registry", "number"),
    comment="files for registries that an operator uploads by hand, and who did what with them",
)

upload_rows = Table(
    "upload_rows",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("upload_id", BigId, ForeignKey("uploads.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("delivery_id", BigId, ForeignKey("deliveries.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("cells", Json, nullable=False),
    Column("training", Json, nullable=False),
    Column("result_id", OutsideText),
    Column("message", OutsideText),
    Column("changed_at", UtcTime, nullable=False),
    UniqueConstraint("upload_id", "position"),
    Index("ix_upload_rows_delivery_id", "delivery_id"),
    # However many processes export at once, a completion is in one file only, unless that was
    # discarded or the registry refused the row.
    Index(
        "uq_upload_rows_in_force",
        "delivery_id",
        unique=True,
        sqlite_where=text("state IN ('listed', 'accepted')"),
        postgresql_where=text("state IN ('listed', 'accepted')"),
    ),
    comment="the completions in each of those files, and what the registry said of each",
)

reconciliations = Table(
    "reconciliations",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("begun_by", OutsideText, nullable=False),
    Column("scope", Json, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("outcome", String(16), nullable=False),
    Column("oldest_reading", UtcTime),
    Column("counts", Json, nullable=False),
    Column("error", Text),
    comment="when LMS, bridge and registries were held against each other, and how far that came",
)

findings = Table(
    "findings",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("run_id", BigId, ForeignKey("reconciliations.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("remote", String(60), nullable=False),
    Column("employee_id", BigId, ForeignKey("employees.id")),
    Column("completion_id", BigId, ForeignKey("completions.id")),
    Column("course_key", OutsideText, nullable=False),
    Column("row_id", OutsideText, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("reason_code", String(40), nullable=False),
    Column("reason_details", Json),
    Column("details", Json, nullable=False),
    Column("repairs", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("repair", String(16)),
    Column("delivery_id", BigId, ForeignKey("deliveries.id")),
    Column("decided_at", UtcTime),
    Column("decided_by", OutsideText),
    Column("decided_why", OutsideText),
    Index("ix_findings_run_id", "run_id", "id"),
    Index("ix_findings_fingerprint", "fingerprint"),
    Index("ix_findings_employee_id", "employee_id"),
    Index("ix_findings_state", "state"),
    comment="what was found to be missing, too much or different, and what was decided about it",
)

backfills = Table(
    "backfills",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("lms", String(40), nullable=False),
    Column("scope", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("begun_by", OutsideText, nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    Column("surveyed", Json, nullable=False),
    Column("counts", Json, nullable=False),
    Column("per_hour", Integer),
    Column("next_at", UtcTime),
    Column("error", Text),
    comment="what an LMS held before the bridge came: how far it was surveyed and taken in",
)

backfill_entries = Table(
    "backfill_entries",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("backfill_id", BigId, ForeignKey("backfills.id"), nullable=False),
    Column("course_key", String(100), nullable=False),
    Column("lms_course", OutsideKey(200), nullable=False),
    Column("lms_user", OutsideKey(200), nullable=False),
    Column("name", OutsideText, nullable=False),
    Column("employee_id", BigId, ForeignKey("employees.id")),
    Column("completed_at", UtcTime),
    Column("kind", String(16), nullable=False),
    Column("reason_code", String(40)),
    Column("reason_details", Json),
    # The row that a registry has of it already, or that may be it.
    Column("registry", String(40), nullable=False, server_default=""),
    Column("row", Json),
    Column("has_badge", Boolean),
    Column("state", String(16), nullable=False),
    Column("completion_id", BigId, ForeignKey("completions.id")),
    Column("decided_by", OutsideText),
    Column("decided_why", OutsideText),
    Column("changed_at", UtcTime, nullable=False),
    UniqueConstraint("backfill_id", "course_key", "lms_course", "lms_user"),
    Index("ix_backfill_entries_state", "backfill_id", "state", "completed_at"),
    Index("ix_backfill_entries_employee_id", "employee_id"),
    comment="each completion that the bridge did not know, and what is to become of it",
)

remotes = Table(
    "remotes",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("probe_at", UtcTime),
    Column("probes", Integer, nullable=False),
    Column("culprit", String(40), nullable=False, server_default=""),
    Column("reason_code", String(40)),
    Column("reason_details", Json),
    # Since when nothing is to be delivered there, by whose word, and why.
    Column("paused_at", UtcTime),
    Column("paused_by", OutsideText),
    Column("paused_why", OutsideText),
    comment="whether each outside system can be used now",
)

paces = Table(
    "paces",
    metadata,
    Column("remote", String(60), primary_key=True),
    Column("next_at", UtcTime, nullable=False),
    Column("writer", String(120)),
    Column("write_at", UtcTime, nullable=False),
    comment="when the next request to a registry, and the next write, may begin",
)

shares = Table(
    "shares",
    metadata,
    Column("remote", String(60), primary_key=True),
    Column("owner", String(120), primary_key=True),
    Column("wants", Integer, nullable=False),
    Column("has", Integer, nullable=False),
    Column("until", UtcTime, nullable=False),
    comment="how many of the calls that a remote bears at once are each process's",
)

tokens = Table(
    "tokens",
    metadata,
    Column("remote", String(60), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("source", OutsideText, nullable=False),
    Column("issued", Boolean, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("got_at", UtcTime, nullable=False),
    Column("good_until", UtcTime),
    Column("told", String(8), nullable=False, server_default=""),
    comment="until when the tokens for a remote are good, and whether that was told; no token",
)

jobs = Table(
    "jobs",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("paused", Boolean, nullable=False),
)

job_runs = Table(
    "job_runs",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("job", String(40), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("outcome", String(16), nullable=False),
    Column("owner", String(120)),
    Column("lease_until", UtcTime),
    Column("times", Integer, nullable=False, server_default="1"),
    Column("done", Integer),
    Column("total", Integer),
    Column("asked_by", OutsideText),
    Column("counts", Json),
    Column("error", Text),
    Index("ix_job_runs_job_id", "job", "id"),
    Index(
        "ix_job_runs_running",
        "job",
        sqlite_where=text("outcome = 'running'"),
        postgresql_where=text("outcome = 'running'"),
    ),
)

job_requests = Table(
    "job_requests",
    metadata,
    Column("job", String(40), primary_key=True),
    Column("asked_at", UtcTime, nullable=False),
    Column("asked_by", OutsideText, nullable=False),
    comment="a job that somebody wants to be run now; it goes as the run begins",
)

workers = Table(
    "workers",
    metadata,
    Column("owner", String(120), primary_key=True),
    Column("started_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    comment="the processes that run jobs, and when each last said that it is alive",
)

leads = Table(
    "leads",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("owner", String(120), nullable=False),
    Column("term", Integer, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    comment="which worker begins what runs at set times, since when, and when it last said so",
)

remote_checks = Table(
    "remote_checks",
    metadata,
    Column("remote", String(60), primary_key=True),
    Column("asked_at", UtcTime, nullable=False),
    Column("asked_by", OutsideText, nullable=False),
    Column("begun_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("found", Json),
    comment="that an outside system is to be tried, and what the last try has shown",
)

errands = Table(
    "errands",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),
    # Number of what it is about: a finding, an employee, the account that wants a report.
    Column("subject", BigInteger, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("asked_by", OutsideText, nullable=False),
    Column("details", Json, nullable=False),
    Column("ended_at", UtcTime),
    Column("reason_code", String(40)),
    Column("reason_details", Json),
    # How far it is, and the file that it makes.
    Column("done", Integer),
    Column("total", Integer),
    Column("file_name", OutsideText),
    Column("content", LargeBinary),
    Index("ix_errands_subject", "kind", "subject"),
    Index(
        "ix_errands_open",
        "id",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    comment="what somebody asks a worker to do now, and what came of it",
)

users = Table(
    "users",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("username", String(100), nullable=False, unique=True),
    Column("name", OutsideText, nullable=False, server_default=""),
    Column("email", OutsideText, nullable=False, server_default=""),
    Column("role", String(16), nullable=False),
    # The unit of an officer.
    Column("unit_registry", String(40), nullable=False, server_default=""),
    Column("unit_id", OutsideKey(64), nullable=False, server_default=""),
    Column("unit_name", OutsideText, nullable=False, server_default=""),
    # None for somebody who signs in elsewhere only.
    Column("password_hash", String(200)),
    Column("must_change", Boolean, nullable=False),
    # Encrypted with the key of [console].
    Column("totp_secret", Text),
    Column("totp_step", BigInteger),
    Column("subject", OutsideString(300), unique=True),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("locked_until", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    Column("seen_at", UtcTime),
    comment="who may use the console; officers see one unit and those below it",
)

user_sessions = Table(
    "user_sessions",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("user_id", BigId, ForeignKey("users.id"), nullable=False, index=True),
    Column("csrf", String(43), nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("notes", Json, nullable=False),
    comment="who is signed in, by a hash of the token, and what they are to be told next",
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("user_id", BigId),
    Column("by", OutsideText, nullable=False),
    Column("role", String(16), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", OutsideKey(200), nullable=False),
    Column("details", Json),
    Column("address", String(45), nullable=False, server_default=""),
    Index("ix_audit_entries_subject", "subject", "id"),
    comment="who did what; nothing changes or removes an entry",
)

accesses = Table(
    "accesses",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, index=True),
    Column("user_id", BigId),
    Column("by", OutsideText, nullable=False),
    Column("role", String(16), nullable=False),
    Column("address", String(45), nullable=False, server_default=""),
    Column("what", String(40), nullable=False),
    # Of a list or a report of many people, None. No foreign key: it outlives the employee.
    Column("employee_id", BigId),
    Column("details", Json),
    Index("ix_accesses_employee_id", "employee_id", "id"),
    comment="who looked at whose data, and when; no NIP and no name",
)

erasures = Table(
    "erasures",
    metadata,
    Column("key_hash", String(64), primary_key=True),
    Column("employee_id", BigId, nullable=False),
    Column("erased_at", UtcTime, nullable=False),
    comment="by what those who were erased were known, as keyed hashes, so that none comes back",
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("scopes", Json, nullable=False),
    # Whose people it shows; all of them empty: everybody.
    Column("unit_registry", String(40), nullable=False, server_default=""),
    Column("unit_id", OutsideKey(64), nullable=False, server_default=""),
    Column("unit_name", OutsideText, nullable=False, server_default=""),
    Column("per_minute", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", OutsideText, nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
    Column("used_at", UtcTime),
    comment="who may use the JSON API, by a hash of the token",
)

events = Table(
    "events",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    # In the order in which they are told; given by who tells, for a row with a lower number may
    # become visible later.
    Column("place", BigInteger),
    Column("public_id", String(36), nullable=False),
    Column("type", String(40), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("details", Json, nullable=False),
    Index("ix_events_place", "place", unique=True),
    Index(
        "ix_events_unplaced",
        "id",
        sqlite_where=text("place IS NULL"),
        postgresql_where=text("place IS NULL"),
    ),
    comment="what others are told by webhook, in the order of the places",
)

events_raised = Table(
    "events_raised",
    metadata,
    Column("subject", String(40), primary_key=True),
    Column("reason_code", String(40), nullable=False),
    comment="of what others were told that it waits for a person, and why it did then",
)

messages = Table(
    "messages",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("key", String(300), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("recipient", String(40), nullable=False, server_default=""),
    Column("address", String(254), nullable=False, server_default=""),
    Column("subject", OutsideText, nullable=False),
    Column("content", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reason_code", String(40)),
    Column("reason_details", Json),
    Column("lease_owner", String(120)),
    Column("lease_until", UtcTime),
    Index("ix_messages_recipient", "recipient", "made_at"),
    Index(
        "ix_messages_due",
        "due_at",
        "id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    comment="what is mailed, or told by webhook, and what became of it",
)

notices_told = Table(
    "notices_told",
    metadata,
    Column("recipient", String(40), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("many", Integer, nullable=False),
    Column("told_at", UtcTime, nullable=False),
    comment="of what each recipient was told last, and how much of it there was",
)

saved_reports = Table(
    "saved_reports",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("user_id", BigId, ForeignKey("users.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("report", Json, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    # By which and to whom it is mailed; None: it is only kept.
    Column("mailing", Json),
    Column("due_at", UtcTime),
    Column("mailed_at", UtcTime),
    UniqueConstraint("user_id", "name"),
    Index(
        "ix_saved_reports_due_at",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    comment="reports that somebody has kept under a name, and when they are mailed",
)
