"""What the bridge tells people by e-mail and webhook, so that nobody has to look whether it runs.

:mod:`.facts` is what could be told now, :mod:`.watching` decides what is told to whom, and when:
things that belong together in one message, the same thing not again until it has grown or a day has
passed, and never more than so many messages in an hour. :mod:`.digest` is the message of each
morning. What is to be sent stands in :mod:`.outbox`, in the transaction that decided it, until
:mod:`.sending` has handed it to :mod:`.mail` or to a webhook.
"""
