"""A real camera's stand-in: GStreamer's RTSP server with Digest, run by the system's Python (it has `gi`).

    /usr/bin/python3 gst_rtsp.py ADDRESS USER PASSWORD NAME=LAUNCH ...

Each NAME is a path with that pipeline behind it. Prints the port once it listens; ends when its standard input does.
"""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402  the versions must be told first


def served(address: str, user: str, password: str, mounts: dict[str, str]) -> GstRtspServer.RTSPServer:
    """A server with one factory a mount, all behind the same Digest login."""
    server = GstRtspServer.RTSPServer()
    server.set_address(address)
    server.set_service("0")
    if user:
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_digest(user, password, token)
        server.set_auth(auth)
    for name, launch in mounts.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch)
        factory.set_shared(True)
        if user:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("viewer", "media.factory.access", True)
            permissions.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(f"/{name}", factory)
    return server


def main() -> None:
    Gst.init(None)
    address, user, password, *mounts = sys.argv[1:]
    server = served(address, user, password, dict(mount.split("=", 1) for mount in mounts))
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()


if __name__ == "__main__":
    main()
