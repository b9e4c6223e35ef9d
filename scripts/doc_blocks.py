"""The fenced blocks of the pages: read from Markdown, run in order in a copy of what a reader has, and compared.

What a fence says after its three backticks:

    sh                commands of bash; the working directory goes on to the next block; `exit=1` where failure is meant
    python            run in one process a page, names go on to the next block
    yaml              a description, or a part of one; `# name.yaml` in its first line writes it to that file;
                      `wrong` where it is one that is refused
    text              what the block before prints; a line `…` stands for any lines
    text measured     the same, but numbers may be others: times, and scores that depend on the processor

Every block of PAGES runs: there is no way to show one that does not.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md",
    "docs/README.md",
    "docs/getting-started.md",
    "docs/descriptions.md",
    "docs/checks.md",
    "docs/your-own-code.md",
    "docs/model-file.md",
    "docs/export.md",
    "docs/pictures.md",
    "docs/contrastive.md",
    "docs/scores.md",
    "docs/report.md",
    "docs/series.md",
    "docs/texts.md",
    "docs/gan.md",
    "docs/contributing.md",
    "examples/penguins/README.md",
    "examples/housing/README.md",
    "examples/airline/README.md",
    "examples/own-cnn/README.md",
    "examples/messages/README.md",
    "examples/digits/README.md",
    "examples/gan/README.md",
    "examples/contrastive-digits/README.md",
)
FENCE = re.compile(r"^(`{3,})([^`\n]*)\n(.*?)^\1`*[ \t]*$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"(?<!\w)[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
ONLY_LONG = re.compile(r", \d+% of it the steps alone")  # said of trainings of a second or more
ANYTHING = "…"
SECONDS = 300


class PageError(Exception):
    """A block does not do what its page says; the message begins with page and line."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: the words after the fence, the text inside, and where that begins in the page."""

    page: str
    line: int
    words: tuple[str, ...]
    text: str
    start: int

    @property
    def language(self) -> str:
        """The first word, or nothing."""
        return self.words[0] if self.words else ""

    @property
    def exit_code(self) -> int:
        """The exit status that a block of commands is to end with."""
        return next((int(word.removeprefix("exit=")) for word in self.words if word.startswith("exit=")), 0)

    def error(self, message: str) -> PageError:
        """Return an error that says where it is."""
        return PageError(f"{self.page}:{self.line}: {message}")


def blocks(page: str, text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page in order."""
    for found in FENCE.finditer(text):
        yield Block(page, text.count("\n", 0, found.start()) + 1, tuple(found[2].split()), found[3], found.start(3))


def same(expected: str, found: str, *, measured: bool = False) -> bool:
    """Say whether a command prints what the page shows.

    >>> same("a 1\\n…\\nb", "a 1\\nx\\ny\\nb"), same("a 1", "a 2"), same("a 1.5 s", "a 12 s", measured=True)
    (True, False, True)
    """
    wanted, got = _lines(expected, measured), _lines(found, measured)
    pattern = "".join(r"(?:.*\n)*?" if line == ANYTHING else re.escape(line) + "\n" for line in wanted)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in got)) is not None


def _lines(text: str, measured: bool) -> list[str]:
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    if measured:  # columns move with the width of their numbers
        lines = [re.sub(r"\s+", " ", NUMBER.sub("#", ONLY_LONG.sub("", line))) for line in lines]
    return lines


class Session:
    """What a reader has: a fresh clone with its .venv, one shell and one Python."""

    def __init__(self, folder: Path) -> None:
        self.clone = folder / "modelwright"
        self.clone.mkdir()
        shutil.copytree(
            ROOT / "examples", self.clone / "examples", ignore=shutil.ignore_patterns("__pycache__", "runs")
        )
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.clone / name)
        self._installed(self.clone / ".venv")
        self.folder = self.clone
        self.names: dict[str, Any] = {"__name__": "__page__"}
        self.last: tuple[Block, str] | None = None

    def _installed(self, venv: Path) -> None:
        """Make a .venv of links to the one that runs; `make` finds it ready and installs nothing."""
        venv.mkdir()
        for path in Path(sys.prefix).iterdir():
            if path.name not in (".ready", ".tools"):
                (venv / path.name).symlink_to(path)
        for name in (".ready", ".tools"):
            (venv / name).touch()

    def run(self, block: Block) -> str | None:
        """Run a block; return what the page has to show for it where it is the output of the one before."""
        match block.language:
            case "sh":
                self.last = block, self._shell(block)
            case "python":
                self.last = block, self._python(block)
            case "yaml":
                self._description(block)
            case "text":
                if self.last is None:
                    raise block.error("no command stands before this output")
                found, self.last = self.last[1], None
                return found
            case _:
                raise block.error(f"a block of `{block.language}` cannot be run: sh, python, yaml or text")
        return None

    def _shell(self, block: Block) -> str:
        where = self.clone.parent / "where"
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
        environment = inherited | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "CUDA_VISIBLE_DEVICES": "",
            "OMP_NUM_THREADS": "1",
            "PYTHONWARNINGS": "error",
            "COLUMNS": "100",
        }
        script = f"trap 'pwd > \"{where}\"' EXIT\nset -eo pipefail\n{block.text}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        if done.returncode != block.exit_code:
            raise block.error(f"exit status {done.returncode} instead of {block.exit_code}\n{done.stdout}")
        self.folder = Path(where.read_text().rstrip("\n"))
        return done.stdout

    def _python(self, block: Block) -> str:
        code = compile("\n" * block.line + block.text, block.page, "exec")
        out = io.StringIO()
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out):
            exec(code, self.names)
        return out.getvalue()

    def _description(self, block: Block) -> None:
        from modelwright.errors import SpecError
        from modelwright.spec import source

        first = block.text.partition("\n")[0]
        name = re.fullmatch(r"# ([\w-]+\.yaml)\b.*", first)
        path = self.folder / (name[1] if name else "part.yaml")
        path.write_text(block.text, encoding="utf-8")
        try:
            source.read(path)
        except SpecError as error:
            if "wrong" not in block.words:
                raise block.error(f"not a description: {error}") from error
        else:
            if "wrong" in block.words:
                raise block.error("nothing is wrong with this description")


def check(page: str, text: str, folder: Path) -> None:
    """Run every block of a page in `folder`, which is empty. Raises PageError for the first that is not as it says."""
    session = Session(folder)
    for block in blocks(page, text):
        found = session.run(block)
        if found is not None and not same(block.text, found, measured="measured" in block.words):
            raise block.error(f"the output is another; `make docs` writes it anew. It is:\n{found}")
