"""Every setting once: its name, its default, one line of help. All come from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from surveys import db
from surveys.messages import N_, Refused


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: its default as text, and what it is for (a msgid)."""

    name: str
    default: str
    help: str


SETTINGS = (
    Setting("INSTANCE_DIR", "instance", N_("数据和密钥所在的文件夹")),
    Setting("DATABASE_URL", "", N_("数据库，默认为 sqlite:///实例文件夹/data/site.sqlite")),
    Setting("KEYS_DIR", "", N_("密钥文件夹，默认为 实例文件夹/keys；不要放进备份")),
    Setting("SECRET_KEY", "", N_("签名用的密钥，默认在密钥文件夹里自动生成")),
    Setting("PORT", "8000", N_("服务端口")),
    Setting("PUBLIC_URL", "", N_("公众访问的网址，如 https://pingyi.example.cn；海报和纸条要用")),
    Setting("DEPARTMENT", "", N_("部门名称，显示在每页页头")),
    Setting("CONTACT", "", N_("联系方式，显示在每页页脚")),
    Setting("FILING", "", N_("备案号，显示在每页页脚")),
    Setting("TIMEZONE", "Asia/Shanghai", N_("页面上的时间所用的时区")),
)
SECRET_LENGTH = 12


class BadSetting(Refused):
    """A setting that cannot be used."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings as read and checked; `shown` by name for people, never the secret key."""

    instance: Path
    database_url: str
    keys: Path
    secret_key: str
    port: int
    public_url: str
    department: str
    contact: str
    filing: str
    zone: ZoneInfo
    shown: Mapping[str, str]


def read(environment: Mapping[str, str]) -> Config:
    """Read the settings; `BadSetting` names the one that is wrong."""
    given = {each.name: environment.get(each.name, "").strip() or each.default for each in SETTINGS}
    instance = Path(given["INSTANCE_DIR"]).resolve()
    port = int(given["PORT"]) if re.fullmatch("0*[0-9]{1,5}", given["PORT"]) else 0
    if not 1 <= port <= 65535:
        raise BadSetting(
            N_("PORT 须为 1 到 65535 的整数，现为“%(port)s”。请改正。"), port=given["PORT"]
        )
    url = given["PUBLIC_URL"].rstrip("/")
    if url and not url.startswith(("http://", "https://")):
        raise BadSetting(
            N_("PUBLIC_URL 须以 http:// 或 https:// 开头，现为“%(url)s”。请改正。"), url=url
        )
    try:
        zone = ZoneInfo(given["TIMEZONE"])
    except (ZoneInfoNotFoundError, ValueError):
        raise BadSetting(
            N_("没有“%(zone)s”这个时区，请写成 Asia/Shanghai 的样子。"), zone=given["TIMEZONE"]
        ) from None
    if 0 < len(given["SECRET_KEY"]) < SECRET_LENGTH:
        raise BadSetting(
            N_(
                "SECRET_KEY 太短，别人能猜出来。请换成至少 %(n)s 个字符的随机文字；"
                "也可以不设，网站会自己生成。"
            ),
            n=SECRET_LENGTH,
        )
    default = f"sqlite:///{instance}/data/site.sqlite"
    database_url = f"sqlite:///{db.path_of(given['DATABASE_URL'] or default)}"
    keys = Path(given["KEYS_DIR"] or instance / "keys").resolve()
    read_as = {
        "INSTANCE_DIR": str(instance),
        "DATABASE_URL": database_url,
        "KEYS_DIR": str(keys),
        "SECRET_KEY": "***" if given["SECRET_KEY"] else "",
        "PORT": str(port),
        "PUBLIC_URL": url,
    }
    return Config(
        instance=instance,
        database_url=database_url,
        keys=keys,
        secret_key=given["SECRET_KEY"],
        port=port,
        public_url=url,
        department=given["DEPARTMENT"],
        contact=given["CONTACT"],
        filing=given["FILING"],
        zone=zone,
        shown=given | read_as,
    )


HOST = "127.0.0.1"


def base_url(site: Config) -> str:
    """Where the site is reached: PUBLIC_URL, or this machine."""
    return site.public_url or f"http://{HOST}:{site.port}"
