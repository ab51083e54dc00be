"""Who it is: from the actor of a statement to an employee with a NIP.

:mod:`~lms_bridge.people.nip` knows the number and :mod:`~lms_bridge.people.keys` everything
else by which somebody can be named; :mod:`~lms_bridge.people.identities` resolves an actor
from what is known, :mod:`~lms_bridge.people.lookup` asks the LMS for the rest, and
:mod:`~lms_bridge.people.importing` takes the word of HR, which goes before all others.
"""
