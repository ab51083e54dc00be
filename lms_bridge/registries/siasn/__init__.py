"""WS SIASN, the national personnel registry of BKN.

:mod:`~lms_bridge.registries.siasn.client` has the verbs,
:mod:`~lms_bridge.registries.siasn.api` does a call with its two tokens
(:mod:`~lms_bridge.registries.siasn.tokens`),
:mod:`~lms_bridge.registries.siasn.verdict` tells what an answer means and
:mod:`~lms_bridge.registries.siasn.rows` maps trainings to rows and back.
"""
