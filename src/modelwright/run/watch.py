"""What a running training is watched for, so that its report can tell of it: weights of epochs, and seconds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelwright.data.machine import give_back
from modelwright.report.track import Track
from modelwright.training.trainer import Trainer

if TYPE_CHECKING:
    from modelwright.evaluate.result import Result
    from modelwright.run.assemble import Assembly
    from modelwright.run.folder import Folder


class Watch:
    """Looks at a training without touching it. `encode`: seconds that fitting, encoding and building took."""

    def __init__(self, trainer: Trainer, encode: float) -> None:
        self.trainer, self.encode = trainer, encode
        self.track = Track.of(trainer.model)
        self.inside = 0.0
        self.before = 0

    def begin(self, folder: Path, resumed: bool) -> None:
        """Keep the weights that training begins with, or take up those of the run that is resumed."""
        self.before = len(self.trainer.history)
        if resumed:
            self.track.load(folder, self.before)
        else:
            self.track.see(0, self.trainer.model)

    def look(self, event: Any, seconds: float) -> None:
        """Take one event of the trainer, and the seconds that it took to come."""
        self.inside += seconds
        if isinstance(event, dict):
            self.track.see(len(self.trainer.history), self.trainer.model)

    def report(self, assembly: Assembly, folder: Folder, result: Result, seconds: Mapping[str, float]) -> None:
        """Write the report of the run that has ended."""
        from modelwright.run.report import report_run

        give_back()
        epochs = len(self.trainer.history) - self.before
        read = assembly.prepared.dataset.seconds
        told = {"read": read, **seconds}
        report_run(assembly, folder, result, self.track, told, self.inside, self.encode, epochs)
