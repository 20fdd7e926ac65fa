"""The warm parent: what kernels, learners' servers and grading sandboxes are forked from, and how a fork is made safe.

Standard library alone, until a kernel is asked for: these modules are imported by programs that run as root and by what
is shown to a sandbox.
"""
