"""The rules of the tree of units: one district on top, and what may stand under what."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from surveys.messages import N_
from surveys.roster.rows import Sheet, UnitRow

GROUND = ("district", "subdistrict", "community", "village")
PLACES = ("organ", "school", "enterprise", "social")
PARENTS: Mapping[str, tuple[str, ...]] = {
    "district": (),
    "subdistrict": ("district",),
    "community": ("subdistrict",),
    "village": ("subdistrict",),
    "branch": GROUND + PLACES,
    **dict.fromkeys(PLACES, GROUND),
}
WRONG_PARENT = {
    "subdistrict": N_("街道的上级应为区"),
    "community": N_("社区的上级应为街道"),
    "village": N_("村的上级应为街道"),
    "branch": N_("支部的上级不能是另一个支部"),
    **dict.fromkeys(PLACES, N_("机关、学校、企业、社会组织的上级应为区、街道、社区或村")),
}

GONE = N_("这个单位已离开名册，请先让它回来，或者另写一个")

Units = Mapping[str, UnitRow]


def check(sheet: Sheet[UnitRow], current: Units, reachable: Collection[str]) -> None:
    """Note in the sheet whatever would break the tree, or is beyond the codes in `reachable`."""
    whole = {**current, **sheet.rows}
    root = next((code for code, row in current.items() if not row.parent), None) or next(
        (code for code, row in sheet.rows.items() if row.kind == "district"), None
    )
    misplaced = {
        code
        for code, row in sheet.rows.items()
        if _is_misplaced(sheet, row, current, reachable, root)
    }
    circular = _check_circles(sheet, whole, misplaced)
    _check_kinds(sheet, whole, misplaced | circular)


def _is_misplaced(
    sheet: Sheet[UnitRow],
    row: UnitRow,
    current: Units,
    reachable: Collection[str],
    root: str | None,
) -> bool:
    """Note what is wrong with a row by itself: one thing, the others follow from it."""
    source = sheet.sources[row.code]
    old = current.get(row.code)
    kept = old is not None and old.parent == row.parent
    new = row.parent in sheet.rows and row.parent not in current
    if old and row.code not in reachable:
        sheet.wrong(source, "code", N_("这个编号已属于您范围之外的单位，请换一个编号"))
    elif old and row.left_on and not old.left_on:
        sheet.wrong(source, "left_on", N_("单位离开，请在“单位”页上办；这一格请空着"))
    elif not row.kind:
        return True  # said already
    elif row.code == root and row.kind != "district":
        sheet.wrong(source, "kind", N_("这是最上一级的单位，应为区"))
    elif row.code == root and row.parent:
        sheet.wrong(source, "parent", N_("区是最上一级，这一格应空着"))
    elif row.code == root:
        return False
    elif row.kind == "district":
        sheet.wrong(source, "kind", N_("只能有一个区，已有编号为“%(root)s”的区"), root=root)
    elif not row.parent:
        sheet.wrong(source, "parent", N_("应填上级单位的编号，只有区没有上级"))
    elif kept or new or row.parent in reachable:
        return False
    else:
        sheet.wrong(source, "parent", N_("应为文件里或名册里已有单位的编号，并在您的范围之内"))
    return True


def _check_circles(sheet: Sheet[UnitRow], whole: Units, misplaced: set[str]) -> set[str]:
    """The codes that stand above themselves; one error for each circle."""
    done: set[str] = set()
    circular: set[str] = set()
    for start in sheet.rows:
        path: dict[str, None] = {}
        code = start
        while code in whole and code not in done and code not in path:
            path[code] = None
            code = whole[code].parent
        if code in path:
            steps = list(path)
            circle = steps[steps.index(code) :]
            if misplaced.isdisjoint(circle):
                where = next(each for each in circle if each in sheet.rows)
                sheet.wrong(
                    sheet.sources[where],
                    "parent",
                    N_("上级绕成了一圈：%(circle)s"),
                    circle=" → ".join([*circle[:10], circle[0]]),
                )
            circular.update(circle)
        done.update(path)
    return circular


def _check_kinds(sheet: Sheet[UnitRow], whole: Units, settled: set[str]) -> None:
    """Note each unit that stands under what it may not, at the row that the file has of the two."""
    for code, row in whole.items():
        parent = whole.get(row.parent)
        if parent and parent.left_on and not row.left_on and code in sheet.rows:
            sheet.wrong(sheet.sources[code], "parent", GONE)
        if parent is None or not parent.kind or not settled.isdisjoint((code, parent.code)):
            continue
        if row.kind == "district" or parent.kind in PARENTS[row.kind]:
            continue
        if code in sheet.rows:
            sheet.wrong(sheet.sources[code], "parent", WRONG_PARENT[row.kind])
        elif parent.code in sheet.rows:
            sheet.wrong(
                sheet.sources[parent.code],
                "kind",
                N_("下面还有“%(name)s”，这个类型不能做它的上级"),
                name=row.name,
            )
