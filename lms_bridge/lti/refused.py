"""That a launch is not believed."""

from __future__ import annotations


class Refused(Exception):
    """A launch is refused; `code` says why, in a word that a learner can pass on to IT."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
