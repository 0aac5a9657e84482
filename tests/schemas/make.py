"""Makes a site as a former state of this project left it: `python make.py FILE`, run in its tree.

    git worktree add ../old COMMIT
    PYTHONPATH=../old .venv/bin/python tests/schemas/make.py tests/schemas/0005-COMMIT.json.xz
    git worktree remove ../old

The number is that of its newest migration. Do so before a migration is added: the commit without
it is the state that sites are upgraded from. All data and keys are made up here.
"""

import json
import lzma
import os
import sqlite3
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from site_app import create_app, storage
from site_app.models import Plan, PlanItem, PlanSection
from surveys import rounds
from surveys.db import database
from surveys.models import Archive, Round
from tests import factories
from tests.factories import AFTER, DURING, START

tree = Path(storage.__file__).parent.parent


def fill(keys: Path) -> dict[str, list[str]]:
    """A round in every state; the codes that are not spent, by the number of the round."""
    district = factories.District()
    plan = Plan.create(year=2026, title="示范要点")
    section = PlanSection.create(plan=plan, position=1, heading="示范部分")
    PlanItem.create(plan=plan, section=section, number=1, title="示范条目", paragraphs=["示范。"])

    def survey(now=DURING, **how):
        made = factories.open_survey(keys, district, **how)
        good, fair = {"overall": "satisfied"}, {"overall": "mostly"}
        factories.answer(keys, made, "c1", good, 1, "路灯坏了。", now=now)
        factories.answer(keys, made, "c1", good, 6, now=now)
        factories.answer(keys, made, "c1", fair, 3, now=now)
        factories.answer(keys, made, "c2", good, 6, now=now)
        return made

    def appraisal(voting=8, **how):
        made, codes = factories.open_appraisal(keys, district, **how)
        for code in codes[:voting]:
            factories.vote(keys, code, {"p1": "qualified", "p2": "basic"})
        return made, codes[voting:]

    factories.draft(district.root, [district.first], title="草稿")
    prepared = factories.draft(
        district.root, [district.branch], "member-appraisal", title="备好的评议"
    )
    factories.codes(keys, prepared, district.branch, 8)
    survey(title="进行中的调查")
    _open, left = appraisal(voting=6, title="进行中的评议")
    before = {"opens": START - timedelta(days=9), "ends": START - timedelta(days=2)}
    early = district.root, [district.first]
    ended = factories.draft(*early, title="已截止的调查", **before)
    rounds.open_round(keys, ended, before["opens"])
    ended = Round.get_by_id(ended.id)
    good, moment = {"overall": "satisfied"}, before["opens"] + timedelta(hours=1)
    factories.answer(keys, ended, "c1", good, 9, now=moment)
    factories.closed(keys, survey(title="已计票的调查"))
    published = factories.published(keys, survey(title="已公布的调查"))
    counted = factories.published(keys, appraisal(title="已公布的评议")[0])
    about = factories.subject(counted, "p2")
    rounds.decide(counted, about, counted.rules["bands"][0]["grade"], "示例理由", AFTER)
    rounds.abandon(keys, survey(title="已终止的调查"), "示例原因")
    if hasattr(factories, "composite"):
        factories.composite(district, published)
        factories.composite(district, published, public=True)
    return {str(_open.id): left}


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    made = create_app({"INSTANCE_DIR": folder, "SECRET_KEY": "only-for-tests"})
    with made.app_context():
        database.connect(reuse_if_open=True)
        storage.upgrade()
        codes = fill(Path(folder) / "keys")
        digests = {each.round_id: each.sha256 for each in Archive.select()}
    file = Path(database.database)
    database.close()
    with sqlite3.connect(file) as whole:
        sql = list(whole.iterdump())
    keys = {each.name: each.read_bytes().hex() for each in (Path(folder) / "keys").glob("*.key")}

commit = subprocess.run(
    ["git", "rev-parse", "--short", "HEAD"], cwd=tree, capture_output=True, text=True, check=True
).stdout.strip()
document = {"commit": commit, "sql": sql, "keys": keys, "codes": codes, "digests": digests}
text = json.dumps(document, ensure_ascii=False, indent=0)
Path(sys.argv[1]).write_bytes(lzma.compress(text.encode(), preset=9))
