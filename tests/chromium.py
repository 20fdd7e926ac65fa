"""Debian's Chromium without a screen, for which no host exists but this one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PATH = "/usr/bin/chromium"
# The browser's own address line is a web page, whose start takes a second of a core just when ours is opened: it stays
# out. (The flag replaces Playwright's, so what tests need of that is said again.)
WITHOUT = [
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "PreloadTopChromeWebUI"),
    *("AimEnabled", "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades"),
    *("LensOverlay", "MediaRouter", "OptimizationHints", "PaintHolding", "ThirdPartyStoragePartitioning"),
]
ARGUMENTS = [
    f"--disable-features={','.join(WITHOUT)}",
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-sync", "--disable-component-update", "--disable-dev-shm-usage"),
    # Other hosts are cut off by the resolver: to intercept requests would switch the browser's cache off.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A module's own, since Playwright keeps an event loop that other tests must not find running."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=PATH, args=ARGUMENTS)
        yield started
        started.close()
