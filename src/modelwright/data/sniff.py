"""How a delimited text file is written: encoding, separator, quotes, header, decimal sign, each with its reason."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from modelwright.data.encoding import decode, encoding_of
from modelwright.data.header import has_header
from modelwright.data.missing import spellings
from modelwright.data.problems import fail
from modelwright.data.values import shape
from modelwright.diagnostic import Place
from modelwright.errors import DataError
from modelwright.spec.schema import DataSpec

SAMPLE = 64 << 10  # bytes read before the file is parsed: some thousand rows, a few milliseconds
LINES = 32 << 10  # letters looked at for separator and quotes
ROWS = 500  # rows looked at for types
SEPARATORS = ("\t", ";", "|", ",")  # the comma last: it stands inside words and numbers of the other files
AGREE = 0.9  # share of lines that must have the same number of cells for a separator to be believed
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "white space"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one text file is read. `separator` is "" for one column and " " for any run of white space.

    `untidy`: lines need Python's slower csv reader first (free quotes inside cells, a separator at each line's end).
    """

    separator: str = ","
    quote: bool = True
    encoding: str = "utf-8"
    header: bool = True
    names: tuple[str, ...] = ()
    decimal: str = "."
    padded: bool = False
    untidy: bool = False
    trailing: bool = False
    types: tuple[str, ...] = ()  # of the sample, one a column: Int64, Float64 or String
    why: dict[str, str] = field(default_factory=dict[str, str])

    def to_json(self) -> dict[str, Any]:
        """Return what another file is read alike with."""
        return {
            "separator": self.separator,
            "quote": self.quote,
            "encoding": self.encoding,
            "header": self.header,
            "decimal": self.decimal,
            "padded": self.padded,
        }


def sniff(head: bytes, name: str, data: DataSpec, *, whole: bool, like: Dialect | None = None) -> Dialect:
    """Look at the first bytes of a text file; `like` is the dialect of the training files, tried first.

    `whole` tells that `head` is all of the file. Raises F002 (empty), F004 (encoding) and F005 (duplicate names).
    """
    encoding, why_encoding = encoding_of(head, name, data.encoding)
    text = decode(head, encoding, name, whole=whole).lstrip("\r\n")
    if "\n" not in text and "\r" in text:
        text = text.replace("\r", "\n")
    if not whole and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    if not text.strip():
        raise _empty(name, len(head))
    separator, quote, why_separator = _separator(text, name, data, like)
    missing = spellings(data.missing)
    records = split_line(text, separator, quote)
    padded = any(cell != cell.strip() for record in records for cell in record)
    if padded:
        records = [[cell.strip() for cell in record] for record in split_line(text, separator, quote, padded=True)]
    rows = records[: ROWS + 1]
    header, why_header = _header(rows, data, missing, like)
    names, trailing, why_names = _names(rows, header, name)
    body = rows[header:]
    decimal = "," if separator == ";" and _comma_numbers(body, len(names), missing) else "."
    why = {"encoding": why_encoding, "separator": why_separator, "header": why_header}
    why |= _oddities(text, separator, quote, decimal, why_names)
    return Dialect(
        separator=separator,
        quote=quote,
        encoding=encoding,
        header=header,
        names=names,
        decimal=decimal,
        padded=padded,
        trailing=trailing,
        untidy=trailing or not separator.isascii() or (quote and separator != "" and _free_quotes(text, separator)),
        types=tuple(_type([row[i] for row in body if i < len(row)], decimal, missing) for i in range(len(names))),
        why=why,
    )


def _empty(name: str, size: int) -> DataError:
    return fail(
        "F002",
        f"`{name}` is empty",
        where=Place(file=name),
        expected="a header and rows",
        received=f"{size:,} bytes" + (", all of them blank" if size else ""),
        fix="write the file again from its source, or name another",
    )


def _oddities(text: str, separator: str, quote: bool, decimal: str, names: str) -> dict[str, str]:
    """Return reasons for what is not as in most files."""
    why: dict[str, str] = {}
    if decimal == ",":
        why["decimal"] = "numbers such as `1,5` between semicolons"
    if '"' in text and separator.strip(" "):
        why["quote"] = "double quotes enclose cells" if quote else "double quotes are letters: not each of them closes"
    if names:
        why["names"] = names
    return why


def split_line(text: str, separator: str, quote: bool, *, padded: bool = False) -> list[list[str]]:
    """Return the records of a text as Python's csv reader sees them, blank lines left out."""
    if separator == "":
        return [[line.strip('"') if quote else line] for line in text.splitlines() if line.strip()]
    if separator == " ":
        return [line.split() for line in text.splitlines() if line.strip()]
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting, skipinitialspace=padded)
    return [record for record in reader if record]


def _separator(text: str, name: str, data: DataSpec, like: Dialect | None) -> tuple[str, bool, str]:
    """Return the separator, whether quotes enclose cells, and the reason."""
    if data.separator != "auto":
        separator = {"\\t": "\t", "\\s+": " ", "tab": "\t"}.get(data.separator, data.separator)
        if len(separator) != 1:
            raise _no_separator(data.separator)
        return separator, _quoted(text, separator), "given"
    lines = text[: text.rfind("\n", 0, LINES) + 1] or text
    order = (like.separator, *SEPARATORS) if like and like.separator.strip(" ") else SEPARATORS
    if name.lower().endswith((".tsv", ".tab")):
        order = ("\t", *order)
    best: tuple[float, str, bool, int] = (0.0, "", True, 1)
    for separator in dict.fromkeys(order):
        if separator not in lines:
            continue
        quote = _quoted(lines, separator)
        share, cells = _agreement(split_line(lines, separator, quote))
        if cells > 1 and share > best[0] + 1e-9 and share > 0.5:
            best = (share, separator, quote, cells)
        if best[0] >= AGREE and share == best[0] == 1.0:
            break
    share, separator, quote, cells = best
    if share >= AGREE or separator:
        agree = "each line has" if share == 1 else f"{share:.1%} of the lines have"
        return separator, quote, f"{agree} {cells} cells with a {NAMES.get(separator, repr(separator))} between them"
    share, cells = _agreement([line.split() for line in lines.splitlines() if line.strip()])
    numbers = [cell for line in lines.splitlines()[1:20] for cell in line.split()]
    if cells > 1 and share >= AGREE and sum(shape(cell) != "word" for cell in numbers) * 2 > len(numbers):
        return " ", False, f"each line has {cells} cells with white space between them"
    return "", _quoted(lines, ""), "one cell a line"


def _no_separator(given: str) -> DataError:
    return fail(
        "Y003",
        f"`{given}` cannot separate cells",
        where=Place(key="data.separator"),
        expected='one letter such as "," or ";" or "\\t"; "\\s+" for any white space',
        received=given,
        fix="leave `separator` out: it is found",
    )


def _agreement(records: Sequence[Sequence[str]]) -> tuple[float, int]:
    """Return the share of records with the commonest number of cells, and that number."""
    if not records:
        return 0.0, 0
    cells, lines = Counter(len(record) for record in records).most_common(1)[0]
    return lines / len(records), cells


def _quoted(text: str, separator: str) -> bool:
    """Tell whether double quotes enclose cells, rather than being letters of the text."""
    if '"' not in text or separator == " ":
        return True
    plain = split_line(text, separator or "\0", False)
    if not any(cell.lstrip().startswith('"') for record in plain for cell in record):
        return False
    quoted = split_line(text, separator or "\0", True, padded=True)
    doubtful = len(quoted) < len(plain) or not _strictly(
        text, separator or "\0"
    )  # cells with line ends, or open quotes
    return not doubtful or _agreement(plain)[0] < _agreement(quoted)[0] or _agreement(plain)[1] != _agreement(quoted)[1]


def _strictly(text: str, separator: str) -> bool:
    """Tell whether each quote that opens a cell closes at its end."""
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True):
            pass
    except csv.Error as error:
        return "end of data" in str(error)
    return True


def _free_quotes(text: str, separator: str) -> bool:
    """Tell whether quotes stand inside cells that are not quoted, or after a space, beside quoted cells."""
    if '"' not in text:
        return False
    plain = split_line(text, separator, False)
    return any(
        '"' in cell and not (cell.startswith('"') or cell.endswith('"')) for record in plain for cell in record
    ) or (any(cell.startswith(' "') for record in plain for cell in record))


def _header(
    rows: Sequence[Sequence[str]], data: DataSpec, missing: Sequence[str], like: Dialect | None
) -> tuple[bool, str]:
    if data.header != "auto":
        return data.header, "given"
    if like is not None:
        shared = set(like.names) & set(rows[0])
        if like.header and len(shared) * 2 >= len(rows[0]):
            return True, "the first line has the column names of the training file"
        if not like.header and len(rows[0]) == len(like.names):
            return False, "as in the training file"
    return has_header(rows[0], rows[1 : ROWS + 1], missing)


def _names(rows: Sequence[Sequence[str]], header: bool, file: str) -> tuple[tuple[str, ...], bool, str]:
    """Return the column names, whether each line ends in a separator, and what was odd about the names."""
    cells = _agreement(rows[1:] if header and len(rows) > 1 else rows)[1]
    if not header:
        return tuple(f"column_{number}" for number in range(1, cells + 1)), False, "no header: numbered from 1"
    first = list(rows[0])
    odd = ""
    trailing = False
    if len(first) + 1 == cells:
        if all(row[-1] == "" for row in rows[1:] if len(row) == cells):
            trailing, odd = True, "each line ends in a separator"
        else:
            first, odd = (
                ["row_name", *first],
                "the header has one name fewer than the rows have cells: the first is the row's name",
            )
    names = tuple(cell or f"column_{number}" for number, cell in enumerate(first, 1))
    doubles = {
        name: [i + 1 for i, other in enumerate(names) if other == name] for name, n in Counter(names).items() if n > 1
    }
    if doubles:
        listed = "; ".join(
            f"`{name}` in columns {', '.join(map(str, where))}" for name, where in list(doubles.items())[:5]
        )
        raise fail(
            "F005",
            "two columns have the same name",
            where=Place(file=file, line=1),
            expected="each name once",
            received=listed,
            fix="rename them in the file; if the first line holds values, write `data: {header: false}`",
        )
    return names, trailing, odd


def _comma_numbers(rows: Sequence[Sequence[str]], columns: int, missing: Sequence[str]) -> bool:
    """Tell whether some column holds numbers only if the comma is the decimal sign."""
    for i in range(columns):
        cells = [row[i] for row in rows if i < len(row) and row[i] not in missing]
        if (
            cells
            and any("," in cell for cell in cells)
            and all(shape(cell, ",") in ("whole", "number") for cell in cells)
        ):
            return True
    return False


def _type(cells: Sequence[str], decimal: str, missing: Sequence[str]) -> str:
    """Return the polars type that the cells of the sample can be parsed as."""
    found = {shape(cell, decimal) for cell in cells if cell not in missing}
    if found == {"whole"}:
        return "Int64"
    if found and found <= {"whole", "number"}:
        return "Float64"
    return "String"
