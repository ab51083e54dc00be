"""A registry that is described in the configuration and nowhere else.

No two regional SIMPEGs have the same API (registry facts, section 9), so what one looks like
is said in TOML: :mod:`~lms_bridge.registries.simpeg.settings` lists what can be said beyond
what can be said of any system (:mod:`lms_bridge.mapped`), and
:mod:`~lms_bridge.registries.simpeg.profiles` has the kinds that have been seen. What is said
is proven when it is loaded (:mod:`~lms_bridge.registries.simpeg.agreement`).

:mod:`~lms_bridge.registries.simpeg.client` has the verbs,
:mod:`~lms_bridge.registries.simpeg.fields` what its requests may be filled with, and
:mod:`~lms_bridge.registries.simpeg.reading` takes people and rows out of the answers.
"""
