"""What somebody asks a worker to do now, and what came of it.

A page must not wait for a registry, nor for a report of thousands of rows. So it leaves an errand
(:mod:`.asking`), a worker carries it out within a second or two (:mod:`.carrying`), and the page
says how far that is. Each errand may be carried out twice, where a worker is killed in the midst of
it, and does no harm by that. A day after its end it is forgotten.
"""
