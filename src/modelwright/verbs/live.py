"""`--watch`: the page of a run while it trains, served to this machine alone."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright.plan.plan import Plan
from modelwright.run import events
from modelwright.run.events import Event
from modelwright.run.folder import CHECKS, SPLIT, Folder
from modelwright.spec.own import is_own
from modelwright.training.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelwright.model.trace import LayerTrace

HOST = "127.0.0.1"
ASKED = 3.0  # seconds since a page asked last, within which somebody looks
FAREWELL = 5.0  # seconds that an open page has to fetch the finished report


class Live:
    """A server for one command; it begins when the first run does. `tell` takes the events of the run."""

    def __init__(self) -> None:
        self.plan: Plan | None = None
        self.layers: Sequence[LayerTrace] = ()
        self.folder: Folder | None = None
        self.history: list[dict[str, Any]] = []
        self.words = "The run has begun."
        self.finished: Path | None = None
        self.asked = 0.0
        self.taken = threading.Event()
        self.server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        """Where the page is."""
        assert self.server is not None
        return f"http://{HOST}:{self.server.server_address[1]}/"

    def tell(self, event: Event) -> None:
        """Take one event of the run."""
        match event:
            case events.Planned(plan, _):
                from modelwright.model.trace import trace

                # Here, before the training: this draws random numbers and puts them back, which no thread may do later.
                self.plan, self.layers = plan, () if is_own(plan.layers[0]) else trace(plan, device="cpu")
            case events.Started(path, resumed_at):
                from modelwright.run.evidence import history

                self.folder, self.history = Folder(path), history(Folder(path))[:resumed_at]
                if self.server is None:
                    self._open()
                    print(f"watch  {self.address}", file=sys.stderr, flush=True)
            case Progress():
                self.words = (
                    f"Epoch {event.epoch + 1:,} of {self._epochs:,}, batch {event.batch:,} of {event.batches:,}"
                )
            case dict():
                self.history.append(event)
                self.words = f"{event['epoch']:,} of {self._epochs:,} epochs are done; loss {event['loss']:.4g}."
            case _:
                pass

    def close(self, finished: Path | None = None) -> None:
        """End the server; where a page is open it first fetches the report of the run that is `finished`."""
        if self.server is None:
            return
        if finished is not None and (finished / "report.html").exists():
            self.finished = finished
            if time.monotonic() - self.asked < ASKED:
                self.taken.wait(FAREWELL)
        self.server.shutdown()
        self.server.server_close()

    @property
    def _epochs(self) -> int:
        return 0 if self.plan is None else self.plan.train.epochs

    def _open(self) -> None:
        live = self

        class Handler(BaseHTTPRequestHandler):
            """Answers the page and what is new; nothing else, and to no page of another name (DNS rebinding)."""

            def do_GET(self) -> None:
                known = {f"{name}:{live.port}" for name in (HOST, "localhost")}
                if self.headers.get("Host") not in known:
                    self.send_error(403)
                elif self.path == "/":
                    self._send("text/html; charset=utf-8", live.page())
                elif self.path == "/state.json":
                    self._send("application/json", live.state())
                else:
                    self.send_error(404)

            def _send(self, kind: str, content: str) -> None:
                data = content.encode()
                self.send_response(200)
                for name, value in (("Content-Type", kind), ("Content-Length", str(len(data)))):
                    self.send_header(name, value)
                self.send_header("Cache-Control", "no-store")
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                self.wfile.write(data)
                if live.finished is not None and kind.startswith("text/html"):
                    live.taken.set()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: the terminal shows the run."""

        self.server = ThreadingHTTPServer((HOST, 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def port(self) -> int:
        """The port that the system chose."""
        assert self.server is not None
        return int(self.server.server_address[1])

    def page(self) -> str:
        """Return the page as it is now: the report once the run is finished."""
        if self.finished is not None:
            return (self.finished / "report.html").read_text("utf-8")
        from modelwright.report.page import report_html

        return report_html(self._report())

    def state(self) -> str:
        """Return what an open page needs to renew itself: words, and the plots of its figures."""
        from modelwright.report.blocks import from_json
        from modelwright.report.page import plots

        self.asked = time.monotonic()
        if self.finished is not None:
            return json.dumps({"words": "The run has ended.", "finished": True})
        sections = [one for chapter in self._report()["chapters"] for one in chapter["sections"]]
        blocks = [from_json(block) for section in sections for block in section["blocks"]]
        figures = plots(blocks)
        told = {"words": self.words, "finished": False, "blocks": " ".join(figures), "plots": figures}
        return json.dumps(told, allow_nan=False)

    def _report(self) -> dict[str, Any]:
        from modelwright.report.build import build
        from modelwright.report.evidence import Evidence

        assert self.plan is not None and self.folder is not None
        kept = {
            name: self.folder.read_json(file)
            for name, file in (("checks", CHECKS), ("split", SPLIT))
            if (self.folder.path / file).exists()
        }
        run, history = str(self.folder.path), list(self.history)
        return build(Evidence(run=run, plan=self.plan, history=history, layers=self.layers, running=True, **kept))
