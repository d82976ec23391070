"""`make fleet-demo`: a rollout on eight gateways, of which one locks its administrator out and comes back by itself."""

import os
import subprocess
import sys
import time
from pathlib import Path

import fleet
from controller import Controller

FOLDER = Path(os.environ["FLEET"])
MISTAKE = 6
QUIET = {"ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false", "ANSIBLE_SHOW_TASK_PATH_ON_FAILURE": "false"}


def say(text):
    print("\n" + text, flush=True)


def playbook(*arguments):
    say("$ ansible-playbook sallyport.ftp.rollout " + " ".join(arguments))
    environment = dict(os.environ, ANSIBLE_CONFIG=str(FOLDER / "ansible.cfg"), NO_COLOR="1", **QUIET)
    started = time.monotonic()
    status = subprocess.run(
        ["ansible-playbook", "sallyport.ftp.rollout", *arguments], cwd=FOLDER, env=environment, check=False
    ).returncode
    say(f"(exit status {status}, {time.monotonic() - started:.0f} seconds)")
    return status


def on_gateway(number, command):
    ssh = [
        "ssh",
        "-i",
        str(FOLDER / "key"),
        "-o",
        f"UserKnownHostsFile={FOLDER}/known_hosts",
        f"root@10.99.1.{number}",
        command,
    ]
    return subprocess.run(ssh, text=True, capture_output=True, check=False).stdout.strip()


def session(number):
    curl = ["curl", "-sS", "--max-time", "15", "--ssl-reqd", "--insecure", f"ftp://203.0.113.{number}/"]
    done = subprocess.run(curl, text=True, capture_output=True, check=False)
    return "hello.txt" in done.stdout, (done.stdout or done.stderr).strip()


def main():
    controller = Controller(FOLDER, os.environ["SALLYPORT"])
    controller.describe(batch=4)
    site = FOLDER / f"sites/{MISTAKE:02}.sally"
    site.write_text(fleet.locked_out(MISTAKE), encoding="utf-8")
    say(
        f"Eight gateways with a server each, real sshd and FTP servers, no rules yet. The policy of gw{MISTAKE:02} has a\nmistake: it "
        f"publishes port 22 of the address at which the gateway itself answers SSH.\n\n$ cat sites/{MISTAKE:02}.sally"
    )
    print(site.read_text(encoding="utf-8"))
    stopped = playbook()
    running = on_gateway(MISTAKE, "nft list tables") or "none, as before"
    say(f"gw{MISTAKE:02} answers again; the rules it has of ours: {running}")
    say("The mistake is mended, and the rollout runs again.")
    site.write_text(fleet.site(MISTAKE, 50199), encoding="utf-8")
    finished = playbook()
    results = {number: session(number) for number in range(1, 9)} if os.environ.get("FLEET_DAEMONS") else {}
    for number, (works, said) in results.items():
        say(f"$ curl --ssl-reqd ftp://203.0.113.{number}/      # {fleet.SOFTWARE[number % 3]}\n{said}")
    good = stopped != 0 and finished == 0 and all(works for works, said in results.values())
    say("as it should be" if good else "NOT as it should be")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
