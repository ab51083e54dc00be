"""The sync jobs: what the bridge does on its own, when, and what came of it.

Each job is a class with one verb, ``run``. :mod:`~lms_bridge.jobs.catalogue` lists them,
:mod:`~lms_bridge.jobs.runs` runs one and leaves a row about it, and
:mod:`~lms_bridge.jobs.scheduler` does so on schedule.
"""
