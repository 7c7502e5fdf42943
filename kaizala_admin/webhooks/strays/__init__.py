"""Webhooks that Kaizala holds for this connector and that are none of ours: seen, taken over, or ended.

Left by an earlier installation or a restored database, or another system's. Every comparison notes them;
`looking` also asks about objects that nobody here subscribed to.
"""
