"""The agent beside its peers on this machine: `python -m bench`, into RESULTS.md.

`lab` is the two namespaces, `cpu` the accounting, `http` the readers and drivers; `watcher` and `peers` start what is
measured, `switches` (with `mib`) is what they poll; `icmp`, `poll`, `whole` and `ticket` are one measurement each;
`run` is what they share, `report` the page.
"""
