"""An LMS that is described in the configuration and nowhere else.

Many agencies have made one of their own. What its API looks like is said in TOML, in the words in
which a registry is described (:mod:`lms_bridge.mapped`); what is said beyond that stands in
:mod:`~lms_bridge.lms.rest.settings`. What it cannot do is left out there, and the bridge does
without (:class:`lms_bridge.lms.base.Abilities`).
"""
