"""Check the rules of the house that no linter knows: sizes, import cycles, the direction of imports, no relative ones.

    python scripts/check_house.py            # exit status 1 and one line a problem, or a line of figures

The rules stand in docs/architecture.md. The limits hold for src/, tests/, scripts/, benchmarks/ and examples/.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "modelwright"
FOLDERS = ("src", "tests", "scripts", "benchmarks", "examples")
FILE_LINES = 300
FUNCTION_LINES = 40

# A module imports from its own line and the lines above it. The longest matching name counts.
LAYERS = (
    ("diagnostic", "errors", "files", "text", "render", "lean_torch", "garbage"),
    ("data.kind",),
    ("spec",),
    ("data.columns", "plan.plan"),
    ("data",),
    ("evaluate",),
    ("plan",),
    ("model",),
    ("checks",),
    ("training",),
    ("report",),
    ("ship",),
    ("run",),
    ("script",),
    ("api", "estimator", "estimator_rows"),
    ("console", "progress", "sarif"),
    ("verbs",),
    ("commands",),
    ("cli",),
    ("", "__main__"),
)
# Upward imports that are meant, each with its reason.
MEANT = {
    ("plan.sizes", "model.meta_shapes"): "layers without a rule of their own are asked, and only then torch is loaded"
}


def parsed() -> Iterator[tuple[Path, str, ast.Module]]:
    """Yield path, text and syntax tree of every Python file of the house."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            yield path.relative_to(ROOT), text, ast.parse(text)


def sizes(path: Path, text: str, tree: ast.Module) -> Iterator[str]:
    """Yield one problem for each file and function that is too long."""
    if (lines := text.count("\n")) > FILE_LINES:
        yield f"{path}:1: {lines} lines, at most {FILE_LINES}"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: `{node.name}` has {length} lines, at most {FUNCTION_LINES}"


def module_name(path: Path) -> str:
    """Return the name of a source file inside the package; the package itself is the empty name."""
    parts = path.relative_to(Path("src") / PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.Module, modules: set[str]) -> Iterator[tuple[str, int]]:
    """Yield the modules of the package that a tree imports anywhere but for type checking, with the line."""
    typing_only = {id(node) for block in ast.walk(tree) if is_typing_block(block) for node in ast.walk(block)}
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            names = [(alias.name, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [(node.module or "", f"{node.module}.{alias.name}") for alias in node.names]
        else:
            continue
        for base, whole in names:
            if base == PACKAGE or base.startswith(f"{PACKAGE}."):
                inside = whole.removeprefix(PACKAGE).lstrip(".")
                yield (inside if inside in modules else base.removeprefix(PACKAGE).lstrip(".")), node.lineno


def is_typing_block(node: ast.AST) -> bool:
    """Say whether a statement is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def layer(module: str) -> int:
    """Return the line of LAYERS a module stands in, -1 if in none."""
    found = [
        (len(name), index)
        for index, names in enumerate(LAYERS)
        for name in names
        if module == name or (name and module.startswith(f"{name}."))
    ]
    return max(found)[1] if found else -1


def direction(path: Path, module: str, targets: list[tuple[str, int]]) -> Iterator[str]:
    """Yield one problem for each import that runs upwards."""
    if layer(module) < 0:
        yield f"{path}:1: `{module}` has no place in LAYERS of scripts/check_house.py"
        return
    for target, line in targets:
        if layer(target) > layer(module) and (module, target) not in MEANT:
            yield f"{path}:{line}: `{module}` imports `{target}`, which stands above it"


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return one cycle of imports as module names, the first repeated at the end; empty if there is none."""
    done: set[str] = set()

    def visit(module: str, trail: list[str]) -> list[str]:
        if module in trail:
            return [*trail[trail.index(module) :], module]
        if module in done:
            return []
        for target in sorted(graph.get(module, ())):
            if found := visit(target, [*trail, module]):
                return found
        done.add(module)
        return []

    return next((found for module in sorted(graph) if (found := visit(module, []))), [])


def problems() -> tuple[list[str], str]:
    """Return every problem, and a line of figures."""
    files = list(parsed())
    found = [problem for path, text, tree in files for problem in sizes(path, text, tree)]
    source = {module_name(path): (path, tree) for path, _, tree in files if path.parts[:2] == ("src", PACKAGE)}
    graph: dict[str, set[str]] = {}
    for module, (path, tree) in source.items():
        targets = [(target, line) for target, line in imports(tree, set(source)) if target != module]
        graph[module] = {target for target, _ in targets}
        found += direction(path, module, targets)
    for path, _, tree in files:
        lines = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
        found += [f"{path}:{line}: relative import" for line in lines]
    graph.pop("", None)  # the public names are loaded lazily, from the package's own __init__
    if around := cycle(graph):
        found.append(f"src: import cycle: {' -> '.join(around)}")
    return found, f"house: {len(files)} files, {len(source)} modules, no problem"


def main() -> int:
    """Print the problems and return the exit status."""
    found, figures = problems()
    print("\n".join(found) or figures)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
