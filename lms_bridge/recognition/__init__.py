"""Is this statement a completion, of what, by whom?

The rules stand in :mod:`~lms_bridge.recognition.rules`, as pure functions; what they need
of a statement is drawn by :mod:`~lms_bridge.recognition.seen`; and
:mod:`~lms_bridge.recognition.recogniser` applies them to what has come in.
``docs/recognition.md`` tells the same rules to people.
"""
