"""Benchmarks of the service against its limits, and against what a team would build instead.

``make bench`` measures everything and writes docs/performance.md; ``make bench-quick`` proves that
it works. Single ones, in the environment that make has made (``--list`` shows the names)::

    .venv-bench/bin/python -m tests.bench get-job accept --rounds 3
    .venv-bench/bin/python -m tests.bench get-job --profile

A benchmark is a module of ``cases``: contenders that take turns, and rows that say which of their
figures, or which quotients of them, the table shows, and what their targets are.
"""
