"""Every page in every state it has, a line each: what `make pages` and `make pictures` look at.

A new endpoint needs a line here, or one in `NO_PAGE`; a test fails until it has one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SIZES = ((360, 640), (768, 1024), (1280, 800))
LANGUAGES = ("zh", "en")
ZOOMS = (100, 200)
MAGNIFIED = (320, 256)
"""What a window of 1280 × 1024 has room for when it is magnified to 400 %."""


@dataclass(frozen=True)
class State:
    """A page in a state: where it is, what is sent to reach it, with which status it comes.

    `sent` is posted on top of the page's hidden fields; `uploaded` is chosen as the file of the
    page's form, which is then sent. `site` is one of `pages_site`.
    """

    endpoint: str
    name: str
    path: str
    status: int = 200
    sent: dict[str, str] | None = None
    uploaded: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    site: str = "full"
    signed_in: bool = False

    @property
    def organiser(self) -> bool:
        """Whether an organiser is signed in."""
        return self.signed_in or self.path.startswith("/desk")

    @property
    def scripted(self) -> bool:
        """Whether its page may have a script: those of voters alone have."""
        return self.endpoint.startswith("answers.")

    @property
    def id(self) -> str:
        """Its name in reports and of its pictures."""
        return f"{self.endpoint}-{self.name}".replace(" ", "-")


def empty(endpoint: str, path: str, name: str = "empty", status: int = 200) -> State:
    """A page of the site in which nothing is yet."""
    return State(endpoint, name, path, status, site="empty")


SEEN = [
    State("plan.home", "full", "/"),
    State("plan.home", "organiser", "/", signed_in=True),
    State("plan.home", "demonstration", "/", site="demo"),
    empty("plan.home", "/"),
    State("plan.home", "empty organiser", "/", site="empty", signed_in=True),
    State("plan.year", "full", "/plan/{year}"),
    State("plan.year", "last year", "/plan/2025"),
    State("plan.year", "found", "/plan/{year}?q=学习"),
    State("plan.year", "nothing found", "/plan/{year}?q=龙"),
    State("plan.year", "missing", "/plan/1999", 404),
    State("plan.item", "full", "/plan/{year}/10"),
    State("plan.item", "organiser", "/plan/{year}/10", signed_in=True),
    State("plan.item", "bare", "/plan/2025/3"),
    State("plan.edit", "full", "/desk/plan/{year}/10"),
    State("plan.upload", "full", "/desk/plan/import"),
    empty("plan.upload", "/desk/plan/import"),
    State("answers.survey", "open", "/s/{open}/c1"),
    State("answers.survey", "demonstration", "{survey}", site="demo"),
    State("answers.survey", "kinds", "/s/{kinds}/c1"),
    State("answers.survey", "by code", "/s/{coded}/c1"),
    State("answers.survey", "waiting", "/s/{waiting}/c1"),
    State("answers.survey", "draft", "/s/{unopened}/c1"),
    State("answers.survey", "ended", "/s/{ended}/c1"),
    State("answers.survey", "abandoned", "/s/{abandoned}/c1"),
    State("answers.survey", "published", "/s/{public}/c1"),
    State("answers.survey", "answered", "/s/{open}/c1", cookies={"answered-{open}": "1"}),
    State("answers.survey", "missing", "/s/{open}/nowhere", 404),
    State("answers.survey", "large", "/s/{open}/c1?large=1"),
    State("answers.enter", "door", "/v"),
    State("answers.enter", "large door", "/v?large=1"),
    State("help.index", "full", "/help"),
    State("help.residents", "full", "/help/residents"),
    State("help.members", "full", "/help/members"),
    State("help.members", "large", "/help/members?large=1"),
    State("help.organisers", "full", "/help/organisers"),
    State("help.scoring", "full", "/help/scoring"),
    State("help.closing", "full", "/help/closing"),
    State("help.components", "debug", "/help/components", site="once"),
    State("accounts.sign_in", "full", "/sign-in"),
    State("accounts.sign_in_by_link", "refused", "/sign-in/forged", 403),
    State("accounts.sign_out", "by address", "/sign-out", 405),
    State("results.index", "full", "/results"),
    empty("results.index", "/results"),
    State("results.show", "full", "/results/{public}"),
    State("results.show", "sorted", "/results/{public}?sort=rate"),
    State("results.show", "compared", "/results/{public}", site="demo"),
    State("results.show", "kinds", "/results/{kinds_public}"),
    State("results.show", "persons", "/results/{persons}"),
    State("results.how", "full", "/results/{public}/c1/how"),
    State("results.how", "few", "/results/{public}/c3/how"),
    State("units.show", "full", "/units/c1"),
    State("units.show", "bare", "/units/s2"),
    empty("units.show", "/units/d", "missing", 404),
    State("results.desk", "full", "/desk/rounds/{public}/results"),
    State("results.desk", "persons", "/desk/rounds/{persons}/results"),
    State("results.desk", "pages", "/desk/rounds/{long}/results?page=2", site="once"),
    State("results.desk", "kinds", "/desk/rounds/{kinds_public}/results"),
    State("results.desk_how", "full", "/desk/rounds/{persons}/results/p1/how"),
    State("results.meeting", "full", "/desk/rounds/{persons}/meeting"),
    State("results.persons", "full", "/desk/rounds/{persons}/persons"),
    State("results.person", "full", "/desk/rounds/{persons}/persons/p1"),
    State("rounds.desk", "full", "/desk"),
    State("rounds.desk", "demonstration", "/desk", site="demo"),
    State("rounds.desk", "lost key", "/desk", site="once"),
    empty("rounds.desk", "/desk"),
    State("questionnaires.index", "full", "/desk/questionnaires"),
    State("questionnaires.show", "full", "/desk/questionnaires/member-appraisal"),
    State("questionnaires.show", "survey", "/desk/questionnaires/resident-satisfaction"),
    State("rounds.new", "full", "/desk/rounds/new"),
    State("rounds.show", "draft", "/desk/rounds/{draft}"),
    State("rounds.show", "empty draft", "/desk/rounds/{nothing}"),
    State("rounds.show", "open", "/desk/rounds/{open}"),
    State("rounds.show", "ballot", "/desk/rounds/{thirty}"),
    State("rounds.show", "lost key", "/desk/rounds/{keyless}", site="once"),
    State("rounds.show", "waiting", "/desk/rounds/{waiting}"),
    State("rounds.show", "ended", "/desk/rounds/{ended}"),
    State("rounds.show", "counted", "/desk/rounds/{counted}"),
    State("rounds.show", "published", "/desk/rounds/{public}"),
    State("rounds.show", "abandoned", "/desk/rounds/{abandoned}"),
    State("rounds.show", "missing", "/desk/rounds/999", 404),
    State("rounds.edit", "survey", "/desk/rounds/{nothing}/edit"),
    State("rounds.edit", "ballot", "/desk/rounds/{draft}/edit"),
    State("rounds.rules", "draft", "/desk/rounds/{draft}/rules"),
    State("rounds.rules", "open", "/desk/rounds/{open}/rules"),
    State("rounds.count", "full", "/desk/rounds/{ended}/count"),
    State("rounds.count", "nothing left", "/desk/rounds/{late_ballot}/count"),
    State("rounds.codes", "draft", "/desk/rounds/{draft}/codes"),
    State("rounds.codes", "open", "/desk/rounds/{thirty}/codes"),
    State("rounds.poster", "full", "/desk/rounds/{open}/poster/c1"),
    State("rounds.posters", "full", "/desk/rounds/{open}/posters"),
    State("rounds.protocol", "survey", "/desk/rounds/{public}/protocol"),
    State("rounds.protocol", "ballot", "/desk/rounds/{persons}/protocol"),
    State("accounts.audit", "full", "/desk/audit"),
    empty("accounts.audit", "/desk/audit"),
    State("composites.published", "full", "/composites"),
    empty("composites.published", "/composites"),
    State("composites.public", "full", "/composites/1"),
    State("composites.public_subject", "full", "/composites/1/subjects/c1"),
    State("composites.index", "full", "/desk/composites"),
    empty("composites.index", "/desk/composites"),
    State("composites.new", "full", "/desk/composites/new"),
    State("composites.show", "published", "/desk/composites/1"),
    State("composites.show", "draft", "/desk/composites/2"),
    State("composites.edit", "full", "/desk/composites/2/edit"),
    State("composites.signed", "full", "/desk/composites/2/figures/rooms"),
    State("composites.subject", "published", "/desk/composites/1/subjects/c1"),
    State("composites.subject", "draft", "/desk/composites/2/subjects/c1"),
    State("roster.units", "full", "/desk/units"),
    empty("roster.units", "/desk/units"),
    State("roster.people", "full", "/desk/people"),
    State("roster.people", "found", "/desk/people?q=示例㑇"),
    State("roster.people", "nothing found", "/desk/people?q=龙"),
    empty("roster.people", "/desk/people"),
    State("roster.person", "to leave", "/desk/people/1"),
    State("roster.unit", "to leave", "/desk/units/c1"),
]

ALL = {"*conduct": "excellent", "*overall": "qualified"}
LARGE = {"large": "1"}
WRONG = {"code": "2222-2222-2222"}
SIGNED = {"how": "table", "figure-c1": "五", "signer": "甲"}
UNITS = "编号,名称,类型,上级编号,备注\nc1,甲一新社区,社区,s1,一\nc9,甲九社区,社区,s1,二\n"
WRONG_UNITS = "编号,名称,类型,上级编号\nc9,甲九示范社区,小区,没有\n甲,,社区,c1\n"
PEOPLE = "编号,姓名,所在单位编号,党员身份,流动\np1,示例党员1,b1,预备党员,是\n"
WRONG_PEOPLE = "编号,姓名,所在单位编号,党员身份,流动\np1,示例党员1,没有,群,嗯\n"
DOUBLED = "编号,姓名,所在单位编号,党员身份,流动\nP1,示例党员一,b1,正式党员,否\n"
PLAN = "2026年示范区组织工作要点\n一、打牢基础\n1.抓实学习。每月一次。\n5.换掉路灯。月底前。\n"

SENT = [
    State("answers.survey", "error", "/s/{open}/c1", 400, {"q-overall": "splendid"}),
    State("answers.survey", "kinds error", "/s/{kinds}/c1", 400, {"q-marks": "99"}),
    State("answers.survey", "thanks", "/s/{open}/c1", 200, {"q-overall": "satisfied"}),
    State("answers.survey", "too long", "/s/{open}/c1", 413, {"comment": "x" * 5_000_000}),
    State("answers.survey", "busy", "/s/{open}/c1", 503, {"q-overall": "mostly"}, site="stuck"),
    State("answers.survey", "wrong code", "/s/{coded}/c1", 400, WRONG | {"q-overall": "mostly"}),
    State("answers.enter", "wrong code", "/v", 400, WRONG),
    State("answers.enter", "ballot", "/v", 200, {"code": "{code}"}),
    State("answers.enter", "large ballot", "/v?large=1", 200, {"code": "{code}", "large": "1"}),
    State("answers.survey", "large question", "/s/{open}/c1", 200, LARGE | {"step": "ask-overall"}),
    State("answers.survey", "large ranking", "/s/{kinds}/c1", 200, LARGE | {"step": "ask-needs"}),
    State("answers.survey", "large last", "/s/{open}/c1", 200, LARGE | {"step": "send"}),
    State(
        "answers.enter", "large person", "/v", 200, LARGE | {"code": "{code}", "step": "{person}"}
    ),
    State("answers.enter", "survey", "/v", 200, {"code": "{resident}"}),
    State("answers.enter", "spent", "/v", 409, {"code": "{spent}"}),
    State("answers.enter", "early", "/v", 410, {"code": "{early}"}),
    State("answers.enter", "late", "/v", 410, {"code": "{late}"}),
    State("answers.enter", "given up", "/v", 410, {"code": "2222-2222-2222", "{given_up}": "x"}),
    State("answers.review", "blank", "/v/review", 200, {"code": "{code}"}),
    State("answers.review", "full", "/v/review", 200, {"code": "{code}", **ALL}),
    State(
        "answers.review",
        "over quota",
        "/v/review",
        400,
        {"code": "{code}", "*overall": "excellent"},
    ),
    State("answers.cast", "thanks", "/v/cast", 200, {"code": "{fresh}", **ALL}),
    State("answers.cast", "spent", "/v/cast", 409, {"code": "{spent}", **ALL}),
    State("answers.cast", "busy", "/v/cast", 503, {"code": "{code}", **ALL}, site="stuck"),
    State("accounts.sign_in", "expired", "/sign-in", 400, {"csrf_token": "old"}),
    State("accounts.sign_in", "refused", "/sign-in", 403, {"name": "nobody", "password": "wrong"}),
    State("plan.edit", "error", "/desk/plan/{year}/10", 409, {"title": "", "text": ""}),
    State("plan.upload", "preview", "/desk/plan/import", uploaded=PLAN),
    State("plan.upload", "error", "/desk/plan/import", 422, uploaded="没有要点"),
    State(
        "rounds.new",
        "error",
        "/desk/rounds/new",
        422,
        {"questionnaire": "member-appraisal", "title": ""},
    ),
    State(
        "rounds.edit", "error", "/desk/rounds/{nothing}/edit", 422, {"title": "", "minimum": "1"}
    ),
    State("rounds.open_", "refused", "/desk/rounds/{nothing}/open", 409, {}),
    State("rounds.codes", "refused", "/desk/rounds/{thirty}/codes", 409, {}),
    State(
        "rounds.codes",
        "reason asked",
        "/desk/rounds/{draft}/codes",
        409,
        {"{row}": "99"},
        site="once",
    ),
    State(
        *("rounds.codes", "slips", "/desk/rounds/{draft}/codes", 200),
        {"{row}": "12", "reason": "来的人多"},
        site="once",
    ),
    State("rounds.void", "refused", "/desk/rounds/{late_ballot}/void", 409, {"row": "{late_row}"}),
    State("rounds.rules", "error", "/desk/rounds/{draft}/rules", 422, {"trim_over": "甲"}),
    State("rounds.count", "refused", "/desk/rounds/{late_ballot}/count", 422, {}),
    State(
        *("rounds.count", "done", "/desk/rounds/{uncounted}/count", 200),
        {"clock_is_right": "yes"},
        site="once",
    ),
    State("rounds.delay", "refused", "/desk/rounds/{ended}/delay", 409, {}),
    State("rounds.pledge", "refused", "/desk/rounds/{public}/pledge", 409, {}),
    State("rounds.abandon", "refused", "/desk/rounds/{ended}/abandon", 409, {"abandon_reason": ""}),
    State("rounds.publish", "refused", "/desk/rounds/{counted}/publish", 409, {"pledge": ""}),
    State(
        "results.decide", "refused", "/desk/rounds/{persons}/results/p1/grade", 409, {"grade": "好"}
    ),
    State(
        "composites.new", "error", "/desk/composites/new", 422, {"rules": "unit-score", "title": ""}
    ),
    State(
        "composites.edit", "error", "/desk/composites/2/edit", 422, {"who": "listed", "codes": "甲"}
    ),
    State("composites.signed", "error", "/desk/composites/2/figures/rooms", 422, SIGNED),
    State(
        "composites.deduct",
        "error",
        "/desk/composites/2/subjects/c1/deductions",
        422,
        {"points": "甲"},
    ),
    State(
        "composites.undeduct",
        "refused",
        "/desk/composites/1/subjects/c1/deductions/1/remove",
        422,
        {},
    ),
    State(
        "composites.decide", "error", "/desk/composites/2/subjects/c1/grade", 422, {"grade": "好"}
    ),
    State("composites.compute", "refused", "/desk/composites/1/compute", 422, {}),
    State("composites.discard", "refused", "/desk/composites/1/discard", 422, {}),
    State("composites.publish", "refused", "/desk/composites/2/publish", 409, {}),
    State("roster.units", "preview", "/desk/units", uploaded=UNITS),
    State("roster.units", "error", "/desk/units", 422, uploaded=WRONG_UNITS),
    State("roster.people", "preview", "/desk/people", uploaded=PEOPLE),
    State("roster.people", "error", "/desk/people", 422, uploaded=WRONG_PEOPLE),
    State("roster.people", "alike", "/desk/people", uploaded=DOUBLED),
    State("roster.unit", "refused", "/desk/units/c1", 409, {}),
]

STATES = [*SEEN, *SENT]

# What shows nothing of its own, and why.
FILE = "a file to keep"
NO_PAGE = {
    "static": FILE,
    "results.archive": FILE,
    "results.desk_archive": FILE,
    "results.csv": FILE,
    "composites.json": FILE,
    "composites.desk_json": FILE,
    "composites.csv": FILE,
    "composites.figures_csv": FILE,
    "roster.units_csv": FILE,
    "roster.people_csv": FILE,
}
