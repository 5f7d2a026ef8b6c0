"""The front page in a real browser: it runs under its own content policy, counts down, and renews itself."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.metrics.campus import campus, school
from tests.web.serving import served
from tests.web.test_pages import fallen

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr", "--v=0",
)  # fmt: skip


async def browse(address: str, folder: Path, *options: str) -> tuple[str, str]:
    """What Chromium writes: the page as it stands after its scripts ran, and its log."""
    found = shutil.which("chromium")
    if found is None:
        message = "needs chromium, from the Debian package of that name"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    profile = folder / "profile"
    process = await asyncio.create_subprocess_exec(
        found or "", *OPTIONS, f"--user-data-dir={profile}", *options, address,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return out.decode(errors="replace"), err.decode(errors="replace")


@pytest.mark.net
async def test_a_browser_counts_down_and_breaks_no_policy(tmp_path: Path) -> None:
    async with campus(tmp_path, school(2)) as c, served(c) as address:
        await fallen(c)
        page, log = await browse(f"{address}/?lang=en", tmp_path, "--virtual-time-budget=3500", "--dump-dom")
        assert "Content Security Policy" not in log and "Uncaught" not in log, log
        assert "1 out of order" in page and 'id="offline" role="alert" hidden' in page
        # Opened some 20 seconds ago with half an hour to go: the browser has counted on.
        first = re.search(r'class="count" data-due="\d+">(\d+):(\d\d)<', page)
        assert first is not None and int(first[1]) in (28, 29)


@pytest.mark.net
async def test_nothing_is_wider_than_a_phone(tmp_path: Path) -> None:
    """The page says so itself: a script of the test's own cannot run under its policy."""
    async with campus(tmp_path, school(40)) as c, served(c) as address:
        await fallen(c)
        picture = tmp_path / "page.png"
        await browse(f"{address}/", tmp_path, "--window-size=360,800", f"--screenshot={picture}")
        data = picture.read_bytes()
        assert data.startswith(b"\x89PNG") and int.from_bytes(data[16:20], "big") == 360
