"""Loss as a law and not as luck: how often lost packets alone open a ticket, by arithmetic, virtual and real time.

`law` the arithmetic · `lossy` a whole agent in virtual time on a campus that loses packets · `wire` the same on real
ICMP, between two network namespaces.
"""
