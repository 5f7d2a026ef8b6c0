"""Stands where the agent will: takes the web socket and answers with tickets it makes of one ping a request."""

from __future__ import annotations

import argparse
import json
import socket
import sys

from icmplib import ping

CAMERA = "198.18.21.21"


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--fd", "--inventory", "--data", "--listen", "--lang"):
        parser.add_argument(name)
    web = socket.socket(fileno=int(parser.parse_args().fd))
    print("up", file=sys.stderr, flush=True)
    while True:
        caller, _ = web.accept()
        with caller:
            caller.recv(4096)
            alive = ping(CAMERA, count=2, interval=0.1, timeout=0.4, privileged=True).is_alive
            items = [] if alive else [{"state": "new", "severity": "general", "device": "cam-a-2-1"}]
            body = json.dumps({"items": items}).encode()
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)


if __name__ == "__main__":
    main()
