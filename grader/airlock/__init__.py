"""Where untrusted bytes meet the kernel: each job runs in a forked child that may compute and answer, and nothing else.

A job is a module, named by its dotted path, with `warm()` and `run(arguments, inputs)`; see `protocol.Job`.
"""
