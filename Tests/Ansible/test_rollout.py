"""A rollout on real machines: run inside a fleet (fleet.py), which scripts/test-ansible starts."""

import os
import subprocess
import threading
import time
from pathlib import Path

import fleet
import pytest
from controller import Controller, outcomes

FOLDER = Path(os.environ.get("FLEET", "/nowhere"))
SIZE = int(os.environ.get("FLEET_SIZE", "0"))
# The gateways that have something the matter with them, by what it is; scripts/test-ansible sets it.
TROUBLE = dict(pair.split("=") for pair in os.environ.get("FLEET_TROUBLE", "").split())

pytestmark = pytest.mark.skipif(SIZE == 0, reason="runs inside a fleet: scripts/test-ansible")


@pytest.fixture(scope="module", name="controller")
def _controller():
    controller = Controller(FOLDER, os.environ["SALLYPORT"])
    controller.describe()
    return controller


def on(number, command, kind=1):
    """What a command says on a gateway (1) or a server (2)."""
    ssh = ["ssh", "-i", str(FOLDER / "key"), "-o", f"UserKnownHostsFile={FOLDER}/known_hosts", "-o", "ConnectTimeout=4"]
    return subprocess.run(
        [*ssh, f"root@10.99.{kind}.{number}", command], text=True, capture_output=True, check=False
    ).stdout


def reachable():
    return [number for number in range(1, SIZE + 1) if str(number) != TROUBLE.get("unreachable")]


def tables():
    """The gateways on which our table runs."""
    return [number for number in reachable() if "inet sallyport" in on(number, "nft list tables")]


def listing(number):
    """A session from outside: what curl lists over FTPS."""
    curl = ["curl", "-sS", "--max-time", "15", "--ssl-reqd", "--insecure", f"ftp://203.0.113.{number}/"]
    done = subprocess.run(curl, text=True, capture_output=True, check=False)
    return done.stdout + done.stderr


def write_site(number, text):
    (FOLDER / f"sites/{number:02}.sally").write_text(text, encoding="utf-8")


def test_a_policy_with_errors_changes_nothing_anywhere(controller):
    good = (FOLDER / "sites/01.sally").read_text(encoding="utf-8")
    write_site(1, good.replace("passive range  50000-50199", "passive range  50199-50000"))
    done, report = controller.rollout()
    assert done.returncode != 0 and "sites/01.sally:17:20: error:" in done.stdout and not report
    assert tables() == []
    write_site(1, good)


def test_check_mode_changes_nothing_and_says_so_twice(controller):
    healthy = not {"unreachable", "old-nft", "foreign"} & set(TROUBLE)
    first = controller.rollout("--check", "--diff")
    if SIZE > 3:
        assert outcomes(first[1]) == outcomes(controller.rollout("--check")[1])
    assert (
        outcomes(first[1])["gw01"] == "would change" and "+added: `site01` is wanted and not running" in first[0].stdout
    )
    assert (first[0].returncode == 0) == healthy and tables() == []
    assert on(1, "cat /proc/sys/net/ipv4/ip_forward") == "0\n"


def test_what_is_unfit_stops_the_rollout_before_anything_is_changed(controller):
    if not {"unreachable", "old-nft", "foreign"} & set(TROUBLE):
        pytest.skip("every machine is fit")
    done, report = controller.rollout()
    assert done.returncode != 0 and set(outcomes(report).values()) == {"unfit", "unreachable", "not reached"} - (
        set() if "unreachable" in TROUBLE else {"unreachable"}
    )
    assert tables() == []


def test_a_rollout_changes_all_that_is_fit_and_names_the_rest(controller):
    mistake = int(TROUBLE.get("mistake", 0))
    if mistake:
        write_site(mistake, fleet.locked_out(mistake))
    done, report = controller.rollout(sallyport_skip_unfit=True, sallyport_go_on=True)
    told = outcomes(report)
    bad = {int(number): kind for kind, number in TROUBLE.items()}
    words = {"unreachable": "unreachable", "old-nft": "unfit", "foreign": "unfit", "mistake": "taken back"}
    for number in range(1, SIZE + 1):
        kind = bad.get(number)
        assert told[fleet.gateway_name(number)] == (words[kind] if kind else "changed"), done.stdout[-6000:]
        assert told[fleet.server_name(number)] == ("held back" if kind else "changed"), done.stdout[-6000:]
    assert (done.returncode == 0) == (not bad)
    messages = {kind: report[fleet.gateway_name(number)]["message"] for number, kind in bad.items()}
    assert "1.0.6 or newer" in messages.get("old-nft", "1.0.6 or newer")
    assert "ip filter FORWARD" in messages.get("foreign", "ip filter FORWARD")
    assert "no new connection after the change" in messages.get("mistake", "no new connection after the change")
    assert tables() == [number for number in range(1, SIZE + 1) if number not in bad]
    if mistake:
        assert on(mistake, "cat /proc/sys/net/ipv4/ip_forward") == "0\n", "kernel settings are brought back as well"


def test_sessions_work_where_the_policy_is_in_place(controller):
    if not os.environ.get("FLEET_DAEMONS"):
        pytest.skip("no FTP servers")
    healthy = [number for number in range(1, SIZE + 1) if str(number) not in TROUBLE.values()]
    for number in healthy[:3]:
        assert "hello.txt" in listing(number), fleet.SOFTWARE[number % 3]


def test_a_second_rollout_changes_nothing(controller):
    healthy = ",".join(
        fleet.gateway_name(number) + "," + fleet.server_name(number)
        for number in range(1, min(SIZE, 6) + 1)
        if str(number) not in TROUBLE.values()
    )
    done, report = controller.rollout("--limit", "localhost," + healthy, sallyport_skip_unfit=True)
    limited = [host for host in healthy.split(",")]
    assert {outcomes(report)[host] for host in limited} == {"same"}, done.stdout[-6000:]


def test_a_rollout_stops_at_the_first_gateway_whose_verify_fails_and_takes_it_back(controller):
    healthy = [number for number in range(1, SIZE + 1) if str(number) not in TROUBLE.values()][:3]
    # In batches of one, in the order of the names.
    controller.describe(old=["sites-before.sally"], batch=1)
    (FOLDER / "sites-before.sally").write_text(
        "".join((FOLDER / f"sites/{number:02}.sally").read_text(encoding="utf-8") for number in healthy),
        encoding="utf-8",
    )
    (FOLDER / "sites-after.sally").write_text(
        "".join(fleet.site(number, 50249) for number in healthy), encoding="utf-8"
    )
    controller.describe(policy="sites-after.sally", old=["sites-before.sally"], batch=1)
    first, second, *others = healthy
    on(second, "touch /unwell")
    before = on(second, "nft list table inet sallyport")
    done, report = controller.rollout(sallyport_verify="test ! -e /unwell")
    told = outcomes(report)
    assert done.returncode != 0 and told[fleet.gateway_name(second)] == "taken back", done.stdout[-6000:]
    assert told[fleet.gateway_name(first)] == "changed"
    assert all(told[fleet.gateway_name(number)] == "not reached" for number in others)
    assert "50000-50199" in before and "50249" in on(first, "nft list table inet sallyport")
    assert "50249" not in on(second, "nft list table inet sallyport")
    on(second, "rm /unwell")


def test_a_server_that_was_not_restarted_is_restarted_by_the_next_rollout(controller):
    number = [number for number in range(1, SIZE + 1) if str(number) not in TROUBLE.values()][0]
    name = fleet.server_name(number)
    controller.describe(old=[])
    write_site(number, fleet.site(number, 50299))
    only = ("--limit", f"localhost,{name}")
    told = [outcomes(controller.rollout(*only, sallyport_restart_command="false")[1])[name]]
    told += [outcomes(controller.rollout(*only)[1])[name] for _ in range(2)]
    assert told == ["not restarted", "changed", "same"]


def test_a_gateway_that_is_cut_off_is_told_as_lost_and_takes_the_change_back(controller, monkeypatch):
    """As Ansible comes: without pipelining modules are copied by sftp, which has to notice it as well."""
    monkeypatch.setenv("ANSIBLE_PIPELINING", "false")
    number = [number for number in range(1, SIZE + 1) if str(number) not in TROUBLE.values()][0]
    name = fleet.gateway_name(number)
    controller.describe(old=[])
    write_site(number, fleet.site(number, 50299))
    found = []
    options = {"sallyport_confirm_within": 12, "sallyport_verify": "sleep 8"}
    rollout = threading.Thread(
        target=lambda: found.append(controller.rollout("--limit", f"localhost,{name}", **options))
    )
    rollout.start()
    while rollout.is_alive() and "50299" not in on(number, "nft list table inet sallyport"):
        time.sleep(1 / 4)
    subprocess.run(["ip", "link", "set", "v" + name, "down"], check=True)
    rollout.join()
    subprocess.run(["ip", "link", "set", "v" + name, "up"], check=True)
    done, report = found[0]
    assert done.returncode != 0 and outcomes(report)[name] == "lost", done.stdout[-6000:]
    assert "50299" not in on(number, "nft list table inet sallyport")
