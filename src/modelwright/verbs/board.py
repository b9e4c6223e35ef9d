"""`--tensorboard`: the records of the epochs as TensorBoard event files, written by torch's own writer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError
from modelwright.run import events
from modelwright.run.events import Event

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

FOLDER = "tensorboard"


class Board:
    """Writes one event file a run, in `tensorboard/` of its folder. RunError R008 without TensorBoard."""

    def __init__(self) -> None:
        self.writer: SummaryWriter | None = None
        if find_spec("tensorboard") is None:
            raise RunError(
                Diagnostic(
                    code="R008",
                    severity="error",
                    message="event files are written by the package `tensorboard`, which is not installed",
                    help="pip install tensorboard",
                )
            )

    def tell(self, event: Event) -> None:
        """Take one event of the run."""
        match event:
            case events.Started(path, resumed_at):
                from torch.utils.tensorboard.writer import SummaryWriter

                self.close()
                # Records after the checkpoint were written by the run that was killed; they come a second time.
                self.writer = SummaryWriter(str(path / FOLDER), purge_step=resumed_at + 1 if resumed_at else None)
            case dict():
                assert self.writer is not None
                for name, value in scalars(event):
                    self.writer.add_scalar(name, value, event["epoch"])
            case _:
                pass

    def close(self) -> None:
        """Flush and close the file."""
        if self.writer is not None:
            self.writer.close()


def scalars(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of a record by their path: `loss`, `layers/0/gradient`; the epoch itself is the step.

    >>> list(scalars({"epoch": 1, "loss": 0.5, "best": True, "layers": {"0": {"update": 0.1}}}))
    [('loss', 0.5), ('layers/0/update', 0.1)]
    """
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from scalars(value, f"{prefix}{name}/")
        elif isinstance(value, int | float) and not isinstance(value, bool) and name != "epoch":
            yield f"{prefix}{name}", float(value)
