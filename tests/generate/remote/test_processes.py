"""Processes of their own: killed at random, started together, interrupted once and twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from tests.generate.remote.asked import (
    anthropic_model,
    assert_explained,
    make_lake,
    openai_model,
    rows,
)
from tests.provider.settings import BILLED, UNBILLED
from warehouse.check import open_and_check
from warehouse.lake import open_lake


def command(lake, *models: str, **more: str) -> list[str]:
    options = {"--in-flight": "50", "--timeout": "5", "--deadline": "120", **more}
    return [
        sys.executable, "cli.py", "generate", "responses", "--questions", "sample", "--reading",
        "text", "--lake", str(lake), "--json",
        *(part for model in models for part in ("--model", model)),
        *(part for option in options.items() for part in option),
    ]  # fmt: skip


def start(arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        arguments, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def until_busy(server, count: int) -> None:
    """Wait until so many requests have been billed."""
    deadline = time.monotonic() + 60
    while len(server.bills()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_processes_started_together_ask_everything_once(tmp_path, server):
    server.control(latency_seconds=0.2)
    lake = make_lake(tmp_path / "lake", 60).path
    model = openai_model(server.url)
    both = [start(command(lake, model)) for _ in range(2)]
    ends = [(*process.communicate(timeout=120), process.returncode) for process in both]
    assert sorted(code for *_, code in ends) == [0, 2], ends
    [refused] = [said for _, said, code in ends if code == 2]
    assert "being answered by 'mirrorlake generate responses'" in refused
    assert len(server.bills()) == 120


def test_ctrl_c_drains_and_a_second_one_aborts(tmp_path, server):
    server.control(latency_seconds=1.0)
    path = make_lake(tmp_path / "lake", 200).path
    model = openai_model(server.url)
    first = start(command(path, model))
    until_busy(server, 1)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=60)
    assert first.returncode == 130, said
    assert "Run the same command again to continue" in said
    lake = open_lake(path)
    kept = rows(lake, "SELECT count(*) FROM responses")[0][0]
    # What was in flight came home: nothing is lost, nothing unknown.
    assert kept == len(server.bills()) > 0
    assert rows(lake, "SELECT count(*) FROM attempts WHERE outcome = 'unknown'") == [(0,)]

    server.control(latency_seconds=5.0)
    second = start(command(path, model))
    deadline = time.monotonic() + 60
    while not server.inflight():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    second.send_signal(signal.SIGINT)
    time.sleep(0.3)
    second.send_signal(signal.SIGINT)
    _, said = second.communicate(timeout=60)
    assert second.returncode == 130, said
    assert "Traceback" not in said, said
    lake = open_lake(path)
    assert rows(lake, "SELECT count(*) FROM attempts WHERE outcome = 'unknown'")[0][0] > 0
    assert_explained(lake, server)
    assert open_and_check(path) == []


def kill_until_done(server, path, models, kills, chance, longest) -> int:
    """Kill the command at random moments of its work, so many times; then let it finish."""
    done = 0
    while done < kills:
        before = len(server.bills())
        process = start(command(path, *models))
        # A kill before anything was sent proves little: wait until the server is busy.
        while len(server.bills()) == before and process.poll() is None:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, longest))
        if process.poll() is not None:
            break
        process.kill()
        process.communicate()
        done += 1
    for _ in range(3):
        process = start(command(path, *models))
        _, said = process.communicate(timeout=3600)
        if process.returncode == 0:
            break
    assert process.returncode == 0, said
    return done


FAULTS = {kind: 0.05 / len(UNBILLED + BILLED) for kind in UNBILLED + BILLED}


def soak(server, tmp_path, questions, kills, longest):
    """Ask three models in two protocols, with one reply in twenty going wrong."""
    server.control(faults=FAULTS, hold_seconds=0.2, slow_seconds=0.2)
    path = make_lake(tmp_path / "lake", questions).path
    models = [
        openai_model(server.url, "one"),
        openai_model(server.url, "two"),
        anthropic_model(server.url, "three"),
    ]
    killed = kill_until_done(server, path, models, kills, random.Random(kills), longest)
    lake = open_lake(path)
    wanted = questions * 2 * len(models)
    assert rows(lake, "SELECT status, count(*) FROM responses GROUP BY 1") == [("ok", wanted)]
    assert_explained(lake, server)
    assert open_and_check(path) == []
    # Of the test before this one a request may still have been under way at the provider.
    keys = {key for (key,) in rows(lake, "SELECT request_key FROM responses")}
    bills = sum(bill.request in keys for bill in server.bills())
    lost = rows(lake, "SELECT count(*) FROM attempts WHERE outcome = 'unknown'")[0][0]
    kinds = rows(lake, "SELECT outcome, count(*) FROM attempts GROUP BY 1 ORDER BY 1")
    assert bills <= wanted + lost, kinds
    faults = sum(server.seen()["faults"].values())
    return {"kills": killed, "answers": wanted, "bills": bills, "lost": lost, "faults": faults}


def test_kills_at_random_moments_are_explained(tmp_path, server, capsys):
    found = soak(server, tmp_path, questions=400, kills=3, longest=1.0)
    with capsys.disabled():
        print(f"\nproviders: {json.dumps(found)}")


@pytest.mark.soak
def test_twenty_thousand_requests_with_thirty_kills(tmp_path, server, capsys):
    found = soak(server, tmp_path, questions=3334, kills=30, longest=1.2)
    assert found["kills"] == 30
    with capsys.disabled():
        print(f"\nproviders: {json.dumps(found)}")


@pytest.mark.soak
def test_two_hundred_kills(tmp_path, server, capsys):
    server.control(latency_seconds=0.3)
    found = soak(server, tmp_path, questions=5000, kills=200, longest=1.2)
    assert found["kills"] == 200
    with capsys.disabled():
        print(f"\nproviders: {json.dumps(found)}")
