"""The database: its tables, its two dialects, its migrations, and commits that are shared.

SQLite and PostgreSQL through one code path (SQLAlchemy Core). What differs between the
two stands in :mod:`~lms_bridge.store.engine` and nowhere else.
"""
