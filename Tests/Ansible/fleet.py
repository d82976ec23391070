#!/usr/bin/env python3
"""A fleet of machines for the tests of the Ansible collection: gateways and FTP servers, each with a network, mounts,
processes and a host name of its own, a root file system that is laid over that of this machine, and a real sshd.

Everything lives in namespaces of one process: when it ends, however it ends, all machines are gone, and nothing of them
was visible outside. Needs root.

    fleet.py --programs DIR --sallyport DIR [options] -- COMMAND...

COMMAND runs in the network of the controller, with FLEET naming the folder that holds `hosts.yml`, `sites/`,
`fleet.sally` and the keys. Its status is the status.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

SOFTWARE = ("proftpd", "pure-ftpd", "vsftpd")
HERE = Path(__file__).resolve().parent


def gateway_name(number):
    return f"gw{number:02}"


def server_name(number):
    return f"ftp{number:02}"


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--programs", type=Path, required=True, help="what scripts/ansible prints")
    parser.add_argument(
        "--daemons", type=Path, help="what scripts/fetch-daemons prints; servers run nothing without it"
    )
    parser.add_argument("--sallyport", type=Path, required=True, help="the folder of the built programs")
    parser.add_argument("--gateways", type=int, default=2)
    parser.add_argument("--unreachable", type=int, action="append", default=[], help="a gateway without sshd")
    parser.add_argument("--old-nft", type=int, action="append", default=[], help="a gateway with nft of Debian 11")
    parser.add_argument("--foreign", type=int, action="append", default=[], help="a gateway whose other rules drop")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    arguments.command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not arguments.command:
        parser.error("no command to run")
    return arguments


def run(*command, **options):
    subprocess.run(command, check=True, **options)


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


class Layers:
    """Folders that are laid over the root of this machine to make the roots of others."""

    def __init__(self, arguments, folder):
        self.folder = folder
        self.common = folder / "common"
        shutil.copytree(arguments.programs / "machine", self.common, symlinks=True)
        for name, place in (("sallyport", "bin"), ("sallyport-netfilter", "libexec/sallyport")):
            target = self.common / "usr/local" / place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2((arguments.sallyport / name).resolve(), target)
        shutil.copy2(HERE / "ftp-restart", self.common / "usr/local/bin/ftp-restart")
        self.accounts()
        self.secrets()
        # Copied, because a layer must not lie in another one.
        self.old_nft = folder / "old-nft"
        if arguments.old_nft:
            shutil.copytree(arguments.programs / "old-nft", self.old_nft, symlinks=True)
        self.daemons = {}
        for name in SOFTWARE if arguments.daemons else ():
            tree = folder / name
            shutil.copytree(arguments.daemons / name / "usr", tree / "usr", symlinks=True)
            self.daemons[name] = tree
        self.main_files()

    def accounts(self):
        etc = self.common / "etc"
        users = Path("/etc/passwd").read_text(encoding="utf-8")
        known = {line.split(":")[0] for line in users.splitlines()}
        lines = [
            f"{name}:x:65533:65534::{home}:/usr/sbin/nologin"
            for name, home in (("sshd", "/run/sshd"), ("ftp", "/srv/ftp"))
            if name not in known
        ]
        write(etc / "passwd", users.rstrip("\n") + "\n" + "\n".join(lines) + "\n")
        write(etc / "shadow", "root:*:19000:0:99999:7:::\n", 0o600)

    def secrets(self):
        """One key for all hosts, one for the user, one certificate: all thrown away at the end."""
        ssh = self.common / "etc/ssh"
        ssh.mkdir(parents=True, exist_ok=True)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet", "-f", str(ssh / "fleet_host"))
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet", "-f", str(self.folder / "key"))
        shutil.copy2(self.folder / "key.pub", ssh / "fleet_users")
        key = (ssh / "fleet_host.pub").read_text(encoding="utf-8")
        write(self.folder / "known_hosts", "* " + key)
        write(
            ssh / "sshd_config",
            "\n".join(
                [
                    "HostKey /etc/ssh/fleet_host",
                    "AuthorizedKeysFile /etc/ssh/fleet_users",
                    "PasswordAuthentication no",
                    "KbdInteractiveAuthentication no",
                    "UsePAM no",
                    "UseDNS no",
                    "PermitRootLogin prohibit-password",
                    "Subsystem sftp internal-sftp",
                    "PidFile none",
                    "LogLevel ERROR",
                    "MaxStartups 100",
                    "",
                ]
            ),
        )
        pem = self.common / "etc/ssl/ftp.pem"
        pem.parent.mkdir(parents=True, exist_ok=True)
        run(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=fleet",
            "-keyout",
            str(pem),
            "-out",
            str(pem) + ".crt",
            stderr=subprocess.DEVNULL,
        )
        with pem.open("a", encoding="utf-8") as file:
            file.write(Path(str(pem) + ".crt").read_text(encoding="utf-8"))
        pem.chmod(0o600)

    def main_files(self):
        """What an administrator keeps beside the settings of a policy: anonymous users alone, who see one file."""
        if not self.daemons:
            return
        write(self.common / "srv/ftp/hello.txt", "hello\n")
        write(
            self.daemons["vsftpd"] / "etc/vsftpd.conf",
            "\n".join(
                ["background=NO", "anonymous_enable=YES", "secure_chroot_dir=/srv/empty", "seccomp_sandbox=NO", ""]
            ),
        )
        (self.common / "srv/empty").mkdir(parents=True, exist_ok=True)
        (self.daemons["pure-ftpd"] / "etc/pure-ftpd").mkdir(parents=True)
        write(
            self.daemons["proftpd"] / "etc/proftpd/proftpd.conf",
            "\n".join(
                [
                    "ModulePath /usr/lib/proftpd",
                    "LoadModule mod_tls.c",
                    'ServerName "fleet"',
                    "ServerType standalone",
                    "User nobody",
                    "Group nogroup",
                    "PidFile /run/proftpd.pid",
                    "ScoreboardFile /run/proftpd.scoreboard",
                    "TransferLog none",
                    "WtmpLog off",
                    "<Global>",
                    "  AuthOrder mod_auth_unix.c",
                    "  RequireValidShell off",
                    "</Global>",
                    "<Anonymous /srv/ftp>",
                    "  User ftp",
                    "  Group nogroup",
                    "  UserAlias anonymous ftp",
                    "  RequireValidShell off",
                    "</Anonymous>",
                    "<IfModule mod_ctrls.c>",
                    "  ControlsEngine off",
                    "</IfModule>",
                    "Include /etc/proftpd/conf.d/",
                    "",
                ]
            ),
        )
        (self.daemons["proftpd"] / "etc/proftpd/conf.d").mkdir(parents=True)

    def below(self, number, kind, arguments):
        """The layers of one machine, the uppermost first."""
        layers = [self.common, Path("/")]
        if kind == "gateway" and number in arguments.old_nft:
            layers.insert(0, self.old_nft)
        if kind == "server" and self.daemons:
            layers.insert(0, self.daemons[SOFTWARE[number % len(SOFTWARE)]])
        return ":".join(map(str, layers))


def lay_network(arguments):
    """One wide network with the controller and all gateways in it, and a network of its own for each server."""
    namespaces, links, addresses = [], [], {}
    for number in range(1, arguments.gateways + 1):
        gateway, server = gateway_name(number), server_name(number)
        namespaces += [f"netns add {gateway}", f"netns add {server}"]
        links += [
            f"link add v{gateway} type veth peer name eth0 netns {gateway}",
            f"link set v{gateway} master wan up",
            f"link add v{server} type veth peer name eth9 netns {server}",
            f"link set v{server} master wan up",
            f"link add x{number} type veth peer name y{number}",
            f"link set x{number} netns {gateway} name eth1",
            f"link set y{number} netns {server} name eth0",
        ]
        addresses[gateway] = [
            "link set lo up",
            "link set eth0 up",
            "link set eth1 up",
            f"address add 10.99.1.{number}/16 dev eth0",
            f"address add 203.0.113.{number}/24 dev eth0",
            f"address add 10.20.{number}.1/24 dev eth1",
            "route add default via 203.0.113.254",
        ]
        addresses[server] = [
            "link set lo up",
            "link set eth0 up",
            "link set eth9 up",
            f"address add 10.99.2.{number}/16 dev eth9",
            f"address add 10.20.{number}.2/24 dev eth0",
            f"route add default via 10.20.{number}.1",
        ]
    own = [
        "link set lo up",
        "link add wan type bridge",
        "address add 10.99.0.1/16 dev wan",
        "address add 203.0.113.254/24 dev wan",
        "link set wan up",
    ]
    run("ip", "-batch", "-", input="\n".join(namespaces + own + links) + "\n", text=True)
    for name, lines in addresses.items():
        run("ip", "-n", name, "-batch", "-", input="\n".join(lines) + "\n", text=True)


def start_machine(name, lower, folder, runs_sshd):
    for part in ("upper", "work", "root"):
        (folder / part).mkdir(parents=True)
    init = [
        "ip",
        "netns",
        "exec",
        name,
        "unshare",
        "--mount",
        "--pid",
        "--uts",
        "--fork",
        "--kill-child",
        "/bin/sh",
        str(HERE / "machine.sh"),
        name,
        lower,
        str(folder),
        "yes" if runs_sshd else "no",
    ]
    return subprocess.Popen(init, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)


def site(number, passive_top, mistake=""):
    """The policy of one site: its gateway, its server, its publication."""
    return f"""gateway {gateway_name(number)} {{
    outside      eth0
    inside       eth1
    external ip  203.0.113.{number}
}}

server {server_name(number)} {{
    address      10.20.{number}.2
    software     {SOFTWARE[number % len(SOFTWARE)]}
    certificate  "/etc/ssl/ftp.pem"
    max clients  20
}}

publish site{number:02} {{
    gateway        {gateway_name(number)}
    server         {server_name(number)}
    passive range  50000-{passive_top}
    tls            explicit required
{mistake}}}
"""


def locked_out(number):
    """A site whose administrator locks himself out: SSH to the gateway itself ends at the FTP server."""
    return site(number, 50199, f"    external ip    10.99.1.{number}\n    control port   22 -> 21\n")


def write_policies(folder, gateways):
    for number in range(1, gateways + 1):
        write(folder / f"before/sites/{number:02}.sally", site(number, 50099))
        write(folder / f"sites/{number:02}.sally", site(number, 50199))
    write(folder / "before/fleet.sally", 'include "sites/*.sally"\n')
    write(folder / "fleet.sally", 'include "sites/*.sally"\n')


def write_hosts(folder, gateways):
    """What a policy cannot know: where the machines answer SSH."""
    lines = [
        "all:",
        "  vars:",
        "    ansible_user: root",
        f"    ansible_ssh_private_key_file: {folder}/key",
        "    ansible_python_interpreter: /usr/bin/python3",
        f"    ansible_ssh_common_args: >-\n      -o UserKnownHostsFile={folder}/known_hosts -o ConnectTimeout=4",
        "  hosts:",
    ]
    for number in range(1, gateways + 1):
        lines += [
            f"    {gateway_name(number)}: {{ansible_host: 10.99.1.{number}}}",
            f"    {server_name(number)}: {{ansible_host: 10.99.2.{number}}}",
        ]
    lines += [
        "  children:",
        "    sallyport_servers:",
        "      vars:",
        '        sallyport_restart_command: "ftp-restart {{ sallyport_software }}"',
        "        sallyport_append: \"{{ 'Daemonize no' if sallyport_software == 'pure-ftpd' else '' }}\"",
        "    sallyport_gateways:",
        "      vars:",
        "        sallyport_confirm_within: 15",
        "        sallyport_persist: /etc/sallyport.nft",
    ]
    write(folder / "hosts.yml", "\n".join(lines) + "\n")


def wait_for_ssh(arguments, patience=60):
    deadline = time.monotonic() + patience
    waiting = [
        f"10.99.{kind}.{number}"
        for kind in (1, 2)
        for number in range(1, arguments.gateways + 1)
        if not (kind == 1 and number in arguments.unreachable)
    ]
    import socket

    while waiting:
        try:
            socket.create_connection((waiting[0], 22), timeout=1).close()
            waiting.pop(0)
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit(f"fleet: no SSH at {waiting[0]}") from None
            time.sleep(1 / 10)


def inside(arguments):
    folder = arguments.inside
    run("mount", "-t", "tmpfs", "-o", "size=4g,mode=755", "fleet", str(folder))
    Path("/run/netns").mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "fleet", "/run/netns")
    layers = Layers(arguments, folder)
    lay_network(arguments)
    for number in range(1, arguments.gateways + 1):
        for kind, name in (("gateway", gateway_name(number)), ("server", server_name(number))):
            runs_sshd = not (kind == "gateway" and number in arguments.unreachable)
            start_machine(name, layers.below(number, kind, arguments), folder / "machines" / name, runs_sshd)
    for number in arguments.foreign:
        rules = "table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }"
        run("ip", "netns", "exec", gateway_name(number), "nft", rules)
    write_policies(folder, arguments.gateways)
    write_hosts(folder, arguments.gateways)
    wait_for_ssh(arguments)
    environment = dict(os.environ, FLEET=str(folder), FLEET_SIZE=str(arguments.gateways))
    return subprocess.run(arguments.command, env=environment, check=False).returncode


def outside(arguments):
    if os.geteuid() != 0:
        raise SystemExit("fleet: network namespaces need root")
    import tempfile

    folder = tempfile.mkdtemp(prefix="sallyport-fleet-")
    command = [
        "unshare",
        "--net",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "--propagation",
        "private",
        sys.executable,
        str(Path(__file__).resolve()),
        "--inside",
        folder,
        *sys.argv[1:],
    ]
    child = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: child.kill())
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.kill()
        return 130
    finally:
        child.wait()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    arguments = read_arguments()
    sys.exit(inside(arguments) if arguments.inside else outside(arguments))


if __name__ == "__main__":
    main()
