"""How many examples Hypothesis tries: a fifth in a quick run, all of them in ``make test``.

``--hypothesis-profile all`` makes the difference. An example may take its time: how long it takes
says more of what else the machine is doing than of the code.
"""

from __future__ import annotations

from hypothesis import settings

QUICK = "quick"

settings.register_profile(QUICK, max_examples=20, deadline=None)
settings.register_profile("all", max_examples=100, deadline=None)


def times(factor: float) -> int:
    """So many times the usual number of examples."""
    return round(factor * settings.default.max_examples)
