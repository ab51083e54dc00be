"""Badges that stand for a competency: what they are earned by, who has earned them.

A *badge* (:mod:`~lms_bridge.badges.badge`) has a rule over the courses of the catalogue. Badges are
*put in force* (:mod:`~lms_bridge.badges.in_force`). Who meets the rule of one
(:mod:`~lms_bridge.badges.meeting`) gets an *award* (:mod:`~lms_bridge.badges.awards`).
"""
