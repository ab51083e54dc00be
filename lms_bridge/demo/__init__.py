"""``lms-bridge demo``: the main job from end to end, on this machine, for everybody to see.

:mod:`~lms_bridge.demo.story` is what happens in the LMS, :mod:`~lms_bridge.demo.stage` sets
up a bridge and two sandboxes, and :mod:`~lms_bridge.demo.play` lets the one happen on the
other and gathers what came of it. ``statements.json`` was captured from a real Moodle 4.5
with logstore_xapi; the people in it are made up.
"""
