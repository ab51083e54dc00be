"""What the JSON API tells, as values: each is described to its users by its own declaration.

The API at ``/api/v1`` (:mod:`webhook.api`) makes its answers and its description of them from these
structs. Each module has those of one subject, and the queries that fill them.
"""
