"""An old phone: nothing that came after Chrome 80 is needed by the stylesheet or the script.

A browser drops a declaration that it does not know, and with a selector that it does not know the
whole rule. What came later may stand where that loses an ornament, or where something older
beside it does the same. The numbers are the versions of Chrome that brought each thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.helpers.live import ROOT

STATIC = ROOT / "site_app" / "static"
PROPERTIES = {
    "accent-color": 93,
    "appearance": 84,
    "aspect-ratio": 88,
    "backdrop-filter": 76,
    "border-block": 87,
    "border-inline": 87,
    "box-decoration-break": 130,
    "color-scheme": 81,
    "container": 105,
    "container-type": 105,
    "content-visibility": 85,
    "field-sizing": 123,
    "inset": 87,
    "inset-block": 87,
    "inset-inline": 87,
    "margin-block": 87,
    "margin-inline": 87,
    "mask": 120,
    "mask-image": 120,
    "overflow-clip-margin": 90,
    "padding-block": 87,
    "padding-inline": 87,
    "print-color-adjust": 136,
    "rotate": 104,
    "scale": 104,
    "scroll-timeline": 115,
    "scrollbar-gutter": 94,
    "scrollbar-width": 121,
    "text-decoration-thickness": 89,
    "text-underline-offset": 87,
    "text-wrap": 114,
    "translate": 104,
    "view-transition-name": 111,
}
ORNAMENTS = {
    "accent-color": "boxes are blue, as the phone draws them",
    "text-decoration-thickness": "lines under links are as thick as the phone draws them",
    "text-underline-offset": "and where it draws them",
    "text-wrap": "a word may stand alone on the last line",
}
VALUES = {
    r"\b(color-mix|oklch|oklab|lab|lch)\(": 111,
    r"\bhwb\(": 101,
    r"\bimage-set\(": 113,
    r"\blight-dark\(": 123,
    r"\d(dvh|svh|lvh|dvw|svw|lvw)\b": 108,
    r"\d(lh|rlh)\b": 109,
    r"\bsubgrid\b": 117,
    r"\brevert(-layer)?\b": 84,
    r"\bauto-phrase\b": 119,
    r"\bclip\b(?=$)": 90,
}
SELECTORS = {
    r":(is|where)\(": 88,
    r":has\(": 105,
    r":focus-visible": 86,
    r":not\([^()]*,": 88,
    r":(user-valid|user-invalid)": 119,
    r":(modal|open|popover-open)\b": 105,
    r":dir\(": 120,
    r"::marker": 86,
    r"::file-selector-button": 89,
    r"&": 120,
}
CONDITIONS = {
    r"@layer": 99,
    r"@container": 105,
    r"@property": 85,
    r"@scope": 118,
    r"@counter-style": 91,
    r"prefers-contrast": 96,
    r"[<>]=?": 104,
}
SCRIPT = {
    r"\.at\(": 92,
    r"\breplaceAll\(": 85,
    r"\bstructuredClone\b": 98,
    r"\.hasOwn\(": 93,
    r"\?\?=|\|\|=|&&=": 85,
    r"\bPromise\.(any|withResolvers|try)\b": 85,
    r"\.(findLast|findLastIndex)\(": 97,
    r"\.(toSorted|toReversed|toSpliced|with)\(": 110,
    r"\bgroupBy\(": 117,
    r"\breplaceChildren\(": 86,
    r"\bAbortSignal\.(timeout|any)\b": 103,
    r"\brandomUUID\b": 92,
    r"\bWeakRef\b": 84,
    r"\bIntl\.Segmenter\b": 87,
    r"\bcanParse\(": 120,
    r"\bcheckVisibility\(": 105,
    r"\b(showPopover|hidePopover|togglePopover)\(": 114,
    r"\bstartViewTransition\b": 111,
    r":(has|is|where)\(": 88,
}
OLD = "@supports not (inset: 0)"
"""Chrome before 87: what stands here is for phones without gaps between flexible boxes (84)."""


@dataclass(frozen=True)
class Rule:
    """One rule of a stylesheet: the at-rules around it, its selectors, what it declares."""

    within: tuple[str, ...]
    selectors: tuple[str, ...]
    declared: dict[str, str]

    def __str__(self) -> str:
        return " ".join((*self.within, ", ".join(self.selectors)))


def rules(css: str) -> Iterator[Rule]:
    """The rules of a stylesheet that has no nested ones."""
    around: list[str] = []
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    for before, sign in re.findall(r"([^{}]*)([{}])", css):
        words = before.strip()
        if sign == "{":
            around.append(words)
        elif words and not around[-1].startswith("@"):
            parts = [each.split(":", 1) for each in words.split(";") if each.strip()]
            declared = {name.strip(): value.strip() for name, value in parts}
            selectors = tuple(each.strip() for each in re.split(r",(?![^(]*\))", around[-1]))
            yield Rule(tuple(around[:-1]), selectors, declared)
            around.pop()
        else:
            around.pop()


def later(words: str, table: dict[str, int]) -> list[str]:
    """What came after Chrome 80, with the version that brought it."""
    found = ((re.search(pattern, words), version) for pattern, version in table.items())
    return [f"{match[0]} ({version})" for match, version in found if match and version > 80]


def needed(rule: Rule) -> list[str]:
    """What a rule does that Chrome 80 does not, and that nothing makes good."""
    if any(re.match(r"@supports(?! not)", each) for each in rule.within):
        return []
    wrong = [each for around in rule.within for each in later(around, CONDITIONS)]
    if any(not re.fullmatch("outline(-color)?", name) for name in rule.declared):
        wrong += [each for selector in rule.selectors for each in later(selector, SELECTORS)]
    for name, value in rule.declared.items():
        old_name = f"-webkit-{name}" in rule.declared
        if PROPERTIES.get(name, 0) > 80 and name not in ORNAMENTS and not old_name:
            wrong.append(f"{name} ({PROPERTIES[name]})")
        wrong += [f"{name}: {each}" for each in later(value, VALUES)]
    return [f"{rule} {{ {each} }}" for each in wrong]


def without_margins(css: str) -> list[str]:
    """Flexible boxes set apart by a gap alone: for Chrome before 84 they touch."""
    every = list(rules(css))
    flexible = {
        selector
        for rule in every
        for selector in rule.selectors
        if rule.declared.get("display") in ("flex", "inline-flex")
    }
    gaps = {
        selector
        for rule in every
        for selector in rule.selectors
        if re.search(r"[1-9]", rule.declared.get("gap", "") + rule.declared.get("column-gap", ""))
    }
    made_good = {
        selector.rsplit(" > ", 1)[0]
        for rule in every
        if OLD in rule.within
        for selector in rule.selectors
    }
    return sorted(flexible & gaps - made_good)


def test_the_stylesheet_needs_nothing_later_than_chrome_80() -> None:
    css = (STATIC / "site.css").read_text("utf-8")
    assert [each for rule in rules(css) for each in needed(rule)] == []
    assert without_margins(css) == []


def test_the_script_needs_nothing_later_than_chrome_80() -> None:
    assert later((STATIC / "site.js").read_text("utf-8"), SCRIPT) == []


@pytest.mark.parametrize(
    ("css", "said"),
    [
        ("a { inset: 0 }", ["a { inset (87) }"]),
        ("a { padding-block: 1rem }", ["a { padding-block (87) }"]),
        ("a { appearance: none }", ["a { appearance (84) }"]),
        ("a { -webkit-appearance: none; appearance: none }", []),
        ("a { accent-color: red }", []),
        ("a { overflow: clip }", ["a { overflow: clip (90) }"]),
        ("a { height: 100dvh }", ["a { height: 0dvh (108) }"]),
        ("a, b:is(.c, .d) { color: red }", ["a, b:is(.c, .d) { :is( (88) }"]),
        (":focus:not(:focus-visible) { outline: 0 }", []),
        ("@layer a { b { color: red } }", ["@layer a b { @layer (99) }"]),
        ("@media (width >= 48em) { b { color: red } }", ["@media (width >= 48em) b { >= (104) }"]),
        ("@supports (inset: 0) { a { inset: 0 } }", []),
    ],
)
def test_what_is_found_names_the_rule_and_the_version(css: str, said: list[str]) -> None:
    assert [each for rule in rules(css) for each in needed(rule)] == said


def test_a_gap_between_flexible_boxes_wants_margins_for_old_phones() -> None:
    css = ".a { display: flex; gap: 0 1rem } .b { display: grid; gap: 1rem }"
    assert without_margins(css) == [".a"]
    assert without_margins(css + f"{OLD} {{ .a > * {{ margin-right: 1rem }} }}") == []
