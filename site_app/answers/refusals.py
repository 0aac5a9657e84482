"""Why answers are not taken, in which words and with which status; what was filled in is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from flask import request

from site_app import errors, security, storage
from site_app.answers import forms
from site_app.i18n import sentence_marked
from surveys import ballots
from surveys.ballots import seal
from surveys.messages import N_, Refused

logger = logging.getLogger("site")


class Busy(Refused):
    """The answers could not be stored at this moment."""


class Foreign(Refused):
    """The form was sent by a page of another site."""


STATUS = {ballots.Spent: 409, ballots.Closed: 410, Busy: 503, Foreign: 403}
# Words, and no refusals ready made: one that is raised again keeps every sheet it was raised over.
FOREIGN = N_(
    "这份内容不是从本网站的页面提交的，所以没有收下，也没有显示。请在这里重新填写；"
    "如果总是这样，请从海报或纸条上的网址重新打开。"
)
KEY_LOST = N_("现在收不下答卷：网站的密钥出了问题。您填的都还在，请告诉组织者。")
CODES_LOST = N_("网站现在认不出测评码：密钥文件不在了，或者换过了。您的码没有作废，请告诉组织者。")
BUSY = N_("网站正忙，这一次没有保存。您填的都还在，请过一会儿再按一次提交；同一份只会算一次。")


def is_foreign() -> bool:
    """Whether another site's page sent this form; old phones do not say, and are believed."""
    return request.method == "POST" and security.sent_by_us() is False


def foreign() -> Foreign:
    """What is said where another site's page sent the form."""
    return Foreign(FOREIGN)


def of_form(
    form: forms.SurveyForm | forms.SheetForm, verb: Callable[[], None]
) -> Sequence[Refused]:
    """Why a form is not accepted: what is wrong on it, else what the verb says."""
    return tried(verb) if form.validate() else form.refusals()


def tried(verb: Callable[[], None]) -> list[Refused]:
    """Do it, and give back why not. No word of an error reaches the log: it may quote a sheet."""
    try:
        verb()
    except (ballots.NotACode, seal.KeyLost) as wrong:
        if storage.codes_are_lost():
            return [Busy(CODES_LOST)]
        return [wrong if isinstance(wrong, ballots.NotACode) else Busy(KEY_LOST)]
    except Refused as refused:
        return [refused]
    except errors.BROKEN as wrong:
        logger.error("database: %s", type(wrong).__name__)
        return [Busy(BUSY)]
    return []


def marked(refusals: Sequence[Refused]) -> list[tuple[str, str]]:
    """Sentences, each with the id of the input that it is about."""
    return [(sentence_marked(each), _input(each)) for each in refusals]


def _input(refused: Refused) -> str:
    if isinstance(refused, ballots.OverQuota):
        return "{}{}-{}".format(forms.LINE, *refused.first)
    return str(getattr(refused, "field", ""))


def status(refusals: Sequence[Refused]) -> int:
    """The status of a page that says so; 200 where nothing was refused."""
    return STATUS.get(type(refusals[0]), 400) if refusals else 200
