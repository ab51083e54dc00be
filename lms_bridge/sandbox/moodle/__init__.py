"""A Moodle 4.5 as a bridge meets it: its web services over REST and its public badge pages.

:mod:`.app` is the HTTP side, :mod:`.site` the state with the rules of when a badge is issued
and a course is complete, and one module per family of functions holds what they answer:
:mod:`.users`, :mod:`.courses`, :mod:`.competencies`, :mod:`.cohorts`, :mod:`.badges`. Paths,
parameters, answers and errors follow the Moodle facts and the exchanges captured with them.
"""

from lms_bridge.sandbox.moodle.app import MoodleSandbox

__all__ = ["MoodleSandbox"]
