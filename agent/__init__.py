"""The campus agent: watches a school campus, turns an outage into one ticket and keeps the contract's clocks.

The way of the data, and the room of each step::

    inventory/  what      the devices of the campus, read from YAML with every mistake named
    scheduler   when      spread, bounded, woken by a miss
    probes/     look      one file a protocol; PROBES is the table
    alerting/   judge     findings, conditions, incidents, severity, tickets, clocks: pure, `engine.step` is the door
    monitor     decide    the loop and the only writer
    store/      remember  SQLite, one transaction for all that one step said
    metrics · web/ · cli/ · documents     tell: they only read; `plain/` is what they say in people's words

`model` holds the nouns, `clock` is the only file that asks the time, `text` the only one that trusts no byte from a
device, `config/` turns YAML into values, `control` is the socket by which a person's command reaches the one writer,
`doctor` says what stands in the way, `discovery/` finds what no list names, `traps/` hears who calls, `controllers`
and `systems` read what others tell of a device and what stands by its parts, `start` is what comes before `app`, the
only file that knows every part, `simulator/` is the practice campus.
Imports go one way; `.importlinter` holds the order.
"""

__version__ = "0.1.0"
