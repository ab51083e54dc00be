"""Sending what came in on to other LRSs.

Each ``[forward.NAME]`` is a reader of the statements (:mod:`lms_bridge.store.marks`), as the
recognition and the index are: after a statement was stored and answered it is sent on, in the
order in which all were stored, and the mark moves when the target has it. So nothing is sent that
could still be lost here, nothing is left out when a process dies, and a million statements cost
one row.

A statement has an id, and an LRS keeps one of each. So sending twice does no harm: what was not
answered is sent again, with nothing to look up first, and is there once.

:mod:`~lms_bridge.forwarding.selecting` says which statements a target gets,
:mod:`~lms_bridge.forwarding.backlog` what is next and what was not taken,
:mod:`~lms_bridge.forwarding.outgoing` is what is sent,
:mod:`~lms_bridge.forwarding.target` speaks to an LRS and judges its answers, and
:mod:`~lms_bridge.forwarding.forwarder` does the work.
"""
