"""Ralph's application as it is, but for one default; run by the Python that has Ralph.

As shipped it *creates* the file of its LRS with every request, and so answers 500 to the
second: there is no setting for it. Here it appends.
"""

from ralph.backends.data.base import BaseOperationType
from ralph.backends.data.fs import FSDataBackend

FSDataBackend.default_operation_type = BaseOperationType.APPEND

from ralph.api import app  # noqa: E402, F401
