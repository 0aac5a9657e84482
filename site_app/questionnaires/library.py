"""The questionnaires of this site: the shipped library, and the files of its own folder.

The folder is `questionnaires` in the instance folder. A broken file keeps nobody from the others:
it is named in the log on start, by `questionnaires check`, and on the organisers' page.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from flask import Flask, current_app

from site_app import commands, config
from site_app.i18n import sentence_outside
from surveys.questionnaires import Questionnaire, files
from surveys.questionnaires.files import Shelf


def folder(site: config.Config) -> Path:
    """Where a site's own questionnaires lie."""
    return site.instance / "questionnaires"


def shelf() -> Shelf:
    """What can be used at this moment, and what is broken."""
    return files.shelf(folder(current_app.config["SITE"]))


def library() -> Mapping[str, Questionnaire]:
    """The questionnaires by id, the shipped ones first."""
    return shelf().forms


def init_app(app: Flask) -> None:
    """Name what is broken in the log; the site starts all the same."""
    for each in files.shelf(folder(app.config["SITE"])).broken:
        logging.getLogger("site").warning(sentence_outside(each, commands.language()))
