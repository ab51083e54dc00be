"""Each line of the threat model in docs/security.md, tried.

``python -m tests.security.bare`` takes each protection away, one after the other, and shows that
its test fails then.
"""
