"""A slow machine: pages whose processor takes several times as long and whose frames come late, and answers that come late by chance. It
finds tests, and pages, that rely on being fast."""

import asyncio
import random
from typing import Final

from playwright.sync_api import Page
from starlette.types import ASGIApp, Receive, Scope, Send

LATEST_S: Final = 0.3
_LATE_FRAMES: Final = """
    const request = window.requestAnimationFrame.bind(window);
    const cancel = window.cancelAnimationFrame.bind(window);
    const timers = new Map();
    window.requestAnimationFrame = (callback) => {
        const timer = setTimeout(() => timers.set(timer, request(callback)), Math.random() * 300);
        timers.set(timer, null);
        return timer;
    };
    window.cancelAnimationFrame = (timer) => {
        clearTimeout(timer);
        cancel(timers.get(timer));
    };
"""


def slow_down(page: Page, factor: float) -> None:
    """Lets the processor of a page take so many times as long, and those who wait for its next frame wait longer."""
    page.add_init_script(_LATE_FRAMES)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": factor})


def answering_late(app: ASGIApp) -> ASGIApp:
    """The application, whose API answers each request a while later, by chance."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            await asyncio.sleep(random.uniform(0, LATEST_S))
        await app(scope, receive, send)

    return answer
