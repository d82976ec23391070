"""The parts of the collection that need no machines."""

import base64
import json
import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from ansible_collections.sallyport.ftp.plugins.filter.report import failed_among, report
from ansible_collections.sallyport.ftp.plugins.module_utils import kernel_files, plan, program, settings
from ansible_collections.sallyport.ftp.plugins.plugin_utils import boxes, controller as on_controller
from controller import ROOT, install_collection

SALLYPORT = os.environ["SALLYPORT"]
POLICY = """gateway edge {
    outside  eth0
    inside   eth1
}

publish files {
    server         10.10.20.200 vsftpd {
        certificate  "/etc/ssl/ftp.pem"
        max clients  20
    }
    external ip    203.0.113.10
    passive range  50000-50099
    tls            explicit required
}
"""


def unpacked(package):
    return json.loads(zlib.decompress(base64.b64decode(package)))


def machine(kind, name, *shares):
    return {"kind": kind, "name": name, "shares": list(shares), "addresses": []}


# The plan.


def test_machines_that_share_sessions_are_never_in_one_batch():
    machines = []
    for number in range(6):
        machines += [
            machine("gateway", f"g{number}", f"server s{number}"),
            machine("server", f"s{number}", f"gateway g{number}"),
        ]
    for size in range(5):
        for batch in plan.batches(machines, machines, size):
            keys = {plan.key_of(one) for one in batch}
            assert not any(other in keys for one in batch for other in one["shares"])
            assert size == 0 or len(batch) <= size


def test_of_two_that_share_sessions_the_first_of_the_order_comes_first():
    first, second = machine("server", "s", "gateway g"), machine("gateway", "g", "server s")
    assert list(plan.batches([second, first], [first, second], 10)) == [[first], [second]]
    assert list(plan.batches([second, first], [second, first], 10)) == [[second], [first]]


def test_a_machine_that_the_new_policy_has_no_more_is_left_out():
    known = machine("gateway", "g")
    assert list(plan.batches([known], [machine("gateway", "gone"), known], 0)) == [[known]]


def test_names_that_clash_are_told():
    both = [machine("gateway", "files"), machine("server", "files"), machine("gateway", "")]
    assert plan.clashes(both) == ["files"] and plan.clashes(both, server_prefix="ftp-") == []
    assert plan.host_name(both[2]) == "gateway"


# What the program says.


def test_a_complaint_names_each_error_with_its_place():
    found = {
        "diagnostics": [
            {
                "severity": "error",
                "file": "a b's.sally",
                "line": 3,
                "column": 5,
                "message": "`x` is no address",
                "code": "invalid-address",
            },
            {"severity": "warning", "file": "a", "line": 1, "column": 1, "message": "other", "code": "tls-off"},
        ]
    }
    for out, err in ((json.dumps(found), ""), ("", json.dumps(found))):
        said = program.Answer(["check"], 1, out, err).complaint()
        assert said == "a b's.sally:3:5: error: `x` is no address [invalid-address]"
    assert "become" in program.Answer(["apply"], 77, "", "error: no privilege\n").complaint()
    assert "status 70" in program.Answer(["apply"], 70, "", "").complaint()


# Settings.


def test_comments_and_empty_lines_restart_no_server():
    assert settings.same_settings(
        "# written by sallyport\n#  line 3\nPort 21\n", "# written by sallyport\n\n  Port 21\n"
    )
    assert not settings.same_settings("Port 21\n", "Port 22\n") and not settings.same_settings(None, "")


def test_whose_a_file_is():
    assert settings.is_ours(None) and settings.is_ours("\n") and settings.is_ours("# Settings, written by sallyport.\n")
    assert not settings.is_ours("Port 21\n")


def test_values_for_the_kernel():
    text = "# comment\nnet.ipv4.ip_forward = 1\n-net.netfilter.nf_conntrack_helper = 0\n"
    assert list(kernel_files.settings(text)) == [
        ("net.ipv4.ip_forward", "1", False),
        ("net.netfilter.nf_conntrack_helper", "0", True),
    ]


def test_a_value_that_the_kernel_lacks_is_a_difference(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel_files, "value_path", lambda name: str(tmp_path / name))
    (tmp_path / "net.ipv4.ip_forward").write_text("0\n")
    (tmp_path / "may.be.missing").write_text("0\n")
    path = tmp_path / "sysctl.d/60-sallyport.conf"
    path.parent.mkdir()
    path.write_text("net.ipv4.ip_forward = 1\n-may.be.missing = 1\n")
    wanted = kernel_files.KernelFiles(None, [{"path": str(path), "text": path.read_text()}])
    assert wanted.differing() == [(str(tmp_path / "net.ipv4.ip_forward"), "1\n")]
    assert wanted.difference()[0]["before"] == "0\n"
    (tmp_path / "net.ipv4.ip_forward").write_text("1\n")
    assert wanted.differing() == []


# The report.


@pytest.mark.parametrize(
    "variables, planned, word",
    [
        ({}, False, "not reached"),
        ({"sallyport_gateway_look": {"unreachable": True, "msg": "no route"}}, False, "unreachable"),
        ({"sallyport_gateway_look": {"failed": True, "msg": "old"}}, False, "unfit"),
        ({"sallyport_gateway_look": {"changed": True}}, True, "would change"),
        ({"sallyport_gateway_look": {"changed": True}}, False, "not reached"),
        ({"sallyport_gateway_look": {"changed": False}}, True, "same"),
        (
            {"sallyport_gateway_look": {"changed": True}, "sallyport_gateway_change": {"changed": True}},
            False,
            "changed",
        ),
        (
            {
                "sallyport_gateway_look": {"changed": True},
                "sallyport_gateway_change": {"skipped": True, "changed": False},
                "sallyport_related": ["bad"],
            },
            False,
            "held back",
        ),
        ({"sallyport_gateway_change": {"failed": True, "outcome": "taken back", "msg": "x"}}, False, "taken back"),
        ({"sallyport_gateway_change": {"failed": True, "msg": "x"}}, False, "failed"),
        (
            {
                "sallyport_gateway_change": {"changed": True},
                "sallyport_command_restart": {"failed": True, "changed": True, "msg": "x"},
            },
            False,
            "not restarted",
        ),
    ],
)
def test_the_report_has_a_word_for_whatever_became_of_a_machine(variables, planned, word):
    bad = {"sallyport_kind": "gateway", "sallyport_gateway_look": {"failed": True}}
    told = report(["g"], {"g": dict(variables, sallyport_kind="gateway"), "bad": bad}, planned)
    assert told["machines"]["g"]["outcome"] == word
    assert bool(told["failures"]) == (word not in ("changed", "same", "would change"))


def test_machines_outside_of_a_limit_have_not_failed():
    told = report(["g"], {"g": {"sallyport_kind": "gateway"}}, limited=True)
    assert told["machines"]["g"]["outcome"] == "outside the limit" and not told["failures"]


def test_the_report_says_what_was_written_where_no_module_could_run():
    look = {"failed": True, "msg": "No start of json char found", "module_stdout": "/bin/sh: 1: sudo: not found\r\n"}
    look["module_stderr"] = "Shared connection to 10.0.0.1 closed.\r\n"
    told = report(["g"], {"g": {"sallyport_kind": "gateway", "sallyport_gateway_look": look}})
    assert told["failures"] == ["g: unfit: No start of json char found\n    /bin/sh: 1: sudo: not found"]


def test_which_of_some_machines_failed():
    variables = {
        "a": {},
        "b": {"sallyport_gateway_change": {"failed": True}},
        "c": {"sallyport_gateway_look": {"unreachable": True}},
        "d": {"sallyport_gateway_change": {"skipped": True, "changed": False}},
        "e": {"sallyport_gateway_change": {"changed": True}},
    }
    variables = {name: dict(value, sallyport_kind="gateway") for name, value in variables.items()}
    assert failed_among("abcdef", variables) == ["b", "c", "d"] and failed_among("abcdef", variables, True) == ["b"]


# On the controller.


def test_a_policy_is_packed_with_what_it_includes_and_names_of_its_own(tmp_path):
    folder = tmp_path / 'a folder\'s "name"'
    (folder / "sites").mkdir(parents=True)
    (folder / "all.sally").write_text('include "sites/*.sally"\n')
    (folder / "sites/one.sally").write_text(POLICY)
    with on_controller.compiled_policy(SALLYPORT, [str(folder / "all.sally")], []) as (out, manifest):
        value = unpacked(on_controller.policy_package([str(folder / "all.sally")], manifest["sources"], []))
    assert value["policy"] == ["./all.sally"] and value["files"]["sites/one.sally"] == POLICY


def test_a_policy_behind_links_is_packed_by_its_names(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "policy/sites").mkdir(parents=True)
    (tmp_path / "store/1").write_text(POLICY)
    (tmp_path / "store/2").write_text('include "sites/*.sally"\n')
    (tmp_path / "policy/sites/one.sally").symlink_to("../../store/1")
    (tmp_path / "policy/all.sally").symlink_to("../store/2")
    with on_controller.compiled_policy(SALLYPORT, [str(tmp_path / "policy/all.sally")], [str(tmp_path)]) as found:
        value = unpacked(on_controller.policy_package([str(tmp_path / "policy/all.sally")], found[1]["sources"], []))
    assert value["policy"] == ["./all.sally"] and set(value["files"]) == {"all.sally", "sites/one.sally"}


def test_an_include_that_the_gateway_cannot_have_is_told(tmp_path):
    (tmp_path / "one.sally").write_text(POLICY)
    (tmp_path / "all.sally").write_text(f'# include "/not/this"\ninclude "{tmp_path}/one.sally"\n')
    names = [str(tmp_path / name) for name in ("all.sally", "one.sally")]
    with pytest.raises(Exception, match=r"all\.sally: an include has an absolute path"):
        on_controller.policy_package(names[:1], names, [])


def test_a_gateway_that_the_policy_has_not_is_told():
    machines = {"machines": [machine("gateway", "edge"), machine("gateway", "inner")]}
    with pytest.raises(Exception, match="no gateway `edgy`; it has `edge`, `inner`"):
        on_controller.machine_of(machines, "gateway", "edgy")
    with pytest.raises(Exception, match="name is missing, the gateway of the policy; it has `edge`, `inner`"):
        on_controller.machine_of(machines, "gateway", "")


def test_lines_for_the_collections_of_vendors():
    assert boxes.text_lines("! comment\nobject network a\n host 10.0.0.1\n\n# other\n") == [
        "object network a",
        "host 10.0.0.1",
    ]


# Modules, run as Ansible runs them: as programs with arguments.


class Module:
    """A module of the collection with its own Python."""

    def __init__(self, folder):
        self.collections = install_collection(folder)

    def run(self, name, check=False, **arguments):
        arguments["_ansible_check_mode"] = check
        arguments["_ansible_remote_tmp"] = str(self.collections.parent)
        code = (
            "import sys, json; from ansible.module_utils.testing import patch_module_args\n"
            "import importlib; module = importlib.import_module('ansible_collections.sallyport.ftp.plugins.modules."
            + name
            + "')\n"
            "with patch_module_args(json.loads(sys.argv[1])): module.main()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, json.dumps(arguments)],
            text=True,
            capture_output=True,
            check=False,
            env=dict(os.environ, PYTHONPATH=str(self.collections)),
        )
        assert done.stdout.strip().startswith("{"), done.stderr
        return json.loads(done.stdout)


@pytest.fixture(name="module")
def _module(tmp_path):
    return Module(tmp_path / "module")


@pytest.fixture(name="policy")
def _policy(tmp_path):
    path = tmp_path / 'a policy\'s "file" $(touch x).sally'
    path.write_text(POLICY)
    return path


def test_policy_compiles_and_is_idempotent(module, policy, tmp_path):
    folder = str(tmp_path / "out put")
    options = {"files": [str(policy)], "executable": SALLYPORT, "state": "compiled", "folder": folder}
    planned = module.run("policy", check=True, **options)
    assert planned["changed"] and not Path(folder).exists()
    first, second = module.run("policy", **options), module.run("policy", **options)
    assert first["changed"] and not second["changed"] and (Path(folder) / "gateways/edge/sallyport.nft").exists()
    assert first["batches"] == [["gateway edge"], ["server files"]] and first["sources"] == [str(policy)]


def test_machines_of_a_path_share_sessions(module):
    told = module.run("policy", files=[str(ROOT / "policies/dmz.sally")], executable=SALLYPORT)
    machines = {plan.key_of(one): one for one in told["machines"]}
    assert set(machines) == {"gateway edge", "gateway inner", "server files"}
    assert all(set(one["shares"]) == set(machines) - {key} for key, one in machines.items())
    assert machines["server files"]["software"] == "proftpd" and machines["server files"]["addresses"] == [
        "10.10.20.200"
    ]
    assert machines["gateway edge"]["platform"] == "nftables" and machines["gateway edge"]["folder"] == "gateways/edge"
    told = module.run("policy", files=[str(ROOT / "policies/on-the-firewall.sally")], executable=SALLYPORT)
    assert [(one["kind"], one["name"], one.get("host")) for one in told["machines"]] == [
        ("gateway", "", None),
        ("server", "files", ""),
    ]


def test_policy_tells_errors_with_their_place_and_writes_nothing(module, policy, tmp_path):
    policy.write_text(POLICY.replace("50000-50099", "50099-50000"))
    told = module.run(
        "policy", files=[str(policy)], executable=SALLYPORT, state="compiled", folder=str(tmp_path / "out")
    )
    assert told["failed"] and f"{policy}:12:20: error:" in told["msg"] and not (tmp_path / "out").exists()


def test_policy_compares_with_the_old_one(module, policy, tmp_path):
    old = tmp_path / "old.sally"
    old.write_text(POLICY.replace("50000-50099", "50000-50049"))
    told = module.run("policy", files=[str(policy)], old=[str(old)], executable=SALLYPORT)
    assert (
        {entry["kind"] for entry in told["order"]} == {"gateway", "server"} and told["changes"] and not told["changed"]
    )


def test_policy_names_machines_that_it_has_no_more(module, policy, tmp_path):
    old = tmp_path / "old.sally"
    old.write_text(POLICY.replace("edge", "gone").replace("files", "former"))
    told = module.run("policy", files=[str(policy)], old=[str(old)], executable=SALLYPORT)
    assert sorted(told["gone"]) == ["gateway gone", "server former"]
    assert {key for batch in told["batches"] for key in batch} == {"gateway edge", "server files"}


@pytest.mark.parametrize(
    "executable", ["/nowhere/sallyport", "no-such-program", "/etc/passwd", "/bin/true", "/bin/false"]
)
def test_a_wrong_program_is_told(module, policy, executable):
    told = module.run("policy", files=[str(policy)], executable=executable)
    assert told["failed"] and told["msg"].strip()


def test_a_missing_policy_is_told(module, tmp_path):
    told = module.run("policy", files=[str(tmp_path / "none.sally")], executable=SALLYPORT)
    assert told["failed"] and "none.sally" in told["msg"]


def test_server_writes_all_or_nothing(module, tmp_path):
    paths = [tmp_path / "one.conf", tmp_path / "missing/two.conf"]
    files = [{"path": str(path), "text": "# written by sallyport\nPort 21\n"} for path in paths]
    told = module.run("server", files=files)
    assert (
        told["failed"]
        and "missing" in told["msg"]
        and [path.name for path in tmp_path.iterdir() if path.is_file()] == []
    )


def test_server_refuses_what_its_check_refuses(module, tmp_path):
    path = tmp_path / "one.conf"
    files = [{"path": str(path), "text": "# written by sallyport\nPort 21\n"}]
    told = module.run("server", files=files, validate="grep 22 %s")
    assert told["failed"] and "refused, nothing was changed" in told["msg"] and not path.exists()
    assert "status 1" in module.run("server", files=files, validate="false %s")["msg"]
    assert module.run("server", files=files, validate="/nowhere %s")["failed"]
    assert list(tmp_path.iterdir()) == [module.collections.parent]


def test_server_wants_the_path_of_a_file(module, tmp_path):
    for path in (str(tmp_path), "one.conf"):
        told = module.run("server", files=[{"path": path, "text": "# written by sallyport\n"}], force=True)
        assert told["failed"] and f"`{path}`" in told["msg"]


def test_server_changes_something_until_somebody_has_restarted_it(module, tmp_path):
    mark = tmp_path / "mark"
    files = [{"path": str(tmp_path / "one.conf"), "text": "# written by sallyport\nPort 21\n"}]
    options = {"files": files, "restart_mark": str(mark)}
    assert module.run("server", check=True, **options)["changed"] and not mark.exists()
    assert module.run("server", **options)["changed"] and mark.exists()
    for check in (True, False):
        told = module.run("server", check=check, **options)
        assert told["changed"] and told["files"] == []
    mark.unlink()
    assert not module.run("server", **options)["changed"] and not mark.exists()


def test_server_keeps_files_of_others_and_is_idempotent(module, tmp_path):
    path = tmp_path / "one.conf"
    path.write_text("Port 2121\n")
    files = [{"path": str(path), "text": "# written by sallyport\nPort 21\n"}]
    assert "did not write" in module.run("server", files=files)["msg"] and path.read_text() == "Port 2121\n"
    assert module.run("server", check=True, files=files, force=True)["changed"] and path.read_text() == "Port 2121\n"
    first = module.run("server", files=files, force=True)
    assert first["changed"] and Path(first["backups"][0]).read_text() == "Port 2121\n"
    assert not module.run("server", files=files)["changed"]


def test_gateway_refuses_another_version_and_paths_that_are_relative(module, tmp_path):
    program_of_old = tmp_path / "sallyport"
    program_of_old.write_text("#!/bin/sh\necho sallyport 0.0.9\n")
    program_of_old.chmod(0o755)
    told = module.run("gateway", executable=str(program_of_old), version="0.1.0")
    assert told["failed"] and "controller has sallyport 0.1.0" in told["msg"] and "`sallyport 0.0.9`" in told["msg"]
    for option in ("persist", "state_dir"):
        told = module.run("gateway", executable=str(program_of_old), version="0.1.0", **{option: "boot.nft"})
        assert told["outcome"] == "refused" and f"{option} is an absolute path" in told["msg"]


def test_facts_have_the_version_that_vsftpd_writes_to_its_client(module, tmp_path, monkeypatch):
    daemon = tmp_path / "bin/vsftpd"
    daemon.parent.mkdir()
    daemon.write_text("#!/bin/sh\necho 'vsftpd: version 3.0.3' >&0\n")
    daemon.chmod(0o755)
    monkeypatch.setenv("PATH", str(daemon.parent), prepend=os.pathsep)
    assert module.run("facts")["ansible_facts"]["sallyport_facts"]["servers"]["vsftpd"] == "3.0.3"


def test_facts_guess_nothing(module):
    told = module.run("facts", executable="/nowhere/sallyport")["ansible_facts"]["sallyport_facts"]
    assert told["sallyport"] == "" and told["kernel"]
    assert module.run("facts", executable=SALLYPORT)["ansible_facts"]["sallyport_facts"]["sallyport"].count(".") == 2


# What runs on Windows can only be parsed here.


def test_the_script_for_windows_parses():
    folder = subprocess.run(
        [str(ROOT / "scripts/powershell-parser"), "--where"], text=True, capture_output=True, check=False
    )
    if folder.returncode:
        pytest.skip("no parser of PowerShell: scripts/powershell-parser")
    script = ROOT / "packaging/ansible/plugins/modules/server_windows.ps1"
    code = (
        "import sys, tree_sitter, tree_sitter_powershell as p\n"
        "tree = tree_sitter.Parser(tree_sitter.Language(p.language())).parse(open(sys.argv[1], 'rb').read())\n"
        "sys.exit(tree.root_node.has_error)\n"
    )
    done = subprocess.run(
        [shutil.which("python3"), "-c", code, str(script)],
        check=False,
        env=dict(os.environ, PYTHONPATH=folder.stdout.strip()),
    )
    assert done.returncode == 0
