"""What HR asks of the bridge: who has learned what, where it is, and why it is not there.

:mod:`~lms_bridge.insight.people` and :mod:`~lms_bridge.insight.finished` find people and
completions, :mod:`~lms_bridge.insight.person` gathers what there is of one employee, and
:mod:`~lms_bridge.insight.story` tells how one completion came from a statement to the registry and
to a badge. Each asks for the *sight* of whoever looks (:mod:`lms_bridge.accounts.sight`).
"""
