"""How time and memory of the controller grow: plans and dry runs of many gateways with a server each, over a transport
that sends nothing. The last column is the time for each gateway, which stays where growth is linear."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from controller import Controller

SIZES = [int(size) for size in os.environ.get("FLEET_SIZES", "250 500 1000").split()]


def site(number, top):
    place = f"{number // 250}.{number % 250 + 1}"
    return f"""gateway g{number} {{ outside eth0; inside eth1; external ip 198.51.{place} }}
publish site{number} {{
    gateway        g{number}
    server         10.{20 + number // 250}.{number % 250 + 1}.2 vsftpd {{
        certificate  "/etc/ssl/ftp.pem"
        max clients  20
    }}
    passive range  50000-{top}
    tls            explicit required
}}
"""


def measured(command, folder):
    """Status, seconds, and the most memory of one process in MB."""
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(ANSIBLE_CONFIG=str(folder / "ansible.cfg"), NO_COLOR="1")
        with open(folder / "log", "wb") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    return (
        os.waitstatus_to_exitcode(status),
        time.monotonic() - started,
        usage.ru_maxrss / 1024,
        usage.ru_utime + usage.ru_stime,
    )


def prepare(folder, size):
    for name, top in (("before", 50099), ("after", 50199)):
        (folder / name).mkdir()
        for number in range(size):
            (folder / name / f"{number}.sally").write_text(site(number, top), encoding="utf-8")
        (folder / f"{name}.sally").write_text(f'include "{name}/*.sally"\n', encoding="utf-8")
    controller = Controller(folder, os.environ["SALLYPORT"])
    controller.describe(policy="after.sally", old=["before.sally"], batch=50)
    plugins = Path(__file__).resolve().parent / "transport"
    text = (folder / "ansible.cfg").read_text(encoding="utf-8")
    (folder / "ansible.cfg").write_text(
        text.replace("[inventory]", f"connection_plugins = {plugins}\n[inventory]"), encoding="utf-8"
    )
    (folder / "hosts.yml").write_text(
        json.dumps(
            {
                "all": {
                    "vars": {},
                    "children": {
                        "sallyport": {
                            "vars": {"ansible_connection": "nowhere", "ansible_python_interpreter": "/usr/bin/python3"}
                        }
                    },
                }
            }
        ),
        encoding="utf-8",
    )


def main():
    print(f"{'gateways':>8}  {'':10}  {'seconds':>8}  {'CPU':>8}  {'MB':>6}  {'ms CPU for each':>16}")
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix="sallyport-bench-") as name:
            folder = Path(name)
            prepare(folder, size)
            plan = ["ansible-inventory", "--list", "--output", str(folder / "list.json")]
            dry = [
                "ansible-playbook",
                "sallyport.ftp.rollout",
                "--check",
                "-e",
                json.dumps({"sallyport_report": f"{folder}/report.json"}),
            ]
            for title, command in (("plan", plan), ("dry run", dry)):
                status, seconds, memory, cpu = measured(command, folder)
                if status:
                    sys.exit(
                        f"{title} of {size}: status {status}\n" + (folder / "log").read_text(encoding="utf-8")[-4000:]
                    )
                print(
                    f"{size:8}  {title:10}  {seconds:8.1f}  {cpu:8.1f}  {memory:6.0f}  {1000 * cpu / size:16.1f}",
                    flush=True,
                )
            report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
            assert len(report) == 2 * size and {entry["outcome"] for entry in report.values()} == {"would change"}


if __name__ == "__main__":
    main()
