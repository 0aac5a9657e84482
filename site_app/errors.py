"""One page for everything that goes wrong, in the reader's words."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

from flask import Flask, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from site_app import security
from site_app.accounts import sign_in
from site_app.i18n import sentence_marked
from surveys import db
from surveys.messages import N_, Refused

WORDS = {
    400: (N_("这个请求不完整"), N_("请返回上一页，检查后再试一次。")),
    404: (N_("没有这个页面"), N_("网址可能输错了，或者这一页不对您开放。")),
    405: (N_("这个页面不能这样打开"), N_("请从首页重新进入。")),
    413: (N_("提交的内容太大"), N_("请减小文件或删短文字后再试。")),
    429: (N_("请稍等"), N_("请求太频繁，请过一会儿再试。")),
    409: (N_("现在做不到"), N_("请刷新页面看看最新情况。")),
    500: (N_("网站出错了"), N_("没有保存任何东西。请过一会儿再试；仍不行，请联系组织者。")),
    503: (N_("网站正忙"), N_("没有保存任何东西。请过一会儿再试。")),
}
BROKEN = (*db.ERRORS, OSError)
"""What a database raises that is locked, full, damaged or gone; reading a row is not peewee's."""
logger = logging.getLogger("site")


class Site(Flask):
    """Flask, but for what the log says of an error that nobody foresaw."""

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]
    ) -> None:
        """Where it broke, never the error's words nor the address.

        These may quote what somebody filled in, or hold a sign-in link.
        """
        kind, _words, trace = exc_info
        name = kind.__name__ if kind else "?"
        where = "".join(traceback.format_tb(trace))
        logger.error("%s, %s %s\n%s", name, request.method, request.endpoint, where)


def page(status: int, advice: str | None = None) -> tuple[str, int]:
    """The page for a status, with advice of its own where there is any."""
    heading, usual = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    text = advice or _(usual)
    body = render_template(
        "errors/error.html", heading=_(heading), advice=text, status=status, path=_path_to_get()
    )
    return body, status


def _path_to_get() -> str | None:
    """Where the page in the other language is, if not here: this address may take forms alone."""
    adapter = current_app.create_url_adapter(request)
    takes = adapter.allowed_methods() if adapter else ()
    return url_for("plan.home") if takes and "GET" not in takes else None


def http_error(error: HTTPException) -> tuple[str, int] | Response:
    """Any HTTP error; not being signed in leads to the sign-in page."""
    status = error.code or 500
    if status == 401:
        return _held() or _to_sign_in()
    return (_to_its_page() if status == 405 else None) or page(status)


def _to_its_page() -> Response | None:
    """From an address of desk or door that takes forms alone to the page whose form it takes.

    Enter in the address bar asks for it after a refusal: codes are voided on their own page, and
    any other form stands on the page above its address.
    """
    adapter = current_app.create_url_adapter(request)
    if adapter is None or request.method != "GET" or not request.path.startswith(("/desk/", "/v/")):
        return None
    path = request.path.removesuffix("/void") + "/codes"
    above = [path] if request.path.endswith("/void") else []
    above += ["/".join(request.path.split("/")[:n]) for n in range(request.path.count("/"), 1, -1)]
    found = next((each for each in above if adapter.test(each, "GET")), None)
    return redirect(found, 303) if found else None


def _to_sign_in() -> tuple[str, int] | Response:
    if request.args.get("by") == "link" and not request.cookies:
        return sign_in.without_cookies()
    target = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("accounts.sign_in", next=target), 303)


def _held() -> tuple[str, int] | None:
    """A page that holds what a form of the desk said, to be sent again after signing in.

    For a form of this very site alone: another's must not get a token by it.
    """
    of_desk = request.method == "POST" and request.path.startswith("/desk")
    if not of_desk or not security.sent_by_us():
        return None
    kept = [each for each in request.form.items(multi=True) if each[0] != "csrf_token"]
    return render_template("errors/held.html", kept=kept), 403


def missing_token(error: CSRFError) -> tuple[str, int]:
    """A form without its token: the page says so, and keeps what was typed, or *back* does."""
    if (
        request.endpoint == "accounts.sign_in"
        and not request.cookies
        and "csrf_token" in request.form
    ):
        return sign_in.without_cookies()
    advice = _("页面放得太久或没有加载完整。请返回上一页，内容还在，再提交一次。")
    return _held() or page(400, advice)


def refused(error: Refused) -> tuple[str, int]:
    """A refusal that no view answered on its own page."""
    return page(409, sentence_marked(error))


def database_busy(error: Exception) -> tuple[str, int]:
    """The database is locked, full, damaged or gone. The words of the error stay out of the log."""
    if not db.what_is_wrong(error):
        raise error
    logger.error("database: %s", type(error).__name__)
    return page(503)


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(CSRFError, missing_token)
    app.register_error_handler(Refused, refused)
    for kind in db.ERRORS:
        app.register_error_handler(kind, database_busy)
    app.jinja_env.globals.update(sentence=sentence_marked, site=app.config["SITE"])
