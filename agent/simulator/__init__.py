"""The practice campus: devices that speak the real protocols on this machine, and faults to throw at them.

Pure: `plan` (what stands there), `campus` (what the faults do to it), `script` and `expect` (the words), `mib`, `ber`.
On the wire: `snmp`, `echo`, `ports`, `routes`; `__main__` joins them into one process that takes faults on its stdin.
Around it: `namespace` is the network of its own, made by `wiring` and entered by `enter`; `player` plays a script,
`console` asks a person. It knows nothing of the agent's probes or judgement, so that a wrong encoder cannot agree
with itself.
"""
