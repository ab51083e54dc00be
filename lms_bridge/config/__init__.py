"""The one configuration file.

:mod:`~lms_bridge.config.settings` lists every setting, :mod:`~lms_bridge.config.loading`
reads the file and tells its errors, :mod:`~lms_bridge.config.secrets` fetches what must
not stand in it.
"""
