"""Judge: findings, conditions, incidents, severity, tickets and their clocks. Values in, values out.

`engine.step` is the door.
"""
