"""A system whose API is described in the configuration and nowhere else.

What one looks like is said in TOML: :mod:`~lms_bridge.mapped.settings` lists what can be said of
any. What a registry adds to that is in :mod:`lms_bridge.registries.simpeg`, and what an LMS adds
in :mod:`lms_bridge.lms.rest`. What is said is proven when it is loaded
(:mod:`~lms_bridge.mapped.agreement`).

:mod:`~lms_bridge.mapped.api` does a call with its credentials
(:mod:`~lms_bridge.mapped.signing`). What is sent is filled in by
:mod:`~lms_bridge.mapped.templates` and :mod:`~lms_bridge.mapped.requests`;
:mod:`~lms_bridge.mapped.answers` tells what an answer means, :mod:`~lms_bridge.mapped.reading`
takes values out of it, and :mod:`~lms_bridge.mapped.listing` has a list whole.
"""
