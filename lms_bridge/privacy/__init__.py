"""The personal data of one person: finding all of it, handing it out, and erasing it.

:mod:`~lms_bridge.privacy.whose` says what is whose, in the one place that export and erasure share.
:mod:`~lms_bridge.privacy.export` makes a file of it, :mod:`~lms_bridge.privacy.erasing` takes
it away.
"""
