"""`modelwright explain L205`: what a code means, why it matters, an example and the fix. Loads no data library."""

from __future__ import annotations

from modelwright.checks.codes import CODES
from modelwright.checks.elsewhere import ELSEWHERE
from modelwright.checks.rule import as_meant, code_of, docstring
from modelwright.checks.rules import RULES
from modelwright.diagnostic import Diagnostic
from modelwright.errors import SpecError
from modelwright.spec.near import did_you_mean, near


def known_codes() -> tuple[str, ...]:
    """Return every code that can be explained: those of rules, those of descriptions, files and runs, and the rest."""
    return (*(code_of(name) for name in RULES), *CODES, *ELSEWHERE)


def explain(code: str) -> str:
    """Return the page of one code as Markdown; SpecError (Y004) with near misses if there is none.

    >>> explain("l205").splitlines()[0]
    '# L205: An input gives the target away: the target itself, a rename of it, or a perfect predictor'
    """
    wanted = code.strip().upper()
    module = next((name for name in RULES if code_of(name) == wanted), None)
    if module is not None:
        title, _, body = docstring(module).partition("\n\n")
        return f"# {wanted}: {' '.join(title.split()).removesuffix('.')}\n\n{body.strip()}\n"
    page = CODES.get(wanted) or ELSEWHERE.get(wanted)
    if page is None:
        raise SpecError(_unknown(code))
    parts = (("What it does", page.what), ("Why it matters", page.why), ("Example", page.example), ("Fix", page.fix))
    return f"# {wanted}: {page.title}\n\n" + "\n".join(f"## {heading}\n{text}\n" for heading, text in parts)


def overview() -> str:
    """Return all codes, one a line, with their titles."""
    return "\n".join(explain(code).partition("\n")[0].removeprefix("# ") for code in known_codes())


def _unknown(code: str) -> Diagnostic:
    meant = as_meant(code)
    similar = near(meant, known_codes(), 1)
    return Diagnostic(
        code="Y004",
        severity="error",
        message=f"there is no code `{code}`{did_you_mean(meant, known_codes())}",
        expected="the code of a finding: a letter and three digits",
        received=code,
        help=f"modelwright explain {similar[0]}" if similar else "",
    )
