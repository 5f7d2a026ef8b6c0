"""Hear. Traps and informs (RFC 3416 4.2.6, 4.2.7) make the agent look at once; they never open or close a ticket.

`sieve` who may speak, and how often, before anything is read · `receiver` pysnmp reads what passed · `hearing` the
socket over its life.
"""
