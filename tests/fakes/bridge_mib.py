"""The kernel's own bridge `br0` as BRIDGE-MIB (RFC 4188), for snmpd's `pass_persist`: net-snmp has no such module.

Base address and ports, and the forwarding table as `bridge fdb` shows it, without the ports' own addresses.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

NET = Path("/sys/class/net")
BASE = (1, 3, 6, 1, 2, 1, 17)

Rows = dict[tuple[int, ...], tuple[str, str]]


def rows() -> Rows:
    """OID -> (type, value), as of now."""
    ports = {path.name: path for path in (NET / "br0" / "brif").iterdir()}
    number = {name: int((NET / name / "brport" / "port_no").read_text(), 16) for name in ports}
    index = {name: (NET / name / "ifindex").read_text().strip() for name in ports}
    mac = (NET / "br0" / "address").read_text().strip().replace(":", " ")
    found: Rows = {(*BASE, 1, 1, 0): ("octet", mac), (*BASE, 1, 2, 0): ("integer", str(len(ports)))}
    found |= {(*BASE, 1, 4, 1, 2, number[name]): ("integer", index[name]) for name in ports}
    shown = subprocess.run(["bridge", "-j", "fdb", "show", "br", "br0"], capture_output=True, text=True, check=True)
    for entry in json.loads(shown.stdout):
        if entry.get("state") != "permanent" and entry.get("ifname") in number:
            bytes_of = tuple(int(byte, 16) for byte in entry["mac"].split(":"))
            found[(*BASE, 4, 3, 1, 2, *bytes_of)] = ("integer", str(number[entry["ifname"]]))
    return found


def answer(verb: str, oid: str) -> str:
    name, known = tuple(int(part) for part in oid.strip(".").split(".")), rows()
    place = min((each for each in known if each > name), default=None) if verb == "getnext" else name
    if place is None or place not in known:
        return "NONE"
    return "\n".join(("." + ".".join(map(str, place)), *known[place]))


def main() -> None:
    """snmpd(5), pass_persist: PING, else a verb and an OID, a line each."""
    for line in sys.stdin:
        word = line.strip()
        said = "PONG" if word == "PING" else answer(word, sys.stdin.readline())
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
