"""ONVIF devices beyond the recorded encoder: recorders that tell of each channel (Profile G), cameras of Media2 alone,
and the snapshot that the URI promises. It shares no code with the agent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from xml.sax.saxutils import escape

from tests.fakes.onvif_camera import Camera, Request, envelope, fault

SPACE = "http://www.onvif.org/{}/wsdl"
_SERVICES = {"media": "ver10/media", "media2": "ver20/media", "search": "ver10/search", "recording": "ver10/recording",
             "device": "ver10/device"}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Recorded:
    """One recording. oldest, newest: ages in seconds, None: nothing is in it.  said: words in place of the dates."""

    token: str
    source: str = ""
    name: str = ""
    oldest: float | None = 40 * 86400.0
    newest: float | None = 5.0
    status: str = "Recording"
    said: tuple[str, str] | None = None


@dataclass(slots=True)
class Device(Camera):
    """services: which it has, in its list.  kept: its recordings.  finds: it knows FindRecordings.  endless: a search
    of it is never complete.  pages: results in one answer.  searching: searches that are open now.

    jpeg: what its snapshot shows.  shuts: it refuses the snapshot's login.  media1_empty: Media1 without a profile.
    """

    services: tuple[str, ...] = ("media",)
    kept: list[Recorded] = field(default_factory=list)
    finds: bool = True
    endless: bool = False
    pages: int = 10
    searching: dict[str, int] = field(default_factory=dict)
    jpeg: bytes = b""
    snapshot_login: bool = True
    shuts: bool = False
    snapshot_status: int = 200
    snapshot_refused: int = 0
    stream_uri: str = ""
    media1_empty: bool = False
    codec: str = "H265"
    _asking: Request | None = None

    def answer(self, request: Request) -> bytes:
        self._asking = request
        if request.method == "GET":
            return self._snapshot(request)
        return super(Device, self).answer(request)

    def reply(self, operation: str) -> bytes:
        make = getattr(self, f"_{operation}", None)
        if operation in self.replaced or make is None:
            return super(Device, self).reply(operation)
        made: bytes = make()
        return made

    @property
    def place(self) -> str:
        return self.names or f"127.0.0.1:{self.port}"

    def _token(self, name: str) -> str:
        body = self._asking.body.decode() if self._asking is not None else ""
        return body.partition(f":{name}>")[2].partition("<")[0]

    def _GetServices(self) -> bytes:
        listed = "".join(
            f"<tds:Service><tds:Namespace>{SPACE.format(_SERVICES[name])}</tds:Namespace><tds:XAddr>http://{self.place}"
            f"/onvif/{name}</tds:XAddr></tds:Service>"
            for name in ("device", *self.services)
        )
        return self._said("device", "GetServices", listed, "tds")

    # -- media

    def _second(self) -> bool:
        """Is it asked by Media2?"""
        return self._asking is not None and b"ver20/media" in self._asking.body

    def _GetProfiles(self) -> bytes:
        if not self._second():
            empty = self._said("media", "GetProfiles", "", "trt")
            return empty if self.media1_empty else super(Device, self).reply("GetProfiles")
        if "media2" not in self.services:
            return fault("ter:ActionNotSupported", "no such service")
        encoder = (
            f'<tr2:VideoEncoder token="e" GovLength="50"><tt:Name>enc</tt:Name><tt:Encoding>{self.codec}</tt:Encoding>'
            "<tt:Resolution><tt:Width>2560</tt:Width><tt:Height>1440</tt:Height></tt:Resolution><tt:RateControl "
            'ConstantBitRate="false"><tt:FrameRateLimit>25</tt:FrameRateLimit><tt:BitrateLimit>2048</tt:BitrateLimit>'
            "</tt:RateControl></tr2:VideoEncoder>"
        )
        source = '<tr2:VideoSource token="s"><tt:SourceToken>VideoSource_1</tt:SourceToken></tr2:VideoSource>'
        audio = '<tr2:Profiles token="audio"><tr2:Name>audio</tr2:Name></tr2:Profiles>'
        main = f"<tr2:Configurations>{source}{encoder}</tr2:Configurations>"
        profile = f'<tr2:Profiles token="main" fixed="true"><tr2:Name>main</tr2:Name>{main}</tr2:Profiles>'
        return self._said("media2", "GetProfiles", audio + profile, "tr2")

    def _GetStreamUri(self) -> bytes:
        if not self._second():
            return super(Device, self).reply("GetStreamUri")
        uri = self.stream_uri or f"rtsp://{self.place}/main"
        return self._said("media2", "GetStreamUri", f"<tr2:Uri>{uri}</tr2:Uri>", "tr2")

    def _GetSnapshotUri(self) -> bytes:
        uri = f"http://{self.place}/snapshot.jpg?channel=1"
        if self._second():
            return self._said("media2", "GetSnapshotUri", f"<tr2:Uri>{uri}</tr2:Uri>", "tr2")
        inner = f'<trt:MediaUri xmlns:tt="http://www.onvif.org/ver10/schema"><tt:Uri>{uri}</tt:Uri></trt:MediaUri>'
        return self._said("media", "GetSnapshotUri", inner, "trt")

    def _snapshot(self, request: Request) -> bytes:
        if self.snapshot_login and (self.shuts or not self._digest_is_right(request)):
            self.snapshot_refused += "authorization" in request.headers
            challenge = f'WWW-Authenticate: Digest realm="cam", qop="auth", nonce="{self._nonce}", algorithm=MD5'
            return self.http(401, b"", challenge)
        moved = ["Location: http://127.66.66.66/s.jpg"] if 300 <= self.snapshot_status < 400 else []
        return self.http(self.snapshot_status, self.jpeg, *moved)

    # -- recordings

    def _GetRecordings(self) -> bytes:
        items = "".join(
            f"<trc:RecordingItem><tt:RecordingToken>{one.token}</tt:RecordingToken><tt:Configuration>"
            f"{_source(one)}</tt:Configuration></trc:RecordingItem>"
            for one in self.kept
        )
        return self._said("recording", "GetRecordings", items, "trc")

    def _FindRecordings(self) -> bytes:
        if not self.finds:
            return fault("ter:ActionNotSupported", "no search")
        token = f"search-{len(self.asked)}"
        self.searching[token] = 0
        return self._said("search", "FindRecordings", f"<tse:SearchToken>{token}</tse:SearchToken>", "tse")

    def _GetRecordingSearchResults(self) -> bytes:
        token = self._token("SearchToken")
        if token not in self.searching:
            return fault("ter:InvalidToken", "no such search")
        at = self.searching[token]
        self.searching[token] = at + self.pages
        state = "Searching" if self.endless or at + self.pages < len(self.kept) else "Completed"
        found = "".join(map(self._information, self.kept[at : at + self.pages]))
        inner = f"<tse:ResultList><tt:SearchState>{state}</tt:SearchState>{found}</tse:ResultList>"
        return self._said("search", "GetRecordingSearchResults", inner, "tse")

    def _EndSearch(self) -> bytes:
        self.searching.pop(self._token("SearchToken"), None)
        return self._said("search", "EndSearch", "<tse:Endpoint>2026-01-01T00:00:00Z</tse:Endpoint>", "tse")

    def _GetRecordingInformation(self) -> bytes:
        one = next((one for one in self.kept if one.token == self._token("RecordingToken")), None)
        if one is None:
            return fault("ter:NoRecording", "no such recording")
        return self._said("search", "GetRecordingInformation", self._information(one), "tse")

    def _information(self, one: Recorded) -> str:
        dates = ""
        if one.said is not None or (one.oldest is not None and one.newest is not None):
            first, last = one.said or (self._ago(one.oldest), self._ago(one.newest))
            dates = (
                f"<tt:EarliestRecording>{first}</tt:EarliestRecording><tt:LatestRecording>{last}</tt:LatestRecording>"
            )
        return (
            f"<tt:RecordingInformation><tt:RecordingToken>{one.token}</tt:RecordingToken>{_source(one)}{dates}"
            f"<tt:Content/><tt:RecordingStatus>{one.status}</tt:RecordingStatus></tt:RecordingInformation>"
        )

    def _ago(self, age: float | None) -> str:
        return f"{self.now() - timedelta(seconds=age or 0):%Y-%m-%dT%H:%M:%SZ}"

    def _said(self, service: str, operation: str, inner: str, prefix: str) -> bytes:
        inner = (
            inner.replace("tt:RecordingInformation", "tse:RecordingInformation") if operation.endswith("ion") else inner
        )
        spaces = f'xmlns:{prefix}="{SPACE.format(_SERVICES[service])}" xmlns:tt="http://www.onvif.org/ver10/schema"'
        return envelope(f"<{prefix}:{operation}Response {spaces}>{inner}</{prefix}:{operation}Response>")


def _source(one: Recorded) -> str:
    said = (("SourceId", one.source or f"source-{one.token}"), ("Name", one.name), ("Location", ""), ("Address", ""))
    return "<tt:Source>" + "".join(f"<tt:{name}>{escape(text)}</tt:{name}>" for name, text in said) + "</tt:Source>"
