"""Operating the bridge: whether it is well, what is to be tried, which secret is to be renewed.

The pages for IT show what these modules find; they have no SQL of their own.
"""
