"""A real Chromium against a live server; anything it complains about fails the test."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from pytest_django.live_server_helper import LiveServer

from governance.models import User
from tests.builders import signin

AXE = (Path(__file__).parents[1] / "vendor/axe.min.js").read_text()
# Colors fade when the scheme is turned: axe looks at what they end at.
AUDIT = """async () => {
  const fading = document.getAnimations().filter(
    one => one.effect.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(fading.map(one => one.finished));
  return axe.run(document, {resultTypes: ['violations']});
}"""
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Return the browser of $CHROMIUM, of PATH, or of macOS."""
    named = os.environ.get("CHROMIUM")
    found = named or shutil.which("chromium") or shutil.which("google-chrome")
    return found or (MAC if Path(MAC).exists() else None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("no chromium: set CHROMIUM=<path>")
    # Chromium's own sandbox needs user namespaces, which root does not get.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        # The driver keeps an event loop in this thread; Django then takes it for async code.
        before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        running = playwright.chromium.launch(executable_path=program, args=FLAGS + root)
        yield running
        running.close()
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Visit:
    """One page, and everything that went wrong on it."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._asked)

    def go(self, path: str) -> None:
        answer = self.page.goto(self.origin + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"

    def sign_in(self, user: User) -> None:
        """Come as somebody who has proven both factors; test_signing_in goes through the pages."""
        cookie = signin.proven(user).cookies[settings.SESSION_COOKIE_NAME].value
        self.page.context.clear_cookies()
        self.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": self.origin}]
        )
        self.go("/")

    def axe(self) -> list[str]:
        """Return what axe finds on the page as it stands."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE)
        found = self.page.evaluate(AUDIT)
        return [
            f"{violation['id']}: {node['html'][:120]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.complaints.append(f"foreign: {request.url}")


@pytest.fixture
def live(live_server: LiveServer) -> str:
    """Return the server's address under a name: WebAuthn takes no numbers."""
    return str(live_server.url).replace("127.0.0.1", "localhost")


@pytest.fixture
def visit(browser: Browser, live: str, transactional_db: None) -> Iterator[Visit]:
    signin.forget_limits()
    context = browser.new_context(reduced_motion="reduce")
    visit = Visit(context.new_page(), live)
    visit.watch()
    yield visit
    context.close()
    assert visit.complaints == []


@pytest.fixture
def second(browser: Browser, visit: Visit) -> Iterator[Visit]:
    """Another browser, of a colleague."""
    context = browser.new_context(reduced_motion="reduce")
    other = Visit(context.new_page(), visit.origin)
    other.watch()
    yield other
    context.close()
    assert other.complaints == []


@pytest.fixture
def faces(visit: Visit) -> Callable[[], list[str]]:
    """Run axe light and dark, wide and on a phone, and look for sideways scrolling."""

    def check() -> list[str]:
        found = []
        for width in (1440, 390):
            for scheme in ("light", "dark"):
                visit.page.set_viewport_size({"width": width, "height": 900})
                visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                found += [f"{width} {scheme} {line}" for line in visit.axe()]
            wide = visit.page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                found.append(f"{width}: the page is {wide} wide")
        return found

    return check


def code_again(secret: str) -> str:
    """Return a code that is taken although it was used: whoever tests something else waits not."""
    signin.forget_limits()
    return signin.fresh_totp(secret)


def next_code(visit: Visit, secret: str) -> str:
    """Wait, as a person does, until the app shows another code: at most 30 seconds."""
    shown = signin.totp(secret)
    while (code := signin.totp(secret)) == shown:
        visit.page.wait_for_timeout(200)
    return code
