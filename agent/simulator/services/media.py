"""Media of cameras by ONVIF: profiles, streams, snapshots. The newer cameras, those of H.265, speak Media2 alone."""

from __future__ import annotations

from agent.simulator.services.places import MEDIA, MEDIA2, SNAPSHOT, address
from agent.simulator.services.soap import element, text
from agent.simulator.services.voice import Voice

_BOUNDS = '<tt:Bounds x="0" y="0" width="1920" height="1080"/>'
_STREAMS = (("Profile_1", "mainStream", (1920, 1080), 25, 4096), ("Profile_2", "subStream", (640, 360), 15, 512))
"""Token, name, size, frames a second, kbit/s."""


def codec(voice: Voice) -> str:
    """H264, H265: a camera of the newer kind is tagged so."""
    return "H265" if "h265" in voice.box.tags else "H264"


def place(voice: Voice) -> tuple[str, str]:
    """Which media service it has, and where."""
    return ("tr2", MEDIA2) if codec(voice) == "H265" else ("trt", MEDIA)


def profiles(voice: Voice) -> str:
    prefix, _ = place(voice)
    make = _profile2 if prefix == "tr2" else _profile
    return element(f"{prefix}:GetProfilesResponse", *(make(voice, *stream) for stream in _STREAMS))


def _profile(voice: Voice, token: str, name: str, size: tuple[int, int], rate: int, kilobits: int) -> str:
    limits = element("tt:RateControl", text("tt:FrameRateLimit", rate), text("tt:EncodingInterval", 1),
                     text("tt:BitrateLimit", kilobits))  # fmt: skip
    source = element("tt:VideoSourceConfiguration", *_source(), token="VideoSourceToken")
    encoder = element("tt:VideoEncoderConfiguration", *_encoder(voice, name, size), text("tt:Quality", 3), limits,
                      token=f"VideoEncoder_{token}")  # fmt: skip
    return element("trt:Profiles", text("tt:Name", name), source, encoder, token=token, fixed="true")


def _profile2(voice: Voice, token: str, name: str, size: tuple[int, int], rate: int, kilobits: int) -> str:
    limits = element("tt:RateControl", text("tt:FrameRateLimit", f"{rate}.0"), text("tt:BitrateLimit", kilobits),
                     ConstantBitRate="false")  # fmt: skip
    source = element("tr2:VideoSource", *_source(), token="VideoSourceToken")
    encoder = element("tr2:VideoEncoder", *_encoder(voice, name, size), limits, text("tt:Quality", 3),
                      token=f"VideoEncoder_{token}", GovLength="50", Profile="Main")  # fmt: skip
    inner = element("tr2:Configurations", source, encoder)
    return element("tr2:Profiles", text("tr2:Name", name), inner, token=token, fixed="true")


def _source() -> tuple[str, ...]:
    return (text("tt:Name", "VideoSourceConfig"), text("tt:UseCount", 2), text("tt:SourceToken", "VideoSource_1"),
            _BOUNDS)  # fmt: skip


def _encoder(voice: Voice, name: str, size: tuple[int, int]) -> tuple[str, ...]:
    resolution = element("tt:Resolution", text("tt:Width", size[0]), text("tt:Height", size[1]))
    return text("tt:Name", name), text("tt:UseCount", 1), text("tt:Encoding", codec(voice)), resolution


def stream(voice: Voice) -> str:
    service = voice.box.service("rtsp")
    port, path = (service.port, service.path) if service is not None else (554, "")
    host = voice.box.address if port == 554 else f"{voice.box.address}:{port}"
    return _uri(voice, "GetStreamUri", f"rtsp://{host}{path or '/Streaming/Channels/101'}")


def snapshot(voice: Voice) -> str:
    return _uri(voice, "GetSnapshotUri", address(voice, SNAPSHOT))


def _uri(voice: Voice, operation: str, uri: str) -> str:
    prefix, _ = place(voice)
    if prefix == "tr2":
        return element(f"tr2:{operation}Response", text("tr2:Uri", uri))
    after = text("tt:InvalidAfterConnect", "false") + text("tt:InvalidAfterReboot", "false")
    inner = element("trt:MediaUri", text("tt:Uri", uri), after, text("tt:Timeout", "PT60S"))
    return element(f"trt:{operation}Response", inner)
