"""`make bench`: how fast the site is, beside yardsticks measured in the same run.

Figures of a machine and a day; only the ratios are claims. `--quick` counts no million.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from site_app.accounts import sign_in
from site_app.demo import load as demo
from site_app.models import Account
from surveys.db import database
from surveys.models import Round
from tests.bench import bench_site, load
from tests.helpers.live import ROOT, Page, Server, environment, running

ROUNDS = 3
SECONDS = 1.5
CONNECTIONS = (1, 8, 32)
WHILE_OTHERS_VOTE = 400_000
SURE = {"clock_is_right": "yes"}
SIZES = (10_000, 100_000, 1_000_000)
KILOBYTE = 1024

verdicts: list[tuple[str, str, bool]] = []


def judge(aim: str, found: str, holds: bool) -> None:
    """Note whether an aim holds."""
    verdicts.append((aim, found, holds))


def line(*cells: object, widths: tuple[int, ...] = (26, 6, 10, 8, 8, 8, 8, 8)) -> None:
    """Print a line of a table: the first cell left, the others right."""
    texts = [f"{cells[0]:<{widths[0]}}"]
    texts += [f"{cell:>{width}}" for cell, width in zip(cells[1:], widths[1:], strict=False)]
    print("".join(texts), flush=True)


# Submissions


def submissions(bench: bench_site.Bench, site: Server, bare: Server) -> None:
    """Residents' pages and members' sheets beside the bare view, in alternating rounds."""
    path = bench.pages["questionnaire"]
    spare = iter(bench_site.member_posts(site, bench.codes))
    stores = [load.post("/bare", "words=good")] * 100_000
    found: dict[tuple[str, int], list[load.Load]] = {}
    for number in range(ROUNDS + 1):
        for connections in CONNECTIONS:
            residents, _ = bench_site.resident_posts(site, path, SECONDS)
            sheets = [next(spare) for _ in range(1300)]
            # The first round warms up and is not counted.
            for name, port, posts in (
                ("bare view", bare.port, stores),
                ("resident, 10 questions", site.port, residents),
                ("member, 30 people", site.port, sheets),
            ):
                done = load.drive(port, posts, connections, SECONDS if number else 0.3, "谢谢")
                if number:
                    found.setdefault((name, connections), []).append(done)
    print("\nSubmissions")
    line("", "conn.", "per s", "of bare", "p50 ms", "p95", "p99", "max")
    errors = 0
    for (name, connections), loads in found.items():
        rate = median(each.per_second for each in loads)
        of_bare = rate / median(each.per_second for each in found["bare view", connections])
        waits = [median(each.wait(share) for each in loads) for share in (0.5, 0.95, 0.99, 1)]
        errors += sum(each.errors for each in loads)
        line(name, connections, f"{rate:.0f}", f"{of_bare:.2f}", *(f"{w:.1f}" for w in waits))
        if name.startswith("resident"):
            aim = f"resident at {connections} connections: at least half of the bare view"
            judge(aim, f"{of_bare:.2f}", of_bare >= 0.5)
        if connections == 32 and name != "bare view":
            judge(f"{name}: p99 at most 250 ms at 32", f"{waits[2]:.0f} ms", waits[2] <= 250)
    judge("no submission fails", f"{errors} errors", errors == 0)


# Pages


def pages(bench: bench_site.Bench, site: Server, bare: Server) -> None:
    """Pages per second beside a hello; what each page weighs."""
    found: dict[str, list[load.Load]] = {}
    paths = {"hello": "/hello", **bench.pages}
    for number in range(ROUNDS + 1):
        for name, path in paths.items():
            port = bare.port if name == "hello" else site.port
            done = load.drive(port, [load.get(path)] * 100_000, 8, 1 if number else 0.3)
            if number:
                found.setdefault(name, []).append(done)
    errors = sum(each.errors for loads in found.values() for each in loads)
    judge("no page fails", f"{errors} errors", errors == 0)
    hello = median(each.per_second for each in found["hello"])
    print("\nPages, 8 connections")
    line("", "req.", "KB gzip", "per s", "of hello", "p50 ms", "p99")
    for name, loads in found.items():
        rate = median(each.per_second for each in loads)
        page = site.browser().get(paths[name]) if name != "hello" else None
        weight, requests = weigh(site, page) if page else (0.0, 1)
        waits = [median(each.wait(share) for each in loads) for share in (0.5, 0.99)]
        shown = [f"{rate:.0f}", f"{rate / hello:.2f}", *(f"{wait:.1f}" for wait in waits)]
        line(name, requests, f"{weight:.1f}", *shown)
        if name == "questionnaire":
            judge("resident's page at most 15 KB", f"{weight:.1f} KB", weight <= 15)
            judge("resident's page at most 3 requests", str(requests), requests <= 3)

    weight, requests = weigh(site, bench_site.ballot(site, bench.codes[-1]))
    line("ballot of thirty", requests, f"{weight:.1f}")
    judge("ballot of thirty at most 30 KB", f"{weight:.1f} KB", weight <= 30)


def weigh(site: Server, page: Page) -> tuple[float, int]:
    """Kilobytes (gzip) and number of the requests that a page takes, its parts included."""
    parts = [part for part in page.parts if not part.startswith("data:")]
    bodies = [page.body, *(site.browser().get(part).body for part in parts)]
    return sum(len(gzip.compress(body)) for body in bodies) / KILOBYTE, len(bodies)


# Counting


def held_up(bench: bench_site.Bench, site: Server) -> None:
    """The longest that a vote waits while the desk counts, beside a run in which nothing counts."""
    with bench.app.app_context():
        path = bench_site.ended(bench, WHILE_OTHERS_VOTE)
        link = sign_in.make_link(Account.get(Account.name == demo.ORGANISER))
        database.close()
    browser = site.browser()
    browser.get(link)
    page = browser.get(path)
    form = next(form for form in page.forms if form.method == "post" and not form.action)
    answers: list[Page] = []
    count = threading.Thread(target=lambda: answers.append(browser.send(page, form, SURE)))
    print(f"\nVotes while the desk counts {WHILE_OTHERS_VOTE:,} ratings, 8 connections")
    line("", "votes", "per s", "p50 ms", "p99", "longest")
    for name in ("nothing counts", "it counts"):
        votes, _ = bench_site.resident_posts(site, bench.pages["questionnaire"], 8)
        if name == "it counts":
            count.start()
        done = load.drive(site.port, votes, 8, 12, "谢谢")
        waits = [done.wait(share) for share in (0.5, 0.99, 1)]
        line(name, len(done.waits), f"{done.per_second:.0f}", *(f"{wait:.0f}" for wait in waits))
    count.join()
    counted = "计票完成" in answers[0].text
    judge("the desk's count beside the votes is done", "yes" if counted else "no", counted)
    judge("a count holds no vote up for two seconds", f"{waits[2]:.0f} ms", waits[2] < 2000)
    judge("no vote fails meanwhile", f"{done.errors} errors", done.errors == 0)


def measured(work: str, bench: bench_site.Bench, survey: Round) -> tuple[float, float]:
    """Seconds and megabytes of a piece of work, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.bench_count", work]
    command += [str(bench.folder), str(survey.id)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(bench.folder), check=True, capture_output=True
    )
    seconds, megabytes = json.loads(done.stdout)
    return seconds, megabytes


def counting(bench: bench_site.Bench, sizes: tuple[int, ...]) -> None:
    """Counting beside the loop that only reads and unseals, in alternating rounds."""
    print("\nCounting (ten answers a rating)")
    widths = (26, 10, 10, 8, 12, 12, 12)
    heads = ("loop s", "count s", "ratio", "loop MB", "count MB", "closing s")
    line("ratings", *heads, widths=widths)
    grown: dict[int, float] = {}
    for size in sizes:
        with bench.app.app_context():
            communities = [each.unit for each in bench_site.subjects(bench.survey)]
            survey, _ = bench_site.open_round(bench.keys, bench_site.ten_questions(), communities)
            bench_site.fill(bench.keys, survey, size)
            database.close()
        runs = [(measured("loop", bench, survey), measured("count", bench, survey)) for _ in "123"]
        loop, counted = (median(run[which][0] for run in runs) for which in (0, 1))
        memory = [median(run[which][1] for run in runs) for which in (0, 1)]
        whole, _ = measured("close", bench, survey)
        grown[size] = memory[1]
        times = [f"{loop:.2f}", f"{counted:.2f}", f"{counted / loop:.2f}"]
        line(f"{size:,}", *times, *(f"{m:.0f}" for m in memory), f"{whole:.2f}", widths=widths)
        if size == sizes[-1]:
            aim = f"counting {size:,} at most twice the loop"
            judge(aim, f"{counted / loop:.2f}", counted <= 2 * loop)
    few, many = grown[100_000], grown[sizes[-1]]
    judge("memory flat from 100,000 on", f"{few:.0f} → {many:.0f} MB", many <= 1.1 * few)


def main() -> None:
    """Prepare, measure, print."""
    sizes = SIZES[:2] if "--quick" in sys.argv else SIZES
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "instance"
        os.environ["BARE_DATABASE"] = f"{place}/bare.sqlite"
        bench = bench_site.prepare(folder)
        print(f"Prepared in {time.monotonic() - start:.0f} s; medians of {ROUNDS} rounds.")
        yardstick = Server(
            Path(place) / "bare", "tests.bench.bare:app", more=("--workers-kill-timeout", "2")
        )
        with (
            running(Server(folder, more=("--workers-kill-timeout", "2"))) as site,
            running(yardstick) as bare,
        ):
            submissions(bench, site, bare)
            pages(bench, site, bare)
            held_up(bench, site)
        counting(bench, sizes)
    print("\nAims")
    for aim, found, holds in verdicts:
        line(aim, found, "holds" if holds else "does not hold", widths=(64, 20, 16))
    print(f"\n{time.monotonic() - start:.0f} s in all. Only the ratios are claims.")


if __name__ == "__main__":
    main()
