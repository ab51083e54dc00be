"""Holding LMS, bridge and registries against each other, and mending what is amiss on approval.

::

    history as read ─┐
                     ├─ comparing ── findings ── a person approves ── repairing ── deliveries
    the bridge's side┘

:mod:`~lms_bridge.reconciling.comparing` is pure: one person at one registry, and what is amiss.
:mod:`~lms_bridge.reconciling.keeping` keeps what was found in numbered runs, and
:mod:`~lms_bridge.reconciling.repairing` mends it, by the deliveries that there are anyway: it
looks again before, and does nothing where the ground has changed.
"""
