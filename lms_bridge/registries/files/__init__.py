"""A registry without an API, which takes only files that an operator uploads by hand.

Configured as ``[registry.NAME]`` with ``type = "file"``: the columns of its upload form, and how
the file is written. What becomes of the files is told in :mod:`lms_bridge.uploads`.
"""
