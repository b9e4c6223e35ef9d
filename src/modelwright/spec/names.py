"""Names of a closed set and their arguments, checked without torch: `resolve` a call, `bind` its arguments.

The names and signatures are PyTorch's and scikit-learn's own (`signatures.json`), besides recipes and blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modelwright.diagnostic import NOWHERE, Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.spec import arguments
from modelwright.spec.call import Call, Value, text_of
from modelwright.spec.near import did_you_mean, near
from modelwright.spec.signatures import Parameter, Role, names, roles_of, signature, usage, why_unlisted

WORD: dict[Role, str] = {
    "layer": "layer",
    "loss": "loss",
    "optimizer": "optimizer",
    "scheduler": "scheduler",
    "scaler": "scaler",
    "encoder": "encoder",
    "imputer": "imputer",
    "tokenizer": "tokenizer",
    "recipe": "recipe",
    "transform": "transform",
    "augment": "random transform",
}


def with_article(role: Role) -> str:
    """Return the word for a role as a sentence says it: a layer, an optimizer."""
    return f"{'an' if WORD[role][0] in 'aeiou' else 'a'} {WORD[role]}"


SUPPLIED: dict[Role, tuple[str, ...]] = {"optimizer": ("params", "parameters"), "scheduler": ("optimizer", "opt")}
"""First arguments of pasted lines that modelwright gives itself; they are dropped."""
SET_ELSEWHERE = {
    "device": "`train.device` says where the model is trained",
    "dtype": "`train.precision` says in which numbers",
    "last_epoch": "modelwright keeps count of the epochs",
    "size_average": "`reduction` has replaced it",
    "reduce": "`reduction` has replaced it",
}
OTHER_WORDS = {
    "learning_rate": "lr",
    "wd": "weight_decay",
    "units": "out_features",
    "filters": "out_channels",
    "rate": "p",
    "hidden_sizes": "hidden",
    "hidden_size": "hidden",
    "layers": "hidden",
}
"""What other libraries call it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with a call; `token` is the word in its text that is meant."""

    diagnostic: Diagnostic
    token: str


def resolve(role: Role, call: Call, where: Place = NOWHERE) -> Call:
    """Return the call as it is meant, supplied arguments dropped; SpecError with everything that is wrong with it.

    >>> from modelwright.spec.call import parse
    >>> str(resolve("optimizer", parse("torch.optim.Adam(model.parameters(), lr=1e-3)")))
    'Adam(lr=0.001)'
    """
    resolved, findings = check(role, call)
    if findings:
        raise SpecError(*(finding.diagnostic.at(where) for finding in findings))
    return resolved


def bind(role: Role, call: Call, where: Place = NOWHERE) -> dict[str, Value]:
    """Return the arguments by parameter name, defaults not filled in, `*layers` as a tuple; SpecError as `resolve`.

    >>> from modelwright.spec.call import parse
    >>> bind("layer", parse("Conv2d(..., 16, 3, padding=1)"))
    {'in_channels': Ellipsis, 'out_channels': 16, 'kernel_size': 3, 'padding': 1}
    """
    resolved = resolve(role, call, where)
    parameters = signature(role, resolved.name)
    if parameters and parameters[0].variadic:
        return {parameters[0].name: resolved.args}
    return {**dict(zip((p.name for p in parameters), resolved.args, strict=False)), **resolved.kwargs}


def check(role: Role, call: Call) -> tuple[Call, list[Finding]]:
    """Return the call as it is meant and every problem with it, those of calls among its arguments included."""
    if call.name not in names(role):
        return call, [_unknown_name(role, call)]
    call = _without_supplied(role, call)
    findings = list(_arguments(role, call))
    args: list[Value] = []
    parameters = signature(role, call.name)
    for index, value in enumerate(call.args):
        parameter = _positional(parameters, index)
        args.append(_inner(parameter, value, findings) if parameter else value)
    by_name = {parameter.name: parameter for parameter in parameters}
    kwargs = {
        name: _inner(by_name[name], value, findings) if name in by_name else value
        for name, value in call.kwargs.items()
    }
    return Call(call.name, tuple(args), kwargs), findings


def _inner(parameter: Parameter, value: Value, findings: list[Finding]) -> Value:
    """Check calls among the arguments: layers of a block, the schedulers of a sequence, a recipe's activation."""
    if parameter.accepts("none") and arguments.is_none(value):
        return None
    if isinstance(value, Call) and parameter.accepts("layer"):
        return _nested("layer", value, findings)
    if isinstance(value, tuple) and parameter.accepts("schedulers"):
        return tuple(_nested("scheduler", item, findings) if isinstance(item, Call) else item for item in value)
    return value


def _nested(role: Role, call: Call, findings: list[Finding]) -> Call:
    resolved, inner = check(role, call)
    findings += inner
    return resolved


def _positional(parameters: tuple[Parameter, ...], index: int) -> Parameter | None:
    if parameters and parameters[0].variadic:
        return parameters[0]
    positional = [parameter for parameter in parameters if not parameter.keyword_only]
    return positional[index] if index < len(positional) else None


def _without_supplied(role: Role, call: Call) -> Call:
    supplied = SUPPLIED.get(role, ())
    args = call.args
    if args and isinstance(args[0], Call) and args[0].name in supplied:
        args = args[1:]
    return Call(call.name, args, {name: value for name, value in call.kwargs.items() if name not in supplied})


def _unknown_name(role: Role, call: Call) -> Finding:
    name, word = call.name, WORD[role]
    others = roles_of(name)
    close = near(name, names(role), 1)
    if others:
        message = f"`{name}` is {with_article(others[0])}, not {with_article(role)}"
    elif reason := why_unlisted(name):
        message = f"`{name}` cannot be used as {with_article(role)} here: {reason}"
    else:
        message = f"there is no {word} `{name}`{did_you_mean(name, names(role))}"
    known = names(role)
    diagnostic = Diagnostic(
        code="Y004",
        severity="error",
        message=message,
        expected=with_article(role),
        received=name,
        known=f"{word}s: " + ", ".join(known) if len(known) <= 20 else "",
        help="" if others or not close else str(_renamed(call, close[0])),
    )
    return Finding(diagnostic, name)


def _renamed(call: Call, name: str) -> Call:
    args = (..., *call.args) if call.name == f"Lazy{name}" else call.args
    return Call(name, args, call.kwargs)


def _arguments(role: Role, call: Call) -> Iterator[Finding]:
    parameters = signature(role, call.name)
    variadic = bool(parameters) and parameters[0].variadic
    positional = [parameter for parameter in parameters if not parameter.keyword_only]
    if len(call.args) > len(positional) and not variadic:
        yield _too_many(role, call, len(positional))
    if variadic and not call.args:
        yield _wrong(role, call, f"`{call.name}` needs at least one layer", call.name)
    given = {parameter.name for parameter in positional[: len(call.args)] if not variadic}
    by_name = {parameter.name: parameter for parameter in parameters if not parameter.variadic}
    for index, value in enumerate(call.args):
        if parameter := _positional(parameters, index):
            yield from _value(role, call, parameter, value, text_of(value))
    for name, value in call.kwargs.items():
        if name not in by_name:
            yield _unknown_argument(role, call, name, list(by_name))
        elif name in given:
            yield _wrong(role, call, f"`{call.name}` was given `{name}` twice: by position and by name", name)
        else:
            yield from _value(role, call, by_name[name], value, name)
    yield from _missing(role, call, [p for p in parameters if p.required and p.name not in given | set(call.kwargs)])


def _value(role: Role, call: Call, parameter: Parameter, value: Value, token: str) -> Iterator[Finding]:
    text = text_of(value)
    if arguments.wrong_kind(role, parameter, value):
        message = f"`{parameter.name}` of `{call.name}` cannot be {text}"
        if value is ...:
            message = f"`{parameter.name}` of `{call.name}` does not follow from the data: `...` cannot stand for it"
        help_text = arguments.fix(parameter, value)
        yield _wrong(role, call, message, token, help_text, arguments.expected(parameter), text)
    elif arguments.out_of_range(parameter, value):
        message = f"`{parameter.name}` of `{call.name}` cannot be {text}: out of range"
        yield _wrong(role, call, message, token, "", arguments.expected(parameter), text, code="Y003")


def _too_many(role: Role, call: Call, count: int) -> Finding:
    takes = f"{count} argument{'s' if count != 1 else ''}" if count else "no arguments"
    by_name = " by position" if len(signature(role, call.name)) > count else ""
    message = f"`{call.name}` takes {takes}{by_name}, {len(call.args)} were given"
    return _wrong(role, call, message, text_of(call.args[count]))


def _unknown_argument(role: Role, call: Call, name: str, known: list[str]) -> Finding:
    if name in SET_ELSEWHERE:
        return _wrong(role, call, f"`{name}` cannot be given here: {SET_ELSEWHERE[name]}", name)
    other = OTHER_WORDS.get(name, "")
    meant = [other] if other in known else near(name, known, 1)
    message = f"`{call.name}` has no argument `{name}`" + (f"; did you mean `{meant[0]}`?" if meant else "")
    kwargs = {meant[0] if key == name and meant else key: value for key, value in call.kwargs.items()}
    help_text = str(Call(call.name, call.args, kwargs)) if meant and len(kwargs) == len(call.kwargs) else ""
    return _wrong(role, call, message, name, help_text)


def _missing(role: Role, call: Call, missing: list[Parameter]) -> Iterator[Finding]:
    may = arguments.MAY_BE_LEFT_OUT.get(role, frozenset[str]())
    missing = [parameter for parameter in missing if parameter.name not in may]
    if not missing:
        return
    listed = ", ".join(f"`{parameter.name}`" for parameter in missing)
    first = _positional(signature(role, call.name), 0)
    help_text = ""
    # `Linear(64)`: torch's own first argument is the size that the data gives, so what was meant is `Linear(..., 64)`.
    if first is not None and first.name in may and call.args and len(missing) == 1 and call.args[0] is not ...:
        help_text = str(Call(call.name, (..., *call.args), call.kwargs))
    message = f"`{call.name}` needs {listed}" + (f"; did you mean `{help_text}`?" if help_text else "")
    yield _wrong(role, call, message, call.name, help_text)


def _wrong(
    role: Role,
    call: Call,
    message: str,
    token: str,
    help_text: str = "",
    expected: str = "",
    received: str = "",
    code: str = "Y005",
) -> Finding:
    diagnostic = Diagnostic(
        code=code,
        severity="error",
        message=message,
        expected=expected,
        received=received or str(call),
        known=usage(role, call.name),
        help=help_text,
    )
    return Finding(diagnostic, token)
