"""The IRIs that mean something to more than one system.

The standard itself reserves :data:`VOIDED`, :data:`CMI_INTERACTION` and :data:`SIGNATURE`;
the rest was coined by ADL, by the cmi5 and the other profiles, or by a product whose
statements are common.
"""

from __future__ import annotations

from typing import Final

# --- verbs ----------------------------------------------------------------------------------

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
"""takes another statement back (Data 2.3.2)"""

COMPLETED: Final = "http://adlnet.gov/expapi/verbs/completed"
PASSED: Final = "http://adlnet.gov/expapi/verbs/passed"
FAILED: Final = "http://adlnet.gov/expapi/verbs/failed"
MASTERED: Final = "http://adlnet.gov/expapi/verbs/mastered"
ATTEMPTED: Final = "http://adlnet.gov/expapi/verbs/attempted"
ANSWERED: Final = "http://adlnet.gov/expapi/verbs/answered"
REGISTERED: Final = "http://adlnet.gov/expapi/verbs/registered"
SATISFIED: Final = "https://w3id.org/xapi/adl/verbs/satisfied"
"""cmi5: a block or a whole course has been completed as it asks"""
ACHIEVED: Final = "https://w3id.org/xapi/tla/verbs/achieved"
"""a badge or a competency has been earned"""
EARNED: Final = "http://id.tincanapi.com/verb/earned"
"""the object is the actor's now, or was awarded to them"""

# --- activity types -------------------------------------------------------------------------

COURSE: Final = "https://w3id.org/xapi/cmi5/activitytype/course"
BLOCK: Final = "https://w3id.org/xapi/cmi5/activitytype/block"
ADL_COURSE: Final = "http://adlnet.gov/expapi/activities/course"
ADL_MODULE: Final = "http://adlnet.gov/expapi/activities/module"
ADL_ASSESSMENT: Final = "http://adlnet.gov/expapi/activities/assessment"
ATTEMPT: Final = "http://adlnet.gov/expapi/activities/attempt"
CMI_INTERACTION: Final = "http://adlnet.gov/expapi/activities/cmi.interaction"
"""a question (Data 2.4.4.1)"""
LMS: Final = "http://id.tincanapi.com/activitytype/lms"
BADGE: Final = "http://activitystrea.ms/schema/1.0/badge"
CERTIFICATE: Final = "https://www.opigno.org/en/tincan_registry/activity_type/certificate"
"""a document that attests that a person has completed a course"""

# --- attachment usages ----------------------------------------------------------------------

SIGNATURE: Final = "http://adlnet.gov/expapi/attachments/signature"
"""a JSON web signature of the statement (Data 2.6)"""

# --- extensions -----------------------------------------------------------------------------

SOURCE_EVENT: Final = "http://lrs.learninglocker.net/define/extensions/info"
"""in a context: which event of which software a statement was made from"""
EXTERNAL_ID: Final = "https://w3id.org/learning-analytics/learning-management-system/external-id"
"""in a definition: the ID number that the institution gave the course or activity"""
SHORT_ID: Final = "https://w3id.org/learning-analytics/learning-management-system/short-id"
"""in a definition: the short name of the course"""

# --- categories -----------------------------------------------------------------------------

CMI5: Final = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
"""marks a statement that the cmi5 profile defines"""
MOVE_ON: Final = "https://w3id.org/xapi/cmi5/context/categories/moveon"
"""cmi5: marks a result that counts towards completing the course"""
