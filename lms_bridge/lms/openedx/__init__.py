"""Open edX: its LMS (openedx/openedx-platform) and its Credentials service (openedx/credentials).

What the modules here say of it was read in its source (of August 2026), and not tried on a live
site. :mod:`~lms_bridge.lms.openedx.service` does a call with its token,
:mod:`~lms_bridge.lms.openedx.learning` asks the LMS for people, courses and completions,
:mod:`~lms_bridge.lms.openedx.awards` has program certificates awarded, which are what comes nearest
to a badge, and :mod:`~lms_bridge.lms.openedx.client` has the verbs.
"""
