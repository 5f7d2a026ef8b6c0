"""The practice campus: devices that speak the real protocols on this machine, and faults to throw at them.

Pure: `plan` (what stands there), `campus` and `settings` (what the faults do to it), `script` and `expect` (the words),
`station`, `mib`, `tables`, `cells`, `ber` (what it tells by SNMP). On the wire: `services` (all else that it speaks),
`datagrams`, `doors`, `wire`, `routes`; `__main__` joins them into one process that takes faults on its stdin.
Around it: `namespace` is the network of its own, made by `wiring` and entered by `enter`; `player` plays a script,
`console` asks a person. It knows nothing of the agent's probes or judgement, so that a wrong encoder cannot agree
with itself.
"""
