"""An LMS that is told, and not asked: it gets a signed webhook for each thing that it is to do.

The requests follow the Standard Webhooks specification, version 1.0.0
(github.com/standard-webhooks/standard-webhooks), so that a receiver may use any library for it.
:mod:`~lms_bridge.lms.hook.signing` signs, :mod:`~lms_bridge.lms.hook.sending` sends and tells
what an answer means, and :mod:`~lms_bridge.lms.hook.client` has the verbs.
"""
