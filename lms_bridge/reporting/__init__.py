"""What HR takes to a meeting: reports as tables, and as files of three formats.

:mod:`.report` is what is asked for, a value that can be kept; :mod:`.files` writes the
:class:`~.table.Table` that is made of it as CSV, XLSX or PDF.
"""
