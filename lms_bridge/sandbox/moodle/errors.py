"""How Moodle says no: HTTP 200 and three words (Moodle facts, section 3).

The `exception` is the class as Moodle 4.5 names it and differs from version to version;
`errorcode` is what a client can rely on.
"""

from __future__ import annotations


class MoodleError(Exception):
    """Raised by a web-service function; becomes the body of a 200."""

    def __init__(
        self, exception: str, errorcode: str, message: str, debuginfo: str | None = None
    ) -> None:
        super().__init__(message)
        self.exception = exception
        self.errorcode = errorcode
        self.message = message
        self.debuginfo = debuginfo
        """shown on a site with developer debugging only"""

    def body(self, debug: bool) -> dict[str, str]:
        body = {
            "exception": self.exception,
            "errorcode": self.errorcode,
            "message": self.message,
        }
        if debug and self.debuginfo is not None:
            body["debuginfo"] = self.debuginfo
        return body


def refused(errorcode: str, message: str) -> MoodleError:
    """The common kind."""
    return MoodleError("core\\exception\\moodle_exception", errorcode, message)


def invalid_token() -> MoodleError:
    return refused("invalidtoken", "Invalid token - token not found")


def access() -> MoodleError:
    """One body for six causes, which cannot be told apart from outside."""
    return MoodleError("webservice_access_exception", "accessexception", "Access control exception")


def invalid_parameter(debuginfo: str | None = None) -> MoodleError:
    return MoodleError(
        "core\\exception\\invalid_parameter_exception",
        "invalidparameter",
        "Invalid parameter value detected",
        debuginfo,
    )


def missing_record(table: str, debuginfo: str | None = None) -> MoodleError:
    return MoodleError(
        "dml_missing_record_exception",
        "invalidrecord",
        f"Can't find data record in database table {table}.",
        debuginfo,
    )


def missing_module() -> MoodleError:
    """There is no activity with that id; it was asked for without naming a table."""
    return MoodleError(
        "dml_missing_record_exception",
        "invalidrecordunknown",
        "Can't find data record in database.",
    )


def invalid_user() -> MoodleError:
    return MoodleError("dml_missing_record_exception", "invaliduser", "Invalid user")


def dml_write() -> MoodleError:
    return MoodleError("dml_write_exception", "dmlwriteexception", "Error writing to database")


def dml_read() -> MoodleError:
    return MoodleError("dml_read_exception", "dmlreadexception", "Error reading from database")


def coding(message: str) -> MoodleError:
    return MoodleError(
        "core\\exception\\coding_exception",
        "codingerror",
        f"Coding error detected, it must be fixed by a programmer: {message}",
    )


def invalid_persistent(message: str) -> MoodleError:
    return MoodleError(
        "core\\invalid_persistent_exception", "invalidpersistenterror", f"Error: {message}"
    )


def no_permission(what: str) -> MoodleError:
    return MoodleError(
        "core\\exception\\required_capability_exception",
        "nopermissions",
        f"Sorry, but you do not currently have permissions to do that ({what}).",
    )


def course_unreachable() -> MoodleError:
    return MoodleError(
        "core\\exception\\require_login_exception",
        "requireloginerror",
        "Course or activity not accessible.",
    )


def course_context(course_id: int) -> MoodleError:
    return refused(
        "errorcoursecontextnotvalid",
        f"You cannot execute functions in the course context (course id:{course_id})."
        " The context error message was: Course or activity not accessible.",
    )
