"""What HR takes to a meeting: reports as tables, and as files of three formats.

:mod:`.report` is what is asked for, a value that can be kept; :mod:`.making` makes the
:class:`~.table.Table` of it, for somebody who sees what their
:class:`~lms_bridge.accounts.sight.Sight` lets them; :mod:`.files` writes that as CSV, XLSX or PDF.
:mod:`.saved` keeps reports under a name, and :mod:`.mailing` has them mailed when they are due.
"""
