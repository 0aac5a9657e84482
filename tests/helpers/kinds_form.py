"""A questionnaire with a question of each kind, for tests."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from surveys import rounds
from surveys.models import Round
from surveys.questionnaires import questionnaire
from tests import factories
from tests.factories import District


def both(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def options(**labels: str) -> list[dict[str, Any]]:
    return [{"id": key, "label": both(label)} for key, label in labels.items()]


DOCUMENT: dict[str, Any] = {
    "id": "every-kind",
    "version": 1,
    "title": both("每种题型"),
    "intro": both("示例问卷，每种题型一道。"),
    "audience": "P",
    "about": "units",
    "kinds": ["community"],
    "headline": "overall",
    "scales": {
        "satisfaction": {
            "options": [
                {"id": "good", "value": 100, "positive": True, "label": both("满意")},
                {"id": "bad", "value": 0, "label": both("不满意")},
                {"id": "unknown", "label": both("不了解")},
            ]
        },
        "vote": {
            "options": [
                {"id": "yes", "value": 100, "positive": True, "label": both("同意")},
                {"id": "no", "value": 0, "label": both("不同意")},
                {"id": "abstain", "label": both("弃权")},
            ]
        },
        "ten": {"points": {"min": 0, "max": 10, "positive_from": 6}},
    },
    "questions": [
        {"id": "overall", "scale": "satisfaction", "text": both("总的来说满意吗？")},
        {"id": "square", "scale": "vote", "weight": 0, "text": both("同意改建广场吗？")},
        {"id": "marks", "kind": "points", "scale": "ten", "weight": 0, "text": both("打几分？")},
        {
            "id": "wishes",
            "kind": "several",
            "options": options(light="路灯", road="道路", green="绿化", lift="电梯"),
            "least": 2,
            "most": 3,
            "text": both("最想先办哪几件事？"),
        },
        {
            "id": "needs",
            "kind": "ranking",
            "options": options(law="法律", health="健康", phone="手机", music="音乐"),
            "most": 3,
            "text": both("想听什么课？"),
        },
        {"id": "name", "kind": "text", "most": 20, "text": both("给广场起个名字")},
        {"id": "why", "kind": "text", "lines": 4, "text": both("为什么？")},
    ],
    "groups": [{"id": "residents", "weight": 1, "label": both("居民")}],
    "rules": {"minimum": 5, "sampling": "open"},
}


def changed(question: str = "", **how: Any) -> dict[str, Any]:
    """The document with something else in a question, or at the top."""
    document = copy.deepcopy(DOCUMENT)
    at = next((each for each in document["questions"] if each["id"] == question), document)
    at.update(how)
    return document


def form() -> questionnaire.Questionnaire:
    return questionnaire.from_document(copy.deepcopy(DOCUMENT))


FULL: dict[str, Any] = {
    "overall": "good",
    "square": "abstain",
    "marks": 7,
    "wishes": ("light", "lift"),
    "needs": ("phone", "law", "health"),
    "name": "老槐树广场",
    "why": "因为那里有一棵老槐树。\n大家都认得。",
}


def open_round(keys: Path, district: District, **window: Any) -> Round:
    """A survey with every kind of question about three communities, open."""
    made = rounds.create(form(), district.root, "示例调查", False)
    times = {"opens": factories.START, "ends": factories.END} | window
    Round.update(
        chosen=[district.first.id, district.second.id, district.third.id],
        opens_at=times["opens"],
        ends_at=times["ends"],
    ).where(Round.id == made.id).execute()
    return factories.opened(keys, Round.get_by_id(made.id), times["opens"])
