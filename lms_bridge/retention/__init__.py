"""How long things are kept, and letting go of what is older.

:mod:`~lms_bridge.retention.lengths` says how long, :mod:`~lms_bridge.retention.sweeping` removes
what is older and causes no work any more, a few rows at a time.
"""
