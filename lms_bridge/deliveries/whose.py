"""Whose step a delivery is."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement

from lms_bridge.store.schema import deliveries


class Whose(NamedTuple):
    """A completion or an award (a badge that was earned by a rule); one of the two."""

    completion_id: int | None = None
    award_id: int | None = None

    def delivery(self) -> ColumnElement[bool]:
        """That a delivery is a step of it."""
        if self.award_id is not None:
            return deliveries.c.award_id == self.award_id
        return deliveries.c.completion_id == self.completion_id
