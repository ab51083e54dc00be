"""How the bridge behaves towards a registry: when it calls, how fast, and with which tokens.

:mod:`~lms_bridge.manners.hours` reads working hours, :mod:`~lms_bridge.manners.pace` keeps the
pace that all processes share, :mod:`~lms_bridge.manners.gate` is what each call passes, and
:mod:`~lms_bridge.manners.tokens` knows until when tokens are good.
"""
