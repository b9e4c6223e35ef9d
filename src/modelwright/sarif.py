"""Findings as SARIF 2.1.0, which editors and continuous integration show beside the lines."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from modelwright.checks.explain import explain
from modelwright.checks.run import Receipt
from modelwright.diagnostic import Diagnostic, Place

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
PAGE = "rules.md"


def to_sarif(receipt: Receipt) -> dict[str, Any]:
    """Return the log of one run: its findings, the rules they come from, and what could not run as notifications."""
    codes = list(dict.fromkeys(found.code for found in receipt.diagnostics))
    driver = {"name": "modelwright", "version": version("modelwright"), "rules": [_rule(code) for code in codes]}
    invocation = {
        "executionSuccessful": True,
        "toolExecutionNotifications": [
            {"level": "note", "message": {"text": f"{code} could not run: it {why}"}}
            for code, why in receipt.not_run.items()
        ],
    }
    results = [_result(found, codes.index(found.code)) for found in receipt.diagnostics]
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    title, _, body = explain(code).partition("\n\n")
    return {
        "id": code,
        "shortDescription": {"text": title.removeprefix(f"# {code}: ")},
        "help": {"text": body.strip(), "markdown": body.strip()},
    }


def _result(found: Diagnostic, rule: int) -> dict[str, Any]:
    parts = (("expected", found.expected), ("received", found.received), ("known", found.known), ("fix", found.help))
    text = "\n".join([found.message, *(f"{name}: {value}" for name, value in parts if value)])
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": found.severity,
        "message": {"text": text},
    }
    location = _location(found.where)
    return {**result, "locations": [location]} if location else result


def _location(where: Place) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if where.file is not None:
        location["physicalLocation"] = {"artifactLocation": {"uri": where.file.replace("\\", "/")}}
        if where.line is not None:
            region: dict[str, Any] = {"startLine": where.line}
            if where.column is not None:
                region |= {"startColumn": where.column, "endColumn": where.column + where.length}
            location["physicalLocation"]["region"] = region
    if where.key:
        location["logicalLocations"] = [{"fullyQualifiedName": where.key}]
    return location
