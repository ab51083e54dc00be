"""Moodle, through its REST web services; no plugin is needed.

:mod:`~lms_bridge.lms.moodle.client` has the verbs, the modules beside it one subject each;
:mod:`~lms_bridge.lms.moodle.webservice` does a call and
:mod:`~lms_bridge.lms.moodle.refusals` tells what an error of Moodle means.
"""
