"""Carrying a completion to its registries and its badge to the LMS.

Each step of a completion is a *delivery*. Read :mod:`~lms_bridge.deliveries.lifecycle`
first: it names the states and what leads from one to the next. Then
:mod:`~lms_bridge.deliveries.queue` (who may work on what), the steps themselves
(:mod:`~lms_bridge.deliveries.record_step`, :mod:`~lms_bridge.deliveries.badge_step`), what
happens when one fails (:mod:`~lms_bridge.deliveries.retry`,
:mod:`~lms_bridge.deliveries.breaker`), and the threads that do it all
(:mod:`~lms_bridge.deliveries.worker`).
"""
