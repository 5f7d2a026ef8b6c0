"""The campus's cameras as others read them: onvif-zeep by the WSDLs, FFmpeg (by PyAV) over RTSP with digest.

Neither shares a line with the agent's reader or with the campus, so that two wrong readings cannot agree.
"""

from __future__ import annotations

import asyncio
import importlib
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import av
import pytest

from agent.clock import SystemClock
from agent.simulator.campus import Campus
from agent.simulator.plan import Box, Plan, Service
from agent.simulator.wire import Wire
from tests.simulator.given import throw

pytestmark = pytest.mark.net
USER, PASSWORD = "admin", "practice"
HTTP, RTSP = 21_080, 21_554
ADDRESS = "127.18.99.1"


@asynccontextmanager
async def serving(**more: Any) -> AsyncIterator[Campus]:
    """One camera on loopback."""
    box = Box(
        id="cam", kind="camera", address=ADDRESS, vendor="Hikvision", model="DS-2CD3T46",
        services=(Service(name="onvif", port=HTTP, username=USER, password=PASSWORD),
                  Service(name="rtsp", port=RTSP, username=USER, password=PASSWORD, path="/live/1")),
    )  # fmt: skip
    clock = SystemClock()
    campus = Campus(plan=Plan(boxes=(replace(box, **more),), loopback=True, snmp_port=21_161), began=clock.mono())
    wire = Wire(campus, clock)
    await wire.follow()
    try:
        yield campus
    finally:
        wire.close()


def by_onvif_zeep(password: str) -> dict[str, Any]:
    """What its camera class makes of ours; it is read by the WSDLs, wrong elements are an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        camera = importlib.import_module("onvif").ONVIFCamera(ADDRESS, HTTP, USER, password)
        media = camera.create_media_service()
        profiles = media.GetProfiles()
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        return {
            "time": camera.devicemgmt.GetSystemDateAndTime(),
            "device": camera.devicemgmt.GetDeviceInformation(),
            "interfaces": camera.devicemgmt.GetNetworkInterfaces(),
            "scopes": camera.devicemgmt.GetScopes(),
            "services": camera.devicemgmt.GetServices({"IncludeCapability": False}),
            "profiles": profiles,
            "stream": media.GetStreamUri({"StreamSetup": setup, "ProfileToken": profiles[0].token}),
        }


async def test_onvif_zeep_reads_a_camera() -> None:
    async with serving():
        told = await asyncio.to_thread(by_onvif_zeep, PASSWORD)
    assert (told["device"].Manufacturer, told["device"].Model) == ("HIKVISION", "DS-2CD3T46")
    assert told["time"].UTCDateTime.Date.Year >= 2024 and told["interfaces"][0].Info.HwAddress.startswith("02:00:")
    assert [service.Version.Major for service in told["services"]] == [2, 2] and len(told["scopes"]) == 4
    size = told["profiles"][0].VideoEncoderConfiguration.Resolution
    assert (size.Width, size.Height) == (1920, 1080)
    assert told["stream"].Uri == f"rtsp://{ADDRESS}:{RTSP}/live/1"


async def test_onvif_zeep_is_refused_with_a_wrong_password() -> None:
    async with serving():
        with pytest.raises(Exception, match="not Authorized"):
            await asyncio.to_thread(by_onvif_zeep, "wrong")


def by_ffmpeg(password: str) -> tuple[str, int, int]:
    """Codec and size of the first picture."""
    options = {"rtsp_transport": "tcp", "analyzeduration": "100000", "probesize": "32", "fpsprobesize": "0"}
    uri = f"rtsp://{USER}:{password}@{ADDRESS}:{RTSP}/live/1"
    with av.open(uri, options=options, timeout=8) as stream:
        frame = next(stream.decode(video=0))
        assert isinstance(frame, av.VideoFrame)
        return stream.streams.video[0].codec_context.name, frame.width, frame.height


@pytest.mark.parametrize(("tags", "codec"), [((), "h264"), (("h265",), "hevc")])
async def test_ffmpeg_plays_its_stream(tags: tuple[str, ...], codec: str) -> None:
    async with serving(tags=tags):
        assert await asyncio.to_thread(by_ffmpeg, PASSWORD) == (codec, 1920, 1080)


async def test_ffmpeg_is_refused_with_a_wrong_password() -> None:
    async with serving() as campus:
        throw(campus, "set cam password other")
        with pytest.raises(av.error.HTTPUnauthorizedError):
            await asyncio.to_thread(by_ffmpeg, PASSWORD)
