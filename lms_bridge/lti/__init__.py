"""LTI 1.3: an LMS says who is at the browser, and the bridge believes it after a look at each word.

``launch`` judges the token by which a platform says it, ``keys`` are the platform's public keys,
``state`` is what the bridge gives along when it asks for a login and gets back with the token.

Only a resource link is launched. The bridge offers no deep links and calls no services of the
platform, so it signs nothing and has no key of its own: its key set is empty, and there is nothing
that could be stolen.

PyLTI1p3, the usual library, has not been released since 2022, and brings HTTP calls, sessions and
cookies of its own, for which the bridge has its ways. So the signature is PyJWT's matter, and the
claims are held to the specification here.

Sources: LTI 1.3 Core and the 1EdTech Security Framework 1.0 ("SEC").
"""
