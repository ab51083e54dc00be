"""What waits for a person, gathered by cause, and what a person can do about it.

A *group* is all that one act mends: the completions of a course that nobody knows, those of an
account without a NIP, the deliveries that a registry refuses for the same reason. It is named by
one of its members (:class:`~lms_bridge.attention.groups.Cause`), so that no name of an account,
which may be a NIP, has to stand in an address.

Reading and acting are apart: :mod:`~lms_bridge.attention.waiting` (what was seen in statements),
:mod:`~lms_bridge.attention.stopped` (deliveries) and :mod:`~lms_bridge.attention.undecided`
(withdrawals, findings) read; the other modules act, each act in one transaction with what it says
in the audit log. Acts on many go in batches (:mod:`~lms_bridge.attention.bulk`).
"""
