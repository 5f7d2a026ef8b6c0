"""Where: facts in, graph out, pure. Today the declared parents; learned ones (LLDP, FDB, ARP) join the same graph."""
