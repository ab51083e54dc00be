"""The catalogue: what each course is to the registry, and by what it is recognised.

One model, :class:`~lms_bridge.catalogue.course.Course`, whether a course comes from
``[[courses]]`` in the configuration, from a CSV file or from the LMS's course fields.
"""
