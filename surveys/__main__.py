"""`python -m surveys score|hide|shares|verify FILE`: recompute a published result, alone.

FILE is a round's archive or a composite: its format says which.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from surveys import archive, scoring
from surveys.archive import Number, composite_file
from surveys.scoring import composite_scores, disclosure, unscored

USAGE = (
    "用法 / usage: python3 -m surveys score|hide|shares|verify FILE"
    "（FILE 为 - 则读标准输入 / - reads standard input）"
)


def _input(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(archive.MOST_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(archive.MOST_BYTES + 1)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """A score for comparison: numbers as such, and null as missing."""
    if isinstance(value, Number):
        return int(value) if value.isdigit() else float(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _scores(read: archive.Archive | composite_scores.Composite) -> list[dict[str, Any]]:
    if isinstance(read, composite_scores.Composite):
        return [each.as_document() for each in composite_scores.score(read)]
    return [each.as_document() for each in scoring.score(read)]


def differences(read: archive.Archive | composite_scores.Composite) -> Iterator[str]:
    """A line for each difference between the file's own scores and what it gives."""
    computed = {each["subject"]: each for each in _scores(read)}
    own = [(each["subject"], _plain(each)) for each in read.scores]
    named = [subject for subject, _ in own]
    filed = dict(own)
    for subject in dict.fromkeys([*computed, *named]):
        if named.count(subject) > 1:
            yield f"{subject}: stands {named.count(subject)} times in the file"
        elif subject not in filed or subject not in computed:
            file, right = filed.get(subject), computed.get(subject)
            yield f"{subject}: file {_text(file)}, computed {_text(right)}"
        else:
            for key, right in computed[subject].items():
                file = filed[subject].get(key)
                if file != _plain(right):
                    yield f"{subject}.{key}: file {_text(file)}, computed {_text(right)}"
    if sorted(named) == sorted(computed) and named != list(computed):
        yield f"scores: file {_text(named)}, computed {_text(list(computed))}"


def _read(data: bytes) -> archive.Archive | composite_scores.Composite:
    """A composite where the file says that it is one, else a round's archive."""
    document = archive.parsed(data)
    if isinstance(document, dict) and document.get("format") == composite_file.FORMAT:
        return composite_file.from_parsed(document)
    return archive.from_parsed(document)


def _print(document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    sys.stdout.buffer.write(text.encode("utf-8"))


def main(words: list[str]) -> int:
    """Run a command; 0 when all is well, 1 when `verify` finds a difference, 2 on bad input."""
    if len(words) != 2 or words[0] not in ("score", "hide", "shares", "verify"):
        print(USAGE, file=sys.stderr)
        return 2
    try:
        read = _read(_input(words[1]))
    except OSError as wrong:
        said = archive.ArchiveError(f"不能读取 / cannot read {words[1]}", str(wrong.strerror))
        print(said, file=sys.stderr)
        return 2
    except archive.ArchiveError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    if words[0] == "verify":
        found = list(differences(read))
        sys.stdout.buffer.write("".join(f"{line}\n" for line in found).encode("utf-8"))
        return 1 if found else 0
    if words[0] == "score":
        _print({"scores": _scores(read)})
        return 0
    if isinstance(read, composite_scores.Composite):
        print("format: a composite holds no tallies to hide or to share out", file=sys.stderr)
        return 2
    if words[0] == "hide":
        sys.stdout.buffer.write(archive.to_bytes(disclosure.hide(read)))
    else:
        _print({"shares": unscored.of(read)})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
