"""What the bridge itself says in xAPI: that a completion was recorded, that a badge was earned.

So whoever reads the LRS, or is sent what comes in (:mod:`lms_bridge.forwarding`), hears of the end
of the story as well as of its beginning. :mod:`~lms_bridge.announcing.authoring` makes the
statements, :mod:`~lms_bridge.announcing.announcer` sees to it that each is there once.
"""
