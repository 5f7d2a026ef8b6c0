"""Vendor, kind and model by a box's own words: sysObjectID, sysDescr, an ONVIF scope. Tables and their readers. Pure.

Enterprise numbers: IANA. The words are those of real boxes; the profiles of `agent.probes.profiles` know more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

VENDORS: Mapping[int, str] = {
    9: "Cisco", 11: "HPE", 171: "D-Link", 311: "Microsoft", 318: "APC", 368: "Axis", 674: "Dell", 890: "Zyxel",
    1588: "Brocade", 1916: "Extreme", 1991: "Ruckus", 2011: "Huawei", 2435: "Brother", 2636: "Juniper",
    3808: "CyberPower", 3902: "ZTE", 3955: "Linksys", 4413: "Ubiquiti", 4526: "NETGEAR", 4881: "Ruijie",
    5491: "Riello", 5651: "Maipu", 6027: "Dell", 6339: "DCN", 6486: "Alcatel-Lucent", 6527: "Nokia", 6530: "2N",
    6574: "Synology", 10002: "Ubiquiti", 11863: "TP-Link", 12356: "Fortinet", 14179: "Cisco", 14823: "Aruba",
    14988: "MikroTik", 17713: "Cambium", 24681: "QNAP", 25053: "Ruckus", 25506: "H3C", 30065: "Arista",
    34368: "Barix", 35047: "Sangfor", 36849: "Hanwha", 39165: "Hikvision", 41112: "Ubiquiti", 47196: "Aruba",
    50001: "Hikvision", 52642: "FS", 1004849: "Dahua",
}  # fmt: skip

_SPOKEN: Sequence[tuple[str, str]] = (
    (r"hik ?vision|海康|\bi?ds-[27]", "Hikvision"), (r"dahua|大华|\bdh-|\bdhi-|ipc-h[df]", "Dahua"),
    (r"uniview|宇视|\bunv\b", "Uniview"), (r"\bh3c\b|华三", "H3C"), (r"huawei|华为|futurematrix", "Huawei"),
    (r"ruijie|锐捷|reyee", "Ruijie"), (r"zte|中兴|zxr10", "ZTE"),
    (r"tp-?link|普联|omada|jetstream", "TP-Link"), (r"\bcisco\b", "Cisco"), (r"aruba", "Aruba"),
    (r"\baxis\b", "Axis"), (r"mikrotik|routeros", "MikroTik"), (r"ubiquiti|unifi", "Ubiquiti"),
    (r"ruckus", "Ruckus"), (r"maipu|迈普", "Maipu"), (r"tiandy|天地伟业", "Tiandy"),
    (r"sangfor|深信服", "Sangfor"), (r"\bhpe?\b|procurve", "HPE"), (r"samsung|hanwha|wisenet", "Hanwha"),
    (r"\b2n\b", "2N"), (r"barix", "Barix"),
)  # fmt: skip

_KINDS: Sequence[tuple[str, str]] = (
    ("ups", r"\bups\b|uninterruptible|netman|network management card|smart-ups"),
    ("recorder", r"\bnvr|\bdvr|\bxvr|\bhcvr|network video recorder|hikvision company products|\bi?ds-[79][67]\d"),
    ("amplifier", r"speaker|ip force|helios|barix|amplifier|network audio|audio module|intercom"),
    ("camera", r"network camera|ip camera|ipcam|\bipc\b|ptz|dome|video encoder|\bds-2[a-z]{2}|ipc-h[df]"),
    ("controller", r"wireless controller|wlan controller|access controller|zonedirector|smartzone|arubamc|\bwlc\b"
                   r"|\bac6\d{3}|\bacu2|model: ?aruba7\d{3}|\brg-ws\d{4}|\bwx\d{4}|mobility controller|\bwac\b"),
    ("ap", r"access point|\buap\b|\bu[67]-|\bwap\d{3}|\brg-ap\d|\bairengine|\bap\d{3,4}|unifi ap|\bwa\d{4}"),
    ("switch", r"\bcrs\d|\bcss\d|\bus-\d|\busw\b|edgeswitch"),
    ("terminal", r"thin client|zero client|pcoip|teradici"),
    ("gateway", r"firewall|\busg\d|secpath|\bngfw|fortigate|\brg-eg|\brg-nbr|\brouter\b|\bar\d{3,4}|\bmsr\d|\brouteros"
                r"|gateway|hisecengine"),
    ("switch", r"switch|ios software|\bws-c\d"
               r"|\bswch|\bs\d{4}|comware|\bce\d{4}|catalyst|zxr10|jetstream|procurve|arubaos-cx|cbs\d{3}|\bsg\d"
               r"|versatile routing|yunshan"),
    ("server", r"\blinux\b|windows|vmware|esxi|freebsd|hardware: x86|diskstation"),
)  # fmt: skip
"""In this order: an 'Access Controller' is no access point, a 'Network Camera' on Linux no server."""

_SURE: Sequence[tuple[str, str]] = (
    ("14823.1.1", "controller"), ("14823.1.2", "ap"), ("2011.6.174", "ups"), ("318", "ups"), ("3808", "ups"),
    ("5491", "ups"), ("50001", "recorder"), ("39165", "camera"), ("6530", "amplifier"), ("14179", "controller"),
    ("311.1.1.3.1.1", "terminal"), ("34368", "amplifier"),
)  # fmt: skip
_LIKELY: Sequence[tuple[str, str]] = (
    ("25053", "ap"), ("41112", "ap"), ("10002", "ap"), ("17713", "ap"), ("25506", "switch"), ("4881", "switch"),
    ("2011", "switch"), ("9", "switch"), ("3902", "switch"), ("11863", "switch"), ("6339", "switch"),
    ("5651", "switch"), ("47196", "switch"), ("4413", "switch"), ("35047", "gateway"), ("12356", "gateway"),
    ("368", "camera"), ("1004849", "camera"), ("36849", "camera"), ("8072", "server"), ("311", "server"),
)  # fmt: skip
"""Beginnings of sysObjectID behind 1.3.6.1.4.1, and the kind: what it is for sure; what it is unless words say more."""

_MODELS: Sequence[str] = (
    r"\(MODEL: ?([\w.-]+)\)", r"; AXIS ([\w-]+);", r"\bMN:([\w-]+)",
    r"\bH3C ((?:S|WX|MSR|SecPath|WA|ER)[\w-]*\d[\w-]*)",
    r"\bHP (?:FF )?([A-Z]?\d[\w-]+)", r"\bAruba \w+ (\w+ \w+)",
    r"\(((?:RG-|S|AR|USG|AC|AP|CE|C|WS-C|WAP|EG|NBR)[\w.+-]*\d[\w.+-]*)\)",
    r"\b((?:DS-|DH-|DHI-|iDS-|IPC-|NVR)[\w/-]*\d[\w/-]*)", r"\b(CBS\d[\w-]+|SG\d[\w-]+|RG-[\w-]*\d[\w-]*)",
    r"\bHUAWEI ([A-Z]+\d[\w-]+)",
    r"\b(S\d{4}[\w-]*|CE\d{4}[\w-]*|ZXR10 [\w-]+|DGS-[\w/-]+|UPS\d+\w*)", r"^([A-Z]{2,4}-\d[\w-]*)",
)  # fmt: skip


_NOWHERE = re.compile(
    r"unknown|none|not set|default( location)?|location|sitting on the dock of the bay|china|0|-"
    r"|(hangzhou|shenzhen|beijing|chengdu|fuzhou)[, ]*(p\.? ?r\.? ?)?(china)?\.?|(country|city|province)\b.*",
    re.IGNORECASE,
)
"""Where boxes stand that nobody has told: sysLocation as net-snmp, Comware and VRP come with it, ONVIF scopes."""


def room_of(location: str) -> str:
    """The place that a person has given; "" for what the maker put there."""
    return "" if _NOWHERE.fullmatch(location.strip()) else location


def vendor_of(object_id: str, *words: str) -> str:
    """By the enterprise number of sysObjectID, else by what the box says; "" when neither tells."""
    number = re.match(r"\.?1\.3\.6\.1\.4\.1\.(\d{1,10})\b", object_id)
    known = VENDORS.get(int(number[1]), "") if number else ""
    if known == "H3C" and re.search(r"\bHP(E)?\b", " ".join(words)):
        return "HPE"
    return known or _spoken(" ".join(words))


def _spoken(text: str) -> str:
    return next((vendor for pattern, vendor in _SPOKEN if re.search(pattern, text, re.IGNORECASE)), "")


def kind_of(object_id: str, *words: str) -> str:
    """A kind of `agent.model.KINDS`, "" when nothing tells. Words first: one number covers a maker's whole range."""
    text = " ".join(words)
    sure = _by_number(object_id, _SURE)
    if sure:
        return sure
    said = next((kind for kind, pattern in _KINDS if re.search(pattern, text, re.IGNORECASE)), "")
    return _by_number(object_id, _LIKELY) or said if said in ("", "server") else said


def _by_number(object_id: str, table: Sequence[tuple[str, str]]) -> str:
    number = object_id.lstrip(".").removeprefix("1.3.6.1.4.1.") + "."
    return next((kind for prefix, kind in table if number.startswith(f"{prefix}.")), "")


def model_of(*words: str) -> str:
    """The maker's name of the model, "" when the words hold none."""
    text = " ".join(words)
    for pattern in _MODELS:
        found = re.search(pattern, text)
        if found:
            return found[1].strip()
    return ""
