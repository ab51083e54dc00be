"""Who it is: from the actor of a statement to an employee with a NIP.

:mod:`~lms_bridge.people.nip` knows the number, :mod:`~lms_bridge.people.identities`
resolves an actor from what is known, and :mod:`~lms_bridge.people.lookup` asks the LMS for
the rest.
"""
