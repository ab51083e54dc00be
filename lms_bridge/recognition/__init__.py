"""Is this statement a completion, of what, by whom?

The rules stand in :mod:`~lms_bridge.recognition.rules`, as pure functions; what they need
of a statement is drawn by :mod:`~lms_bridge.recognition.seen`; and
:mod:`~lms_bridge.recognition.recogniser` applies them to what has come in, with
:mod:`~lms_bridge.recognition.asking` to find out who an account is. What was never told is
taken in by :mod:`~lms_bridge.recognition.pulled`. Where everything stands, and what makes it
be judged again, is in :mod:`~lms_bridge.recognition.sightings`.
``docs/recognition.md`` tells the same rules to people.
"""
