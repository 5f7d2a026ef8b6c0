"""Where the ONVIF services of a device are."""

from __future__ import annotations

from agent.simulator.services.voice import Voice

DEVICE, MEDIA, MEDIA2 = "/onvif/device_service", "/onvif/media_service", "/onvif/media2_service"
SEARCH, RECORDING = "/onvif/search_service", "/onvif/recording_service"
SNAPSHOT = "/onvif/snapshot"


def address(voice: Voice, path: str) -> str:
    """The URI of a path at the device."""
    port = voice.service.port
    return f"http://{voice.box.address}{'' if port == 80 else f':{port}'}{path}"
