"""The votes that need a share of those entitled, as the record and the printed sheets tell them."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from site_app.results import lines as result_lines
from surveys.models import Archive, Round
from surveys.questionnaires import questionnaire
from surveys.rounds import electorate


def of(round_: Round, keys: Collection[str] | None = None) -> dict[str, Any] | None:
    """The options, and a line of counts for each subject, or for each of these keys.

    None where the questionnaire asks for no share of those entitled. Of what is hidden a line says
    no more than that.
    """
    if not electorate.is_of_entitled(round_):
        return None
    form = questionnaire.of(round_)
    options = result_lines.headline(form).options
    flags = [flag for flag in round_.rules["flags"] if flag.get("of") == "issued"]
    document = json.loads(bytes(Archive.get(Archive.round == round_).document))
    raised = {each["subject"]: each.get("flags", ()) for each in document["scores"]}
    lines = []
    for subject in document["subjects"]:
        if keys is not None and subject["id"] not in keys:
            continue
        cells = list(subject.get("groups", {}).values())
        tallies = [cell.get("tallies", {}).get(form.headline, {}) for cell in cells]
        given = {one.id: sum(each.get(one.id, 0) for each in tallies) for one in options}
        lines.append(
            {
                "label": subject["label"],
                "issued": sum(cell["issued"] for cell in cells),
                "returned": sum(cell["returned"] for cell in cells),
                "given": list(given.values()),
                "shown": bool(cells),
                "shares": [
                    {
                        "options": result_lines.options_said(form, flag["options"]),
                        "count": sum(given[each] for each in flag["options"]),
                        "over": "over" in flag,
                        "share": flag.get("over", flag.get("under")),
                        "raised": flag["id"] in raised.get(subject["id"], ()),
                    }
                    for flag in flags
                ],
            }
        )
    return {"options": [option.label for option in options], "lines": lines}
