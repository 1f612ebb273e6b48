"""Callbacks of jobs that ended: signed, allowed, retried, durable."""
