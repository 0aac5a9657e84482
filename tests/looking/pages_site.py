"""The sites whose pages are looked at: one with something everywhere, one with nothing, the demo.

One more is for what happens only once, where each look finds what it uses up; one has a full disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from flask_babel import force_locale

from site_app import clock, create_app, storage
from site_app.accounts import guards, sign_in
from site_app.demo import load
from site_app.models import Account
from site_app.plan import calls, document, store
from site_app.ui.paging import A_PAGE
from surveys import rounds
from surveys.db import database
from surveys.models import Round, Subject, Unit
from tests import factories
from tests.factories import AFTER, DURING, START, District
from tests.helpers import full_site, kinds_form
from tests.helpers.live import Browser, Server, running

DEPARTMENT = "示范区委组织部"
ADDRESS = "http://surveys.example.org"
YEAR = 2026
CODES = 120
"""Each look at the page that thanks a member spends one."""
COUNTS = 24
"""Each look at a count counts a round."""

# Names that break a layout sooner than others do.
NAMES = (
    "甲",
    "示例㑇𬱖",
    "示例阿卜杜拉·示例买买提·示例热合曼·示例克里木·示例库尔班江·示例吐尔逊",
    "示例党员",
    "示例党员",
    *(f"示例成员{number:02d}" for number in range(1, 26)),
)
LONG = "甲二示范社区第一网格离退休干部与新就业群体联合党支部"


@dataclass
class Doors:
    """What an address or a form has to name: numbers of rounds, codes, lines of a sheet.

    What stands in `once` is used up: `{fresh}` is a code not used yet.
    """

    folder: Path
    names: dict[str, str] = field(default_factory=dict)
    once: dict[str, list[str]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Where the site is."""
        return f"http://127.0.0.1:{self.port}"

    def said(self, text: str) -> str:
        """An address or a value with its places filled."""
        used = {name: left.pop() for name, left in self.once.items() if f"{{{name}}}" in text}
        return text.format(**self.names, **used)

    def filled_in(self, form: dict[str, str]) -> dict[str, str]:
        """A form with its places filled, in names, too; `*` is every line."""
        filled = {self.said(name): self.said(value) for name, value in form.items()}
        for name in form:
            if name[0] == "*":
                value = filled.pop(name)
                filled |= {line + name[1:]: value for line in self.lines}
        return filled

    def cookie(self) -> str:
        """Sign an organiser in; the cookie's value."""
        browser = Browser(self.port)
        browser.open("GET", self.links.pop())
        return browser.cookies[guards.COOKIE]


@contextmanager
def sites(folder: Path) -> Iterator[dict[str, Doors]]:
    """All of them, served."""
    doors = {
        "full": _full(folder / "full"),
        "empty": _empty(folder / "empty"),
        "demo": _demo(folder / "demo"),
        "once": _once(folder / "once"),
        "stuck": _full(folder / "stuck"),
    }
    servers = {name: _server(each.folder) for name, each in doors.items()}
    servers["once"].settings["FLASK_DEBUG"] = "1"
    with ExitStack() as running_ones:
        for name, server in servers.items():
            running_ones.enter_context(running(server))
            doors[name].port = server.port
        servers["stuck"].fill_disk(True)
        yield doors


def _server(folder: Path) -> Server:
    settings = {"PUBLIC_URL": ADDRESS, "DEPARTMENT": DEPARTMENT, "CONTACT": "示例电话 000-0000"}
    more = ("--workers-kill-timeout", "2")
    return Server(folder, "tests.looking.pages_app:app", more, settings)


@contextmanager
def _site(folder: Path) -> Iterator[Path]:
    """A new instance to be filled while its clock stands; its folder of keys."""
    app = create_app({"INSTANCE_DIR": str(folder), "PUBLIC_URL": ADDRESS})
    with app.app_context(), patch.object(clock, "now", lambda: DURING):
        storage.upgrade()
        yield storage.keys()
        database.close()


def _links(account: Account) -> list[str]:
    return [sign_in.make_link(account) for _ in range(4)]


def _empty(folder: Path) -> Doors:
    with _site(folder):
        root = Unit.create(code="d", name="示范区", kind="district")
        account = Account.create(name="organiser", unit=root)
        return Doors(folder, links=_links(account))


def _full(folder: Path) -> Doors:
    with _site(folder) as keys:
        district = District()
        full_site.fill(keys, district)
        plan = document.parse(load.PLAN.read_text("utf-8").replace("{year}", str(YEAR)), YEAR)
        store.store(plan, calls.load(), replace=True)
        doors = Doors(folder, links=_links(district.organiser))
        _thirty(keys, district, doors)
        _kinds(keys, district, doors)
        _early_and_late(keys, district, doors)
        _every_round(doors)
        return doors


def _demo(folder: Path) -> Doors:
    """The demonstration: an open survey, an open ballot, and a result that was compared."""
    with _site(folder) as keys, force_locale("zh_Hans_CN"):
        load.load(keys, lambda words: None)
        survey, code = load.doors(keys, DURING)
        held = Round.select().where(Round.state == "published", ~Round.needs_codes)
        public = held.order_by(Round.id.desc()).get()
        names = {"survey": survey, "code": code, "public": str(public.id)}
        return Doors(folder, names, links=_links(Account.get(Account.name == load.ORGANISER)))


def _once(folder: Path) -> Doors:
    """Rounds to be counted, one whose codes can be made, one that lost its key, a long result."""
    with _site(folder) as keys:
        district = District()
        doors = Doors(folder, links=_links(district.organiser))
        early, just = START - timedelta(days=20), DURING - timedelta(minutes=9)
        ended = [full_site.open_survey_of(keys, district, early, ends=just) for _ in range(COUNTS)]
        for each in ended:
            factories.answer(keys, each, "c1", {"overall": "satisfied"}, 6, now=early)
        made = factories.draft(district.root, [district.branch], "member-appraisal")
        doors.once["uncounted"] = [str(each.id) for each in ended]
        doors.names["long"] = _long(keys, district)
        keyless = factories.open_survey(keys, district).id
        (keys / f"round-{keyless}.key").unlink()
        doors.names |= {"draft": str(made.id), "row": _row(made, district), "keyless": str(keyless)}
        return doors


def _long(keys: Path, district: District) -> str:
    """A counted survey about more communities than a page holds."""
    places = [
        factories.unit(f"m{number}", f"示范{number}社区", "community", district.subdistrict)
        for number in range(A_PAGE + 1)
    ]
    made = factories.opened(keys, factories.draft(district.root, places))
    factories.answer(keys, made, f"m{A_PAGE}", {"overall": "mostly"}, 7)
    return str(factories.closed(keys, made).id)


def _thirty(keys: Path, district: District, doors: Doors) -> None:
    """A branch of thirty, open to be rated."""
    branch = factories.unit("b30", LONG, "branch", district.second)
    for number, name in enumerate(NAMES):
        factories.person(f"t{number}", name, branch)
    made = factories.draft(district.root, [branch], "member-appraisal", title="示范三十人评议")
    codes = factories.codes(keys, made, branch, CODES)
    factories.opened(keys, made)
    people = Subject.select().where(Subject.round == made).order_by(Subject.position)
    doors.lines = [f"g-{each.id}-" for each in people]
    doors.names |= {"thirty": str(made.id), "code": codes.pop(), "spent": codes.pop()}
    factories.vote(keys, doors.names["spent"], {"t0": "excellent"})
    doors.names["person"] = f"s{people[1].id}"
    doors.once["fresh"] = codes


def _kinds(keys: Path, district: District, doors: Doors) -> None:
    """A survey with every kind of question, open, and one published."""
    doors.names["kinds"] = str(kinds_form.open_round(keys, district).id)
    early = {"opens": START - timedelta(days=9), "ends": START - timedelta(days=2)}
    made = kinds_form.open_round(keys, district, **early)
    factories.answer(keys, made, "c1", kinds_form.FULL, 12, now=early["opens"])
    rounds.publish(factories.closed(keys, made, START), "六月底前整改。", START)
    doors.names["kinds_public"] = str(made.id)


def _early_and_late(keys: Path, district: District, doors: Doors) -> None:
    """A survey that needs codes; codes of a ballot that has ended, and of one that is to come."""
    made = factories.draft(district.root, [district.first], needs_codes=True, title="示范凭码调查")
    doors.names["resident"] = factories.codes(keys, made, district.first, 9)[0]
    doors.names["coded"] = str(factories.opened(keys, made).id)
    made = factories.draft(district.root, [district.first], title="示范未开始")
    doors.names["unopened"] = str(made.id)
    made, _codes = factories.open_appraisal(keys, district, title="示范已取消")
    doors.names["given_up"] = f"g-{factories.subject(made, 'p1').id}-overall"
    rounds.abandon(keys, made, "发错了问卷")
    for name, opens in (("late", START - timedelta(days=9)), ("early", AFTER)):
        ends = opens + timedelta(days=7)
        made = factories.draft(
            *(district.root, [district.branch], "member-appraisal"),
            **{"opens": opens, "ends": ends, "title": f"示范评议{opens:%m%d}"},
        )
        doors.names[name] = factories.codes(keys, made, district.branch, 8)[0]
        factories.opened(keys, made, min(opens, DURING))
        doors.names[f"{name}_ballot"] = str(made.id)
        doors.names[f"{name}_row"] = _row(made, district)


def _row(made: Round, district: District) -> str:
    """What the form for codes calls the branch's row."""
    return f"n-{district.branch.id}-{factories.group(made).id}"


def _every_round(doors: Doors) -> None:
    """The rounds of the full site by what is the matter with them."""
    by_title = {each.title: str(each.id) for each in Round.select()}
    for name, title in (
        ("ended", "示范已截止"),
        ("persons", "示范已公布"),
        ("counted", "示范待公布"),
        ("draft", "示范评议草稿"),
        ("nothing", "示范空草稿"),
    ):
        doors.names[name] = by_title[title]
    surveys = Round.select().where(Round.title == "示范测评").order_by(Round.id)
    for each in surveys:
        waits = each.state == "open" and each.opens_at > DURING
        doors.names.setdefault("waiting" if waits else each.state, str(each.id))
    doors.names |= {"public": doors.names["published"], "year": str(YEAR)}
