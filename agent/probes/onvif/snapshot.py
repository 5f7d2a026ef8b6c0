"""The camera's own snapshot, a JPEG by HTTP: fetched at the polled address, whatever host its URI names."""

from __future__ import annotations

from agent.model import Outcome
from agent.probes.errors import classify
from agent.probes.onvif import answers
from agent.probes.onvif.call import LoginRefused, Place
from agent.probes.onvif.ladder import Ladder
from agent.probes.onvif.soap import NoSoap
from agent.probes.onvif.where import service
from agent.probes.picture.decoder import LARGEST
from agent.probes.wire.httpc import Answer, BadAnswer

NO_SNAPSHOT = "no_snapshot"
_JPEG = b"\xff\xd8\xff"
_BUSY = (429, 503)
_DENIED = "snapshot"


class NoPicture(Exception):
    """None came. reason: what is wrong, "" where nothing is known of it.  refused: the login was not taken."""

    def __init__(self, reason: str, *, refused: bool = False, locked: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.refused, self.locked = reason, refused, locked


async def fetch(ladder: Ladder) -> bytes:
    """A JPEG file of at most `LARGEST` bytes. Raises NoPicture; TimeoutError, since the caller holds the deadline."""
    if _DENIED in ladder.known.denied:
        raise NoPicture("")
    place = await _place(ladder)
    try:
        answer = await ladder.talk.fetch(place, LARGEST)
    except LoginRefused as error:
        raise NoPicture("auth", refused=True, locked=error.locked) from error
    except TimeoutError:
        raise
    except OSError as error:
        ladder.log(f"snapshot: {type(error).__name__}: {error}")
        raise NoPicture(NO_SNAPSHOT if classify(error)[0] is Outcome.FAILED else "") from error
    except (BadAnswer, NoSoap) as error:
        ladder.log(f"snapshot: {error}")
        raise NoPicture(NO_SNAPSHOT) from error
    return _picture(ladder, answer)


async def _place(ladder: Ladder) -> Place:
    """Where it is, at the host that we ask: it is asked for each time, as some makers put a moment's token into it."""
    said = answers.uri(await ladder.tried(ladder.known.media, "GetSnapshotUri", ladder.media, ladder.profile))
    found = service(said, ladder.host)
    if found is None:
        raise NoPicture(NO_SNAPSHOT)
    return Place(*found)


def _picture(ladder: Ladder, answer: Answer) -> bytes:
    if answer.status == 200 and answer.body.startswith(_JPEG):
        return answer.body
    if answer.status == 403:
        ladder.known.denied.add(_DENIED)
        ladder.log("snapshot: not for this user")
        raise NoPicture("")
    if answer.status == 401:
        ladder.log("snapshot: asks for the password in clear, which is not sent")
        raise NoPicture("plain_login")
    ladder.log("snapshot: a redirect, not followed" if 300 <= answer.status < 400 else "snapshot: no JPEG")
    raise NoPicture("" if answer.status in _BUSY else NO_SNAPSHOT)
