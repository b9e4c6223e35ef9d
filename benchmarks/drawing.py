"""Wall times as an SVG picture, readable on a light and on a dark page, and as the short table of the README."""

from __future__ import annotations

from html import escape

WIDTH, LABEL, ROW, GAP = 760, 210, 20, 34
OURS, OTHER, TEXT = "#1f77b4", "#9aa5b1", "#6b7280"


def picture(groups: dict[str, dict[str, float]]) -> str:
    """Return one group of bars a workload, fastest first; each group has its own scale from 0."""
    rows: list[str] = []
    top = 8
    for title, seconds in groups.items():
        rows.append(_text(0, top + 12, title, weight="bold"))
        top += ROW
        longest = max(seconds.values())
        for name, value in sorted(seconds.items(), key=lambda item: item[1]):
            length = (WIDTH - LABEL - 70) * value / longest
            colour = OURS if name == "modelwright" else OTHER
            rows.append(_text(LABEL - 8, top + 13, name, anchor="end"))
            rows.append(f'<rect x="{LABEL}" y="{top + 2}" width="{length:.1f}" height="{ROW - 6}" fill="{colour}"/>')
            rows.append(_text(LABEL + length + 6, top + 13, f"{value:.1f} s"))
            top += ROW
        top += GAP - ROW
    said = "; ".join(
        f"{title}: " + ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
        for title, seconds in groups.items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" aria-label="{escape(said)}" '
        f'font-family="system-ui, sans-serif" font-size="12">' + "".join(rows) + "</svg>\n"
    )


def short_table(groups: dict[str, dict[str, float]], titles: dict[str, str]) -> str:
    """Return one row a workload, in seconds; a dash where a tool does not do it."""
    tools = list(dict.fromkeys(name for seconds in groups.values() for name in seconds))
    lines = [f"| whole command, seconds | {' | '.join(tools)} |", "|---|" + "---|" * len(tools)]
    for name, seconds in groups.items():
        cells = (f"{seconds[tool]:.1f}" if tool in seconds else "–" for tool in tools)
        lines.append(f"| {titles[name]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def between(text: str, mark: str, new: str) -> str:
    """Return a text with what stands between two marks, `<!-- mark -->` and `<!-- /mark -->`, exchanged."""
    head, _, rest = text.partition(f"<!-- {mark} -->\n")
    _, _, tail = rest.partition(f"<!-- /{mark} -->")
    return f"{head}<!-- {mark} -->\n{new}\n<!-- /{mark} -->{tail}"


def _text(x: float, y: float, words: str, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" fill="{TEXT}">{escape(words)}</text>'
    )
