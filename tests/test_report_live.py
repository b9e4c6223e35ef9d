"""`--watch` serves the growing page to this machine alone; `--tensorboard` writes event files or says what it needs."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelwright.api import request_for
from modelwright.cli import run as command
from modelwright.run.events import Started
from modelwright.run.start import start
from modelwright.verbs import board as boards
from modelwright.verbs.board import Board
from modelwright.verbs.live import Live
from reports import _rows, browser_or_skip


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    _rows(200).drop("z").write_csv(path)
    return path


def running(csv: Path, live: Live) -> Iterator[object]:
    """Yield the events of a run after `live` has been told of them."""
    for event in start(request_for(str(csv), target="y", overrides=["train.epochs=6"]), csv.parent / "runs", "rows"):
        live.tell(event)
        yield event


def fetched(live: Live, path: str = "", host: str = "") -> str:
    request = urllib.request.Request(live.address + path, headers={"Host": host} if host else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()


def test_the_page_grows_and_ends_as_the_report(csv: Path) -> None:
    live = Live()
    seen: list[int] = []
    page = path = None
    for event in running(csv, live):
        if isinstance(event, Started):
            path = event.path
            page = fetched(live)
            assert "connect-src 'self'" in page and 'id="live"' in page
        if isinstance(event, dict):
            state = json.loads(fetched(live, "state.json"))
            seen.append(len(state["plots"]["loss"][0]["traces"][0]["x"]) if "loss" in state["plots"] else 0)
            assert not state["finished"] and f"{event['epoch']} of 6" in state["words"]
    assert seen == [0, 0, 3, 4, 5, 6]
    assert path is not None and page is not None
    fetched(live, "state.json")  # as an open page does once a second
    closing = threading.Thread(target=live.close, args=(path,))
    closing.start()
    while live.finished is None:
        pass
    assert fetched(live) == (path / "report.html").read_text("utf-8")
    closing.join()
    with pytest.raises(urllib.error.URLError):
        fetched(live)


def test_only_this_machine_gets_only_the_page(csv: Path) -> None:
    live = Live()
    for event in running(csv, live):
        if isinstance(event, Started):
            assert live.address.startswith("http://127.0.0.1:")
            for path, host, code in (("", "evil.example", 403), ("../rows.csv", "", 404), ("plan.json", "", 404)):
                with pytest.raises(urllib.error.HTTPError) as found:
                    fetched(live, path, host)
                assert found.value.code == code
                found.value.close()
    live.close()


def test_a_browser_that_watches_sees_new_epochs(csv: Path) -> None:
    live = Live()
    with browser_or_skip() as browser:
        for event in running(csv, live):
            if isinstance(event, dict) and event["epoch"] == 3:
                browser.open(live.address)
                browser.wait_until("document.documentElement.dataset.figures === 'drawn'")
                browser.wait_until("document.querySelector('[data-plot=\"loss#0\"]').data[0].x.length === 3")
            if isinstance(event, dict) and event["epoch"] == 5:
                browser.wait_until("document.querySelector('[data-plot=\"loss#0\"]').data[0].x.length === 5")
                assert "5 of 6 epochs" in browser.evaluate("document.getElementById('live').textContent")
        said = [e["params"] for e in browser.events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")]
    live.close()
    assert said == []


def test_the_command_says_where_to_look(
    csv: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(csv.parent)
    assert command(["train", str(csv), "--target", "y", "train.epochs=2", "--watch", "--json"]) == 0
    found = capfd.readouterr()
    assert found.err.startswith("watch  http://127.0.0.1:") and json.loads(found.out)["run"] == "runs/rows-1"


def test_without_tensorboard_nothing_is_trained(
    csv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(boards, "find_spec", lambda _: None)  # it is installed for the test below
    monkeypatch.chdir(csv.parent)
    assert command(["train", str(csv), "--target", "y", "--tensorboard"]) == 1
    found = capsys.readouterr().err
    assert "error[R008]" in found and "pip install tensorboard" in found
    assert not Path("runs").exists()


def test_event_files_hold_the_metrics(csv: Path) -> None:
    from tensorboard.backend.event_processing import event_accumulator as accumulator  # half a second to import

    board, history, path = Board(), [], csv.parent
    for event in start(request_for(str(csv), target="y", overrides=["train.epochs=4"]), csv.parent / "runs", "rows"):
        board.tell(event)
        if isinstance(event, Started):
            path = event.path
        if isinstance(event, dict):
            history.append(event)
    board.close()
    found = accumulator.EventAccumulator(str(path / "tensorboard")).Reload()
    for name in ("loss", "validation_loss", "lr"):
        told = [(each.step, each.value) for each in found.Scalars(name)]
        assert told == [(record["epoch"], pytest.approx(record[name], rel=1e-6)) for record in history]
