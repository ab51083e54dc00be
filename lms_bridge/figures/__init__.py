"""What people have learned in a year, in figures: of everybody, and unit by unit.

:mod:`.goals` says who is to reach how many JP, :mod:`.standings` adds it up in SQL, and
:mod:`.keeping` keeps what that comes to for the whole city, so that a page need not wait for it.
"""
