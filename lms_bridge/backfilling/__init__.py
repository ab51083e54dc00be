"""Taking in what an LMS holds that has run for years before the bridge came.

A *backfill* is surveyed first (:mod:`~lms_bridge.backfilling.survey`): who has completed what in
the LMS, what of it the registry has already, which badges are there. That is its plan, which people
look at and decide about (:mod:`~lms_bridge.backfilling.entries`). Then it is carried out at a set
pace (:mod:`~lms_bridge.backfilling.carrying`), and may be stopped and gone on with at any time.
"""
