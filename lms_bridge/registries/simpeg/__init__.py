"""A registry that is described in the configuration and nowhere else.

No two regional SIMPEGs have the same API (registry facts, section 9), so what one looks like
is said in TOML: :mod:`~lms_bridge.registries.simpeg.settings` lists what can be said, and
:mod:`~lms_bridge.registries.simpeg.profiles` has the kinds that have been seen. What is said
is proven when it is loaded (:mod:`~lms_bridge.registries.simpeg.agreement`).

:mod:`~lms_bridge.registries.simpeg.client` has the verbs,
:mod:`~lms_bridge.registries.simpeg.api` does a call with its credentials
(:mod:`~lms_bridge.registries.simpeg.signing`). What is sent is filled in by
:mod:`~lms_bridge.registries.simpeg.templates` and
:mod:`~lms_bridge.registries.simpeg.requests`;
:mod:`~lms_bridge.registries.simpeg.answers` tells what an answer means, and
:mod:`~lms_bridge.registries.simpeg.reading` takes people and rows out of it.
"""
