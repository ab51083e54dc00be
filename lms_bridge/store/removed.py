"""Statements whose text was removed: what is left of them, and why that is left.

A statement is never changed (xAPI 1.0.3, Data 2.3.1), but it may have to go: when it has been kept
for long enough, or when the person whom it is about is erased. Then its text is emptied. Id,
sender and place stay, so that a sender who sends it once more does not have it taken for a new
one, and the story of a completion can still say when it was told, and by whom.
"""

from __future__ import annotations

from sqlalchemy import func

from lms_bridge.store.schema import statements

NOTHING = b""
"""the text of a statement that was removed; no statement is empty"""

IS_THERE = func.length(statements.c.raw) > 0
"""that the text of a statement is there"""
