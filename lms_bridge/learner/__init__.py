"""The learner's own page: what somebody has learned, for that person alone.

:mod:`~lms_bridge.learner.passes` says who may look, :mod:`~lms_bridge.learner.mine` what there is
to be seen, and :mod:`~lms_bridge.learner.wording` how it is put, for a reader who has never heard
of a delivery.
"""
