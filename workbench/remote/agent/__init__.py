"""The far side: runs on a target, on the Python that is there, from memory, as long as its stdin is open.

Standard library only, nothing newer than Python 3.9. What it imports of Workbench is listed in
`workbench.remote.bootstrap.MODULES` and sent with it.
"""
