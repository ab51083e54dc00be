"""Backups: the whole database in one file that says what it is, and getting it back from there.

A backup is made while the bridge runs. It is one state of the database: whatever was answered
before it was begun is in it. A file has its name only when it is whole and has been looked at, so
that one that is there can be relied on, whatever was killed while it was made.
"""
