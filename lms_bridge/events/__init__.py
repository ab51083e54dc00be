"""Telling other systems by webhook what has happened, as it happens.

What happens leaves a row in the journal, in the transaction in which it happens
(:mod:`~lms_bridge.events.journal`): so nothing is told that was undone, and nothing that happened
is forgotten, whenever a process dies. Each ``[[events]]`` reads the journal in its order and has a
mark of its own, which moves when the target has taken an event: so each is told at least once, with
the same id each time, and none before those that came before it.

:mod:`~lms_bridge.events.telling` does it, and :mod:`~lms_bridge.events.payload` says in which
words; a request is signed and sent as that to an LMS is (:mod:`lms_bridge.lms.hook`).
"""
