"""Pictures: decoded apart from the agent, measured, judged; kept where that is allowed."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio

from agent.clock import SystemClock
from agent.model import Device
from agent.probes import rtsp, tcp
from agent.probes.picture import decoder
from agent.probes.picture.helper import Decoder
from agent.probes.picture.judge import BLACK, BLURRED, COVERED, FROZEN, SIZE, Limits, Seen, judge
from agent.probes.picture.keep import Album
from agent.probes.picture.measure import Measures, measure
from agent.probes.picture.rights import allowed, bounded, keeping
from agent.probes.picture.tending import tended
from agent.probes.picture.viewer import AGAIN, Viewer

from ..fakes import keyframes
from ..fakes.keyframes import INFRARED, NIGHT, key_frame
from .watching import target

NOW, HOUR = 1_800_000_000_000, 3_600_000
HD = (1280, 720)
KEY = ("cam-1", "rtsp")


@pytest_asyncio.fixture
async def decoding() -> AsyncIterator[Decoder]:
    it = Decoder(limit=1.0)
    yield it
    await it.close()


# -- the decoder


@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
async def test_decodes(decoding: Decoder, codec: str) -> None:
    picture = await decoding.decode(codec, key_frame(codec), small=320)
    assert picture is not None
    assert (picture.width, picture.height) == (1920, 1080)
    assert len(picture.luma) == decoder.COLUMNS * decoder.ROWS
    assert picture.small.startswith(b"\xff\xd8")
    again = await decoding.decode("mjpeg", picture.small)
    assert again is not None
    assert (again.width, again.height) == (320, 180)
    assert again.small == b""


@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
async def test_full_range_whatever_the_camera_says(decoding: Decoder, codec: str) -> None:
    black = await decoding.decode(codec, key_frame(codec, keyframes.BLACK, size=HD, noise=0))
    assert black is not None
    assert max(black.luma) <= 2


async def test_what_is_no_picture(decoding: Decoder) -> None:
    whole = key_frame("h264", size=HD)
    for data in (b"", b"\0" * 1000, whole[: len(whole) // 2], random.Random(1).randbytes(5000), whole[:60]):
        assert await decoding.decode("h264", data) is None
    assert await decoding.decode("h264", bytes(decoder.LARGEST + 1)) is None
    assert await decoding.decode("h264", whole) is not None


async def test_an_error_of_the_name(decoding: Decoder) -> None:
    assert await decoding.decode("vp9", b"x") is None


async def test_a_bomb_of_four_thousand_megapixels(decoding: Decoder) -> None:
    """A JPEG that says 65500 x 65500 (ITU-T T.81, B.2.2)."""
    honest = key_frame("mjpeg", size=HD)
    at = honest.index(b"\xff\xc0") + 5
    begun = time.monotonic()
    assert await decoding.decode("mjpeg", honest[:at] + b"\xff\xdc\xff\xdc" + honest[at + 4 :]) is None
    assert time.monotonic() - begun < 1.0


async def test_it_is_confined(decoding: Decoder) -> None:
    await decoding.decode("h264", key_frame("h264", size=HD))
    status = (Path("/proc") / str(_pid(decoding)) / "status").read_text()
    assert re.search(r"CapPrm:\t0+\n", status)
    assert re.search(r"CapEff:\t0+\n", status)
    assert re.search(r"NoNewPrivs:\t1", status)
    limits = (Path("/proc") / str(_pid(decoding)) / "limits").read_text()
    assert re.search(rf"Max address space +{decoder.MEMORY} ", limits)
    assert re.search(r"Max open files +3 ", limits)
    assert (Path("/proc") / str(_pid(decoding)) / "environ").read_bytes() == b""


@pytest.mark.parametrize("signum", [signal.SIGSTOP, signal.SIGKILL, signal.SIGSEGV])
async def test_it_hangs_or_dies_and_the_next_picture_is_decoded(decoding: Decoder, signum: signal.Signals) -> None:
    assert await decoding.decode("h264", key_frame("h264", size=HD)) is not None
    first = _pid(decoding)
    os.kill(first, signum)
    begun = time.monotonic()
    picture = await decoding.decode("h264", key_frame("h264", size=HD))
    assert (picture is None) == (signum == signal.SIGSTOP), "who has only died is asked once more"
    assert time.monotonic() - begun < 2.5
    assert await decoding.decode("h264", key_frame("h264", size=HD)) is not None
    assert _pid(decoding) != first


async def test_it_rests_when_there_is_nothing_to_do() -> None:
    decoding = Decoder(idle=0.1)
    await decoding.decode("h264", key_frame("h264", size=HD))
    first = _pid(decoding)
    await asyncio.sleep(1.0)
    assert not _alive(first)
    assert await decoding.decode("h264", key_frame("h264", size=HD)) is not None
    await decoding.close()


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _pid(decoding: Decoder) -> int:
    """Of the decoder's process: the one child of ours that runs it."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return next(int(pid) for pid in reversed(children) if b"decoder.py" in Path(f"/proc/{pid}/cmdline").read_bytes())


@pytest.mark.parametrize("codec", ["h264", "hevc"])
async def test_mutated_pictures(decoding: Decoder, codec: str) -> None:
    await mutated(decoding, codec, 150)


@pytest.mark.soak
@pytest.mark.parametrize("codec", ["h264", "hevc"])
async def test_ten_thousand_mutated_pictures(decoding: Decoder, codec: str) -> None:
    await mutated(decoding, codec, 10_000)


async def mutated(decoding: Decoder, codec: str, count: int) -> None:
    """In bounded time each, and an honest one still decodes."""
    honest, chance = key_frame(codec, size=(320, 180)), random.Random(4)
    for _ in range(count):
        body = bytearray(honest)
        for _ in range(chance.randint(1, 20)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        begun = time.monotonic()
        await decoding.decode(codec, bytes(body[: chance.randrange(40, len(body))] if chance.random() < 0.2 else body))
        assert time.monotonic() - begun < 3.0
    assert await decoding.decode(codec, honest) is not None


# -- the judgement


@cache
def seen(
    spoil: str = "", seed: int = 1, noise: int = 6, size: tuple[int, int] = HD, codec: str = "h264", quality: str = ""
) -> Measures:
    data = key_frame(codec, spoil, size=size, noise=noise, seed=seed, quality=quality)
    picture = decoder.decode(codec, data, 0)
    assert picture is not None
    return measure(picture.luma, decoder.COLUMNS, (picture.width, picture.height), picture.colour)


def judged(pictures: Iterable[Measures], every: int = HOUR // 6, limits: Limits | None = None) -> list[str | None]:
    """Reasons of one picture after the other, from nothing remembered on."""
    remembered, reasons = Seen(), []
    for at, measures in enumerate(pictures):
        verdict, remembered = judge(remembered, measures, NOW + at * every, limits=limits)
        reasons.append(verdict.reason)
    return reasons


def test_a_live_scene_is_good_by_day_in_fog_and_under_infrared() -> None:
    days = [seen(seed=seed) for seed in range(4)]
    assert judged([*days, seen(keyframes.FOG), seen(INFRARED), seen(INFRARED, 2), *days]) == [""] * 11


ORDINARY = {
    name: getattr(keyframes, name) for name in ("THICK_FOG", "DIM", "LAMP", "SCREEN", "WALL", "INFRARED", "FOG")
}
COVERS = {name: getattr(keyframes, name) for name in ("TAPE", "PAPER", "HAND", "COVERED")}


@pytest.mark.parametrize("quality", ["26", "40"])
@pytest.mark.parametrize("size", [(352, 288), HD])
@pytest.mark.parametrize("name", ORDINARY)
def test_weak_light_and_bare_walls_are_no_fault(name: str, size: tuple[int, int], quality: str) -> None:
    """On a camera that is new, and on one whose days are known. Measured on 30 photographs, too: see `Limits`."""
    shots = [seen(ORDINARY[name], seed, size=size, quality=quality) for seed in range(3)]
    assert set(judged(shots)) <= {"", None}
    days = [seen(seed=seed, size=size) for seed in range(8)]
    assert set(judged([*days, *shots])[8:]) <= {"", None}


@pytest.mark.parametrize("size", [(352, 288), HD])
@pytest.mark.parametrize("name", COVERS)
def test_whatever_covers_it(name: str, size: tuple[int, int]) -> None:
    shots = [seen(COVERS[name], seed, size=size) for seed in range(3)]
    assert judged(shots)[1:] == [COVERED, COVERED]


@pytest.mark.parametrize(
    "name", ["gblur=sigma=120,lutyuv=y=70+(val-128)*0.4", "gblur=sigma=60,lutyuv=y=170+(val-128)*0.3"]
)
def test_behind_a_hand_or_a_bag_nothing_is_sharp(name: str) -> None:
    """Though light and shade are there; on a camera that is new, too."""
    assert set(judged([seen(name, seed) for seed in range(3)])[1:]) <= {COVERED, BLURRED}


@pytest.mark.parametrize("size", [(320, 180), (640, 360), (1920, 1080)])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_of_any_size_and_codec(size: tuple[int, int], codec: str) -> None:
    days = [seen(size=size, codec=codec, seed=at % 3) for at in range(8)]
    blurred = [seen(f"gblur=sigma={size[0] / 48}", size=size, codec=codec, seed=seed) for seed in range(3)]
    assert judged(days) == [""] * 8
    assert judged([*days, *blurred])[8:] == [None, BLURRED, BLURRED]


def test_blurred_from_the_first_day_on() -> None:
    assert judged(seen("gblur=sigma=120", seed=seed, noise=3) for seed in range(3)) == [None, BLURRED, BLURRED]


def test_one_lamp_far_away_is_no_dead_sensor() -> None:
    """Though the encoder has ironed out the noise around it."""
    shots = [seen(f"{keyframes.BLACK},drawbox=x=iw*0.5:y=ih*0.5:w=iw*0.05:h=ih*0.08:color=white:t=fill", noise=0)] * 4
    assert judged(shots) == [None] * 4


def test_black_is_told_from_night() -> None:
    dead, night, day = seen(keyframes.BLACK, noise=0), seen(NIGHT), seen()
    assert judged([day, dead, dead, day]) == ["", None, BLACK, ""]
    assert judged([day, *[night] * 90, seen(seed=2)]) == ["", *[None] * 90, ""], "fifteen hours of darkness are a night"
    assert judged([day, *[night] * 120])[-1] == BLACK, "twenty are none"


def test_a_camera_whose_night_has_no_noise_is_known_after_the_first() -> None:
    dead, days = seen(keyframes.BLACK, noise=0), (seen(seed=1), seen(seed=2), seen(seed=3))
    reasons = judged([days[0], *[dead] * 60, days[1], *[dead] * 60, days[2]])
    assert reasons[2] == BLACK
    assert reasons[61:] == ["", *[None] * 60, ""]


def test_frozen_is_every_cell_alike_and_not_a_still_scene() -> None:
    still = [seen(seed=seed, noise=2) for seed in range(4)]
    assert judged(still) == [""] * 4
    assert judged([*still, still[-1], still[-1], still[0]]) == [*[""] * 4, None, FROZEN, ""]


def test_covered_and_somebody_who_walks_by() -> None:
    hand = [seen(keyframes.COVERED, seed=seed) for seed in range(3)]
    assert judged([seen(), hand[0], seen(seed=2), hand[1], hand[2]]) == ["", None, "", None, COVERED]


def test_softer_than_it_used_to_be() -> None:
    soft = [seen(f"gblur=sigma={22 * 2 // 3}", seed=seed) for seed in range(2)]
    assert judged(soft) == ["", ""], "nobody knows this camera yet"
    assert judged([*(seen(seed=seed) for seed in range(8)), *soft])[-2:] == [None, BLURRED]


def test_size() -> None:
    verdict, remembered = judge(Seen(), seen(), NOW, (1920, 1080))
    assert (verdict.reason, verdict.again) == (None, True)
    assert judge(remembered, seen(seed=2), NOW, (1920, 1080))[0].reason == SIZE
    assert judge(remembered, seen(seed=2), NOW, (0, 720))[0].reason == ""


# -- the viewer


@pytest_asyncio.fixture
async def viewer(tmp_path: Path) -> AsyncIterator[Viewer]:
    it = Viewer(album=Album(tmp_path / "pictures"), at_once=1)
    yield it
    await it.close()


async def test_pictures_are_spread_and_one_at_a_time(viewer: Viewer) -> None:
    cameras = [(f"cam-{number}", "rtsp") for number in range(300)]
    assert not [key for key in cameras if viewer.due(key, 600.0, 0.0)]
    due = [sum(viewer.due(key, 600.0, at * 60.0) for key in cameras) for at in range(11)]
    steps = [after - before for before, after in pairwise(due)]
    assert due[-1] == 300
    assert 10 < min(steps) <= max(steps) < 50, steps
    async with viewer.turn(cameras[0], 600.0, 600.0):
        assert not viewer.due(cameras[1], 600.0, 600.0), "no room"
    assert viewer.due(cameras[1], 600.0, 600.0)
    assert not viewer.due(cameras[0], 600.0, 1199.0)
    assert viewer.due(cameras[0], 600.0, 1200.0)
    assert not viewer.due(cameras[0], 0.0, 9e9), "never is never"


async def test_a_suspicion_is_looked_at_again_soon(viewer: Viewer) -> None:
    async with viewer.turn(KEY, 600.0, 0.0):
        sight = await viewer.see(KEY, "h264", key_frame("h264", keyframes.COVERED, size=HD), NOW)
    assert sight.checks == {}
    assert not viewer.due(KEY, 600.0, AGAIN - 1)
    assert viewer.due(KEY, 600.0, AGAIN)


async def test_forgotten_while_its_picture_is_fetched(viewer: Viewer) -> None:
    async with viewer.turn(KEY, 600.0, 0.0):
        viewer.forget(KEY)
        sight = await viewer.see(KEY, "h264", key_frame("h264", keyframes.COVERED, size=HD), NOW)
    assert sight.checks == {}


async def test_kept_where_it_is_wanted(viewer: Viewer, tmp_path: Path) -> None:
    album = Album(tmp_path / "pictures")
    good, covered = key_frame("h264", size=HD), key_frame("h264", keyframes.COVERED, size=HD)
    async with viewer.turn(KEY, 600.0, 0.0):
        await viewer.see(KEY, "h264", good, NOW)
        assert not (tmp_path / "pictures").exists()
        await viewer.see(KEY, "h264", key_frame("h264", size=HD, seed=2), NOW, keep=True)
        kept = album.get("cam-1", NOW)
        assert kept.good == kept.current
        await viewer.see(KEY, "h264", covered, NOW + 1000, keep=True)
    kept = album.get("cam-1", NOW + 1000)
    assert kept.good is not None
    assert kept.current is not None
    assert (kept.good.at, kept.current.at) == (NOW, NOW + 1000)
    assert len(kept.good.jpeg) < 30_000
    assert (tmp_path / "pictures" / "cam-1.good.jpg").stat().st_mode & 0o777 == 0o600


async def test_without_a_decoder_nothing_is_said() -> None:
    viewer = Viewer(decoder=Decoder(python="/nonexistent/python"))
    async with viewer.turn(KEY, 600.0, 0.0):
        assert (await viewer.see(KEY, "h264", key_frame("h264", size=HD), NOW)).checks == {}
    await viewer.close()


# -- the album, the rights


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "pictures"


def test_kept_for_a_set_time(folder: Path) -> None:
    album = Album(folder, days=7.0)
    album.put("cam-1", NOW, b"good", good=True)
    album.put("cam-1", NOW + 1, b"bad", good=False)
    assert album.get("cam-1", NOW + 7 * 24 * HOUR) == album.get("cam-1", NOW)
    late = NOW + 7 * 24 * HOUR + 2
    assert album.get("cam-1", late) == Album(folder).get("cam-2", late)
    (folder / "cam-9.part").write_bytes(b"half")
    album.put("cam-2", late, b"new", good=True)
    assert [path.name for path in folder.iterdir()] == ["cam-2.good.jpg"]
    album.put("cam-3", late, b"bad", good=False)
    album.purge(late, frozenset(("cam-3",)))
    assert [path.name for path in folder.iterdir()] == ["cam-3.now.jpg"], "of the other no picture is allowed any more"


async def test_they_go_though_no_other_comes(folder: Path) -> None:
    album, clock = Album(folder, days=7.0), SystemClock()
    album.put("cam-1", clock.now() - 8 * 24 * HOUR, b"old", good=True)
    album.put("cam-2", clock.now(), b"new", good=True)
    album.put("cam-3", clock.now(), b"not any more", good=True)
    async with tended(album, clock, lambda: ("cam-1", "cam-2"), every=0.01):
        await asyncio.sleep(0.1)
        assert _names(folder) == ["cam-2.good.jpg"]
    await asyncio.gather(*(_purged(Album(folder / "none")) for _ in range(2)))


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def _purged(album: Album) -> None:
    """A folder that was never made is no fault."""
    async with tended(album, SystemClock(), tuple, every=0.01):
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("name", ["../etc/passwd", "a/b", "", ".", "Cam", "a\0"])
def test_only_names_of_the_inventory(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a device's name"):
        Album(folder).put(name, NOW, b"", good=True)


def test_where_no_picture_is_allowed() -> None:
    options = rtsp.Options(path="/main", picture=600.0, pictures="keep")
    plain = Device(id="a", name="a", kind="camera")
    never = Device(id="a", name="a", kind="camera", pictures="never")
    dormitory = Device(id="a", name="a", kind="camera", pictures="allowed", tags=frozenset(("dormitory",)))
    assert [allowed(device) for device in (plain, never, dormitory)] == [True, False, False]
    assert bounded(options, plain) is options
    for device in (never, dormitory):
        assert bounded(options, device) == rtsp.Options(path="/main")
    assert bounded(tcp.Options(port=1), never) == tcp.Options(port=1)
    targets = [target("rtsp", device, replace(options, **more)) for device, more in
               (("keeps", {}), ("never", {"pictures": "never"}), ("none", {"picture": 0.0}))]  # fmt: skip
    assert keeping([*targets, target("tcp", "other", tcp.Options(port=1))]) == {"keeps"}
