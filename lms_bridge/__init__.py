"""What lms-bridge does about a completed course: recognise it, record it, badge it.

Start reading at :mod:`lms_bridge.recognition` (is this statement a completion, of
whom, of what?), :mod:`lms_bridge.deliveries` (carrying a completion to a registry
and a badge to an LMS, through crashes and outages), :mod:`lms_bridge.registries` and
:mod:`lms_bridge.lms` (the outside systems, one folder each).
"""

__version__ = "0.1.0"
