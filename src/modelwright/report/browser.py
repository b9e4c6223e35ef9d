"""A headless Chromium driven through pipes (Chrome DevTools Protocol): for figures as PNG files, and for the tests."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "brave-browser",
)
FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
SECONDS = 60.0
# The browser reads from descriptor 3 and writes to 4; they are moved out of each other's way first.
LAUNCH = (
    "import os, sys, fcntl\n"
    "into, out = (fcntl.fcntl(int(one), fcntl.F_DUPFD_CLOEXEC, 10) for one in sys.argv[1:3])\n"
    "os.dup2(into, 3)\nos.dup2(out, 4)\nos.execv(sys.argv[3], sys.argv[3:])\n"
)


def find() -> str | None:
    """Return the first browser of Chromium's kind on the path; None where there is none, or no pipes for it."""
    if os.name != "posix":
        return None
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def needed(what: str) -> RunError:
    """Return the error for a machine without such a browser."""
    return RunError(
        Diagnostic(
            code="R008",
            severity="error",
            message=f"{what} are drawn by a browser, and there is none on this machine",
            expected=f"one of {', '.join(NAMES)} on the path (Linux or macOS)",
            help="apt-get install chromium",
        )
    )


class Browser:
    """One browser with one page. Events of the page are kept in `events` as they come.

    Raises RunError R008 where there is no browser, TimeoutError where it does not answer.
    """

    def __init__(self, program: str | None = None) -> None:
        found = program or find()
        if found is None:
            raise needed("figures")
        self._home = tempfile.TemporaryDirectory(prefix="modelwright-browser-", ignore_cleanup_errors=True)
        into, self._write = os.pipe()
        self._read, out = os.pipe()
        flags = [*FLAGS, f"--user-data-dir={self._home.name}", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        quiet: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        launch = [sys.executable, "-I", "-S", "-c", LAUNCH, str(into), str(out), found, *flags]
        self._process = subprocess.Popen(launch, pass_fds=(into, out), **quiet)
        os.close(into)
        os.close(out)
        self.events: list[dict[str, Any]] = []
        self._left = b""
        self._number = 0
        self._session: str | None = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the browser and remove what it wrote."""
        for descriptor in (self._write, self._read):
            os.close(descriptor)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._home.cleanup()

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and return its result; RuntimeError where the browser refuses it."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        until = time.monotonic() + SECONDS
        while True:
            answer = self._receive(until)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error'].get('message')}")
                return answer["result"]
            self.events.append(answer)

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression in the page; promises are waited for."""
        found = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"].get("exception", {}).get("description")))
        return found["result"].get("value")

    def open(self, path: Path | str) -> None:
        """Open a page (a file or an address) and wait until it is loaded."""
        address = path if isinstance(path, str) else path.resolve().as_uri()
        self.events = [event for event in self.events if event.get("method") != "Page.loadEventFired"]
        self.send("Page.navigate", url=address)
        self.wait_for("Page.loadEventFired")

    def wait_for(self, method: str) -> None:
        """Wait for an event of the page."""
        until = time.monotonic() + SECONDS
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._receive(until))

    def wait_until(self, script: str, seconds: float = SECONDS) -> None:
        """Wait until an expression in the page is true."""
        until = time.monotonic() + seconds
        while not self.evaluate(script):
            if time.monotonic() > until:
                raise TimeoutError(f"the page never came to: {script}")
            time.sleep(0.02)

    def size(self, width: int, height: int, scale: float = 1.0) -> None:
        """Set the size of the window in CSS pixels, and how many of the screen make one."""
        mobile = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **mobile)

    def screenshot(self, clip: dict[str, float] | None = None, quality: int | None = None) -> bytes:
        """Return a PNG (a JPEG, with `quality`) of the window, or of a part of the page: x, y, width and height."""
        import base64

        kind: dict[str, Any] = {"format": "png"} if quality is None else {"format": "jpeg", "quality": quality}
        if clip is not None:
            kind |= {"clip": {**clip, "scale": 1}, "captureBeyondViewport": True}
        return base64.b64decode(self.send("Page.captureScreenshot", **kind)["data"])

    def _receive(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._left:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._read], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self._read, 1 << 16)
            if not part:
                raise TimeoutError("the browser has ended")
            self._left += part
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)
