"""A SIASN as a bridge meets it: one API behind two tokens (registry facts, sections 1 to 6).

:mod:`.app` is the HTTP side, :mod:`.tokens` the two ways of being let in, :mod:`.people` the
master record, :mod:`.saving` and :mod:`.history` the training history as it is written and as
it is read back under other names, :mod:`.envelopes` the forms of its answers.

What no public source tells (the codes of refusals, the required fields, some wordings) is
filled in plausibly and said where it stands; a client should decide by the body all the same.
"""

from lms_bridge.sandbox.siasn.app import SiasnSandbox
from lms_bridge.sandbox.siasn.people import Person

__all__ = ["Person", "SiasnSandbox"]
