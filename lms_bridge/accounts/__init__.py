"""Who may use the console and the API, as whom, and what they did.

:mod:`~lms_bridge.accounts.roles` says what each role may do, :mod:`~lms_bridge.accounts.sight` of
whom somebody may see anything; :mod:`~lms_bridge.accounts.users` keeps the accounts,
:mod:`~lms_bridge.accounts.sessions` who is signed in, and :mod:`~lms_bridge.accounts.audit` who did
what.
"""
