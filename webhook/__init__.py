"""What faces the network: the xAPI endpoint, health, and the pages that show where all is.

:func:`webhook.app.create_app` makes the Flask application; ``python -m webhook`` serves it.
"""
