"""`make lighthouse`: five pages as a phone on slow 4G sees them, marked by Lighthouse three times.

The throttling is Lighthouse's own of a phone: 150 ms there and back, 1.6 Mbit/s, a processor four
times slower. Medians of a machine and a day; the aim is 98 of 100 in each of the three categories.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from site_app.accounts import guards
from tests.helpers.browsing import FLAGS
from tests.looking.pages_site import Doors, sites

HERE = Path(__file__).parent
LIGHTHOUSE = HERE / "node_modules" / ".bin" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices")
TIMES = {"first paint": "first-contentful-paint", "all shown": "largest-contentful-paint"}
AIM = 98
RUNS = 3
PAGES = {
    "questionnaire": "/s/{open}/c1",
    "ballot of thirty": "/v#{code}",
    "plan item": "/plan/{year}/10",
    "result": "/results/{public}",
    "desk": "/desk",
}
MISSING = (
    "缺少 node 和 npm，请安装：apt-get install nodejs npm"
    " / node and npm are missing; install them: apt-get install nodejs npm"
)


def install() -> None:
    """Install Lighthouse as it is pinned."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        sys.exit(MISSING)
    if not LIGHTHOUSE.exists():
        quiet = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts")
        subprocess.run(["npm", "ci", *quiet], cwd=HERE, check=True)


def marks(url: str, folder: Path, cookie: str = "") -> dict[str, Any]:
    """What Lighthouse says of a page."""
    told = folder / "report.json"
    headers = folder / "headers.json"
    headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}), "utf-8")
    options = [
        "--quiet",
        "--output=json",
        f"--output-path={told}",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--extra-headers={headers}",
        f"--chrome-flags=--headless=new {' '.join(FLAGS)}",
    ]
    surroundings = {**os.environ, "CHROME_PATH": "/usr/bin/chromium"}
    subprocess.run([LIGHTHOUSE, url, *options], check=True, env=surroundings)
    report: dict[str, Any] = json.loads(told.read_text("utf-8"))
    return report


def median(runs: list[dict[str, Any]], *path: str) -> float:
    """The middle one of a figure that stands at a path of each report."""
    return statistics.median(float(reduce(getitem, path, each)) for each in runs)


def lost(report: dict[str, Any]) -> list[str]:
    """The audits that cost a mark."""
    weighed = {
        ref["id"]
        for category in report["categories"].values()
        for ref in category["auditRefs"]
        if ref["weight"]
    }
    audits = report["audits"]
    return sorted(
        each for each in weighed if (audits[each]["score"] or 0) < 0.9 and says(audits[each])
    )


def says(audit: dict[str, Any]) -> bool:
    """Whether an audit applies."""
    return audit["scoreDisplayMode"] not in ("notApplicable", "manual", "informative")


def line(*cells: object) -> None:
    """Print a line of the table."""
    print(f"{cells[0]:<18}" + "".join(f"{cell:>16}" for cell in cells[1:]), flush=True)


def main() -> int:
    """Mark the five pages; the exit code says whether all reach the aim."""
    install()
    missed = 0
    line("", *CATEGORIES, *TIMES, "aim")
    with tempfile.TemporaryDirectory() as place, sites(Path(place)) as served:
        site: Doors = served["full"]
        for name, path in PAGES.items():
            cookie = f"{guards.COOKIE}={site.cookie()}" if name == "desk" else ""
            url = site.url + path.format(**site.names)
            runs = [marks(url, Path(place), cookie) for _ in range(RUNS)]
            scores = [round(100 * median(runs, "categories", each, "score")) for each in CATEGORIES]
            seconds = [
                median(runs, "audits", each, "numericValue") / 1000 for each in TIMES.values()
            ]
            reached = min(scores) >= AIM
            missed += not reached
            line(
                name,
                *scores,
                *(f"{each:.2f} s" for each in seconds),
                "reached" if reached else "missed",
            )
            if not reached:
                print(f"    {', '.join(sorted(set().union(*map(lost, runs))))}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
