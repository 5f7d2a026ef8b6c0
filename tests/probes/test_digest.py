"""Digest authentication against the examples of RFC 7616 (3.9.1) and RFC 2617 (3.5)."""

from __future__ import annotations

import time

import pytest

from agent.model import Secret
from agent.probes.wire import digest

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
OFFER = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    f'nonce="{NONCE}", opaque="FQhe/qaU925k"'
)
ANSWERS = {
    "MD5": "8ca523f5e9506fed4657c9700eebdbec",
    "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
}


@pytest.mark.parametrize("algorithm", ANSWERS)
def test_rfc_7616(algorithm: str) -> None:
    challenge = digest.read(OFFER.format(algorithm))
    assert challenge is not None
    said = challenge.answer("GET", "/dir/index.html", "Mufasa", Secret("Circle of Life"), 1, CNONCE)
    assert f'response="{ANSWERS[algorithm]}"' in said
    assert "nc=00000001" in said
    assert 'opaque="FQhe/qaU925k"' in said


def test_rfc_2617() -> None:
    challenge = digest.read('Digest realm="testrealm@host.com", qop="auth", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"')
    assert challenge is not None
    said = challenge.answer("GET", "/dir/index.html", "Mufasa", Secret("Circle Of Life"), 1, "0a4f113b")
    assert 'response="6629fae49393a05397450978507c4ef1"' in said


def test_the_strongest_that_can_be_met() -> None:
    offers = ['Basic realm="x"', OFFER.format("MD5"), OFFER.format("SHA-512-256"), OFFER.format("SHA-256")]
    found = digest.best(offers)
    assert found is not None
    assert found.algorithm == "SHA-256"
    assert digest.best(offers[:1]) is None


@pytest.mark.parametrize(
    "header",
    ['Basic realm="other", Digest realm="a, b c=d", nonce="n", qop="auth"',
     'Digest realm="a, b c=d",nonce="n" , qop="auth", Basic realm="other"',
     'Negotiate, Digest realm="a, b c=d", qop = "auth",nonce="n", Bearer'],
)  # fmt: skip
def test_several_challenges_in_one_header(header: str) -> None:
    found = digest.best([header])
    assert found is not None
    assert (found.realm, found.nonce, found.qop) == ("a, b c=d", "n", "auth")


def test_a_header_that_is_none_takes_no_time() -> None:
    begun = time.perf_counter()
    for piece in ('"', 'a="', '",', "a ", "Digest ", 'Digest a="\\', ","):
        digest.best([piece * 20_000])
    assert time.perf_counter() - begun < 0.5


@pytest.mark.parametrize(
    "header",
    ["", "Digest", "Basic realm=x", 'Digest realm="x"', 'Digest nonce="a", qop="auth-int"', 'Digest nonce="a\nb"',
     'Digest nonce="a", algorithm=NONE', 'Digest realm="\ufffd", nonce="a"'],
)  # fmt: skip
def test_what_cannot_be_met(header: str) -> None:
    assert digest.read(header) is None


def test_quotes_do_not_break_out() -> None:
    challenge = digest.read('Digest realm="a\\"b", nonce="n", stale=TRUE')
    assert challenge is not None
    assert (challenge.realm, challenge.stale, challenge.qop) == ('a"b', True, "")
    said = challenge.answer("GET", "/", 'x", uri="/y', Secret("p"), 1, "c")
    assert 'username="x\\", uri=\\"/y"' in said
    assert 'realm="a\\"b"' in said
