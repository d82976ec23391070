import Diagnostics

/// A server of a policy, and above it the lines of its files as comments: settings that agree with the policy, with
/// changes. A change replaces the line with the same first word, or is added.
private func sample(
  _ software: String, _ name: String, _ lines: [String], _ changes: [String], server: [String] = [],
  publish: [String] = []
) -> String {
  let key = { (line: String) in line.prefix { $0 != " " && $0 != "=" } }
  var file = lines.map { line in changes.first { key($0) == key(line) } ?? line }
  file += changes.filter { change in !lines.contains { key($0) == key(change) } }
  let statements = ["server         files", "external ip    203.0.113.10", "passive range  50000-50399"]
  let tls = publish.contains { $0.hasPrefix("tls") } ? [] : ["tls            explicit required"]
  let head = ["# \(name):"] + file.filter { !$0.isEmpty }.map { "#     \($0)" }
  let block = ["server files {", "    address      10.10.20.200", "    software     \(software)"]
  return
    (head + block + server.map { "    \($0)" } + ["}", "", "publish files {"]
    + (statements + tls + publish).map { "    \($0)" } + ["}"]).joined(separator: "\n")
}

private func vsftpd(_ changes: String..., server: [String] = [], publish: [String] = []) -> String {
  sample(
    "vsftpd", "vsftpd.conf",
    [
      "listen=YES", "local_enable=YES", "listen_address=10.10.20.200", "pasv_min_port=50000", "pasv_max_port=50399",
      "pasv_address=203.0.113.10", "max_clients=100", "port_enable=NO", "ssl_enable=YES", "force_anon_logins_ssl=YES",
      "force_anon_data_ssl=YES",
    ], changes, server: server, publish: publish)
}

private func proftpd(_ changes: String..., publish: [String] = []) -> String {
  sample(
    "proftpd", "proftpd.conf",
    [
      "DefaultAddress 10.10.20.200", "PassivePorts 50000 50399", "MasqueradeAddress 203.0.113.10",
      "AllowForeignAddress off", "<Limit PORT EPRT>", "  DenyAll", "</Limit>", "TLSEngine on", "TLSRequired on",
    ], changes, publish: publish)
}

private func iis(_ site: String, attributes: String = "", access: String = "") -> String {
  sample(
    "iis", "applicationHost.config",
    [
      "<configuration>", "  <system.ftpServer>",
      "    <firewallSupport lowDataChannelPort=\"50000\" highDataChannelPort=\"50399\" />",
      "  \(access)</system.ftpServer>",
      "  <system.applicationHost><sites><site name=\"\(site)\"\(attributes)>",
      "    <bindings><binding protocol=\"ftp\" bindingInformation=\"10.10.20.200:21:\" /></bindings>",
      "    <ftpServer><firewallSupport externalIp4Address=\"203.0.113.10\" /><security>",
      "      <ssl serverCertHash=\"0123456789ABCDEF0123456789ABCDEF01234567\" /><commandFiltering>",
      "        <add command=\"PORT\" allowed=\"false\" /><add command=\"EPRT\" allowed=\"false\" />",
      "      </commandFiltering></security></ftpServer>", "  </site></sites></system.applicationHost>",
      "</configuration>",
    ], [], server: ["site         \"Files\"", "certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567"])
}

/// FileZilla Server with the settings of its files in the middle of `<session>`.
private func filezilla(_ pasv: String, publish: [String]) -> String {
  sample(
    "filezilla", "settings.xml",
    [
      "<filezilla><ftp_server>",
      "  <listener><address>10.10.20.200</address><port>21</port><tls_mode>2</tls_mode></listener>",
      "  <session><pasv><host_override>203.0.113.10</host_override>\(pasv)",
      "  <port_range><min>50000</min><max>50399</max></port_range></pasv></session>", "</ftp_server></filezilla>",
    ], [], publish: publish)
}

/// A command line of Pure-FTPd, or something that leads to one.
private func command(_ name: String, _ lines: String...) -> String { sample("pure-ftpd", name, lines, []) }

/// Pages of the codes of `audit`.
let auditPages: [RulePage] = [
  audit(
    .warning, "audit-active-mode", "the server and the policy differ about active mode",
    "With `active off` the gateway drops data connections of the server to clients. A server that accepts PORT nevertheless "
      + "lets clients wait for a 425 in the place of a refusal. With `active on` a server that refuses PORT breaks what clients "
      + "were told, which is an error.", ["F33"], bad: vsftpd("port_enable=YES"), good: vsftpd()),
  audit(
    .error, "audit-active-port", "data connections of active mode come from any port",
    "Without the helper the gateway translates data connections of active mode by their source port, so the server has to take "
      + "a fixed one.", ["F33"],
    bad: vsftpd("port_enable=YES", publish: ["active         on"]),
    good: vsftpd("port_enable=YES", "connect_from_port_20=YES", publish: ["active         on"])),
  audit(
    .error, "audit-announced-address", "the server announces another address than clients dial",
    "The 227 reply of PASV carries an address, and clients connect to it for data. Behind address translation it has to be the "
      + "external one; where the helper opens the ports it has to be the server's own. EPSV carries none, which is why one of the "
      + "two may work.", ["F01", "F03", "F05", "F43", "F44"], bad: vsftpd("pasv_address="), good: vsftpd()),
  audit(
    .warning, "audit-announced-name", "the server announces an address by name",
    "Some programs look the name up once, others for every session, and inside it may lead to an inside address. A policy has "
      + "an address, and so should the server.", ["F41", "F42"], bad: proftpd("MasqueradeAddress ftp.example.com"),
    good: proftpd()),
  audit(
    .warning, "audit-certificate", "the server presents another certificate",
    "The policy names the certificate of the server, and its files name another one or none.", [],
    bad: vsftpd("rsa_cert_file=/etc/ssl/old.pem", server: ["certificate  \"/etc/ssl/ftp.pem\""]),
    good: vsftpd("rsa_cert_file=/etc/ssl/ftp.pem", server: ["certificate  \"/etc/ssl/ftp.pem\""])),
  audit(
    .error, "audit-clear-control", "the server refuses to return to a clear control connection",
    "`clear-control` tells clients that CCC works after the login, so that the helper can read the control connection. This "
      + "server refuses it.", ["F04"],
    bad: proftpd(publish: ["tls            explicit required clear-control"]),
    good: proftpd("TLSRequired auth+data", publish: ["tls            explicit required clear-control"])),
  audit(
    .warning, "audit-clients", "the server refuses clients that the policy admits",
    "A filter of addresses on the server knows nothing of the policy. Clients that the gateway lets through are refused there; with "
      + "`source gateway` all of them come from the gateway's address.", [],
    bad: iis("Files", access: "<security><ipSecurity allowUnlisted=\"false\" /></security>"), good: iis("Files")),
  audit(
    .error, "audit-control-port", "the server does not listen on its control port",
    "The gateway sends control connections to the server's port, and nothing of the server listens there.", ["F09"],
    bad: vsftpd("listen_port=2121"), good: vsftpd("listen_port=2121", publish: ["control port   21 -> 2121"])),
  audit(
    .warning, "audit-foreign-address", "the server lets other hosts than the client take part in transfers",
    "PORT to a foreign address turns the server into a relay into its own network, and a passive port that takes anybody gives "
      + "a file to whoever finds it first. ProFTPD before 1.3.10 does the latter unless `AllowForeignAddress off` is written.",
    ["F32"], bad: vsftpd("port_promiscuous=YES"), good: vsftpd()),
  audit(
    .error, "audit-listen-address", "the server listens on another address",
    "The gateway sends control connections to the address in the policy, and the server listens elsewhere.", [],
    bad: vsftpd("listen_address=127.0.0.1"), good: vsftpd()),
  audit(
    .warning, "audit-listings", "the server refuses listings",
    "`<Limit DIRS>` or `<Limit ALL>` of ProFTPD refuses LIST, NLST and MLSD. Most clients list a folder first, and give up without. "
      + "Allow the warning where files are only put or got by name.", ["F36"],
    bad: proftpd("<Limit DIRS>"), good: proftpd()),
  audit(
    .note, "audit-login-limited", "the server lets only some users log in",
    "`<Limit LOGIN>` of ProFTPD names users or groups. The policy says nothing of them, so who is kept out is not known here.",
    [], bad: proftpd("<Limit LOGIN>\n#       AllowUser alice"), good: proftpd()),
  audit(
    .warning, "audit-max-clients", "the server admits another number of sessions",
    "`max clients` is what the policy counts on, for the size of the passive range above all. Pure-FTPd admits no more than half "
      + "its passive ports, without saying so.", ["F28"],
    bad: vsftpd("max_clients=200", server: ["max clients  100"]), good: vsftpd(server: ["max clients  100"])),
  audit(
    .error, "audit-no-login", "nobody can log in",
    "The port answers, and every login is refused, because no kind of user or no method of authentication is enabled, or because "
      + "what they have to do is refused. vsftpd with neither local nor anonymous users ends each session with 500 OOPS (measured: "
      + "3.0.3, 3.0.5). `<Limit LOGIN>` of ProFTPD closes the server to all clients of the policy, or to those outside of the "
      + "networks and classes that it allows.", [], bad: vsftpd("local_enable=NO", "anonymous_enable=NO"),
    good: vsftpd("anonymous_enable=NO")),
  audit(
    .error, "audit-not-started", "the service does not start by itself",
    "The files say that the site stays stopped. It may run now, because somebody started it, and is gone after the next start of "
      + "the machine.", [], bad: iis("Files", attributes: " serverAutoStart=\"false\""), good: iis("Files")),
  audit(
    .error, "audit-passive-off", "the server refuses passive mode",
    "Publications are about passive mode: PASV and EPSV. `NATmode` of Pure-FTPd takes them away in spite of its name.",
    ["F35", "F36"], bad: vsftpd("pasv_enable=NO"), good: vsftpd()),
  audit(
    .error, "audit-passive-range", "the server takes passive ports from another range",
    "The gateway opens the range of the policy and nothing else, so a data connection to any other port is dropped and the "
      + "transfer hangs. A range inside that of the policy is a warning.", ["F35", "F46", "F52"],
    bad: vsftpd("pasv_max_port=50499"), good: vsftpd()),
  audit(
    .error, "audit-private-peers", "clients with private addresses are told the server's own address",
    "FileZilla Server announces its own address to peers with private addresses, unless it is told otherwise. With `source gateway` "
      + "all clients come from the gateway's private address, and none of them gets data. With `hairpin on` it is the clients inside, "
      + "which is a warning.", ["F01"],
    bad: filezilla("", publish: ["source         gateway"]),
    good: filezilla(
      "<do_not_override_host_if_peer_is_local>false</do_not_override_host_if_peer_is_local>",
      publish: ["source         gateway"])),
  audit(
    .warning, "audit-range-too-small", "the server admits more sessions than half its passive ports",
    "A port stays busy for a while after its transfer. When none is left ProFTPD takes one outside the range, vsftpd ends the "
      + "session, and the others answer 425.", ["F28", "F29", "F30"], bad: vsftpd("max_clients=2000"), good: vsftpd()),
  audit(
    .warning, "audit-session-reuse", "data connections need not resume the TLS session",
    "With TLS, resuming the session of the control connection is what proves that both come from one client. Without it a "
      + "stranger who finds the passive port first gets the data.", ["F20"], bad: vsftpd("require_ssl_reuse=NO"),
    good: vsftpd()),
  audit(
    .error, "audit-site-missing", "there is no site of that name",
    "IIS keeps its settings by site. The policy names one that does not exist there, or that has no binding for FTP.",
    [],
    bad: iis("Default FTP Site"), good: iis("Files")),
  audit(
    .error, "audit-tls-control", "the server and the policy differ about TLS at login",
    "A server that accepts clear text where the policy requires TLS lets passwords travel in the open. One that requires TLS "
      + "where the policy admits clear text refuses clients.", ["F04", "F23", "F24"], bad: vsftpd("ssl_enable=NO"),
    good: vsftpd()),
  audit(
    .error, "audit-tls-data", "the server and the policy differ about TLS on data connections",
    "With `explicit required` and `implicit` data has to be encrypted; with `explicit optional` clients in clear text need theirs "
      + "in clear text.", ["F26", "F27"], bad: vsftpd("force_local_data_ssl=NO"), good: vsftpd()),
  audit(
    .error, "audit-tls-implicit", "the server and the policy differ about how TLS begins",
    "With implicit TLS the connection begins with a handshake, otherwise with a greeting and AUTH. The wrong one of the two "
      + "hangs.", [], bad: vsftpd("implicit_ssl=YES"), good: vsftpd()),
  audit(
    .warning, "server-build-dependent", "only some versions or builds of the program know a setting",
    "Programs learn settings, and distributions add some of their own. A version that does not know one ends at once. State the "
      + "version in the policy (`software vsftpd 3.0.5`), and it is known which of the two holds.", [],
    bad: proftpd("ScoreboardOptions AllowMissing"), good: proftpd()),
  audit(
    .error, "server-file-error", "the server passes over a mistake in an included file",
    "ProFTPD starts in spite of a mistake in an included file. The rest of that file still counts, and what stands behind the "
      + "`Include` in the file above is never read (measured: 1.3.8).", [],
    bad: "# /etc/proftpd/conf.d/ftp.conf:\n#     Foo on\n"
      + proftpd("Include /etc/proftpd/conf.d/"), good: proftpd()),
  audit(
    .error, "server-file-refused", "the server does not start with these files",
    "The program refuses a directive, a value or the form of the file, and ends at once. Nothing is compared with the policy "
      + "until that is mended.", [], bad: vsftpd("ssl_enabled=YES"), good: vsftpd()),
  audit(
    .error, "server-file-unreadable", "a file of the server cannot be read",
    "The file is missing, too large, not a text, or its permissions are in the way. What it says may decide everything else, so "
      + "nothing is compared with the policy.", [],
    bad: "# /etc/proftpd/tls.conf: permission denied\n" + proftpd("Include /etc/proftpd/tls.conf"), good: proftpd()),
  audit(
    .error, "server-file-unused", "the service does not read a file",
    "Debian's service of Pure-FTPd is started by pure-ftpd-wrapper, which reads the folder `conf/`, a file for each option, and "
      + "never `pure-ftpd.conf` beside it (measured: 1.0.50). What stands in the file holds only where something else starts the "
      + "program with it.", [],
    bad: "# pure-ftpd.conf:\n#     PassivePortRange 50000 50399\n# conf/TLS:\n#     3\n"
      + sample("pure-ftpd", "conf/MaxClientsNumber", ["50"], []),
    good: sample(
      "pure-ftpd", "server.conf",
      ["Bind 10.10.20.200,21", "PassivePortRange 50000 50399", "ForcePassiveIP 203.0.113.10", "TLS 3"], [])),
  audit(
    .warning, "server-include-missing", "an included file is missing",
    "The program goes on without it. If it exists on the server, audit there, or copy it to the same place.", [],
    bad: proftpd("Include /etc/proftpd/tls.conf"), good: proftpd()),
  audit(
    .error, "server-no-service", "the files configure no FTP service",
    "With these files the program listens on no port for FTP, so there is nothing to compare with the policy: every port is 0, "
      + "every site has other bindings, or it is not the file that the service reads.", [],
    bad: proftpd("Port 0"), good: proftpd()),
  audit(
    .error, "server-port-unpublished", "a container does not publish a port of its server",
    "Clients reach a container by the ports of the host that lead into it. The control port and every passive port have to be "
      + "published, passive ports under their own numbers, because the server tells clients its own.", ["F35"],
    bad: command("run.sh", "docker run -p 21:21 stilliard/pure-ftpd -E -P 203.0.113.10 -Y 3"),
    good: command(
      "run.sh", "docker run -p 21:21 -p 50000-50399:50000-50399 -e FTP_PASSIVE_PORTS=50000:50399 \\",
      "  stilliard/pure-ftpd -E -P 203.0.113.10 -Y 3")),
  audit(
    .note, "server-not-ftp", "a port of the server speaks another protocol",
    "ProFTPD speaks SSH where `SFTPEngine` is on. Such a server has no data connections of its own, and is no part of an audit.",
    [],
    bad: proftpd("<VirtualHost 10.10.20.201>", "Port 2222", "SFTPEngine on", "</VirtualHost>"), good: proftpd()),
  audit(
    .warning, "server-setting-ignored", "the server passes over a setting",
    "Programs pass over values that do not fit, often without a word: vsftpd an upper port below the lower one, FileZilla Server "
      + "a range that it listens in, ProFTPD a virtual host on a socket that is taken.", ["F52"],
    bad: vsftpd("pasv_max_port=49000"), good: vsftpd()),
  audit(
    .error, "server-software-unknown", "nothing tells which program reads a file",
    "Each program has a grammar of its own, so a file can be read only when its program is known: from the policy, from the "
      + "option of `import`, from the name of the file, or from its first lines.", [],
    bad: sample("other", "settings.txt", ["hello"], []), good: vsftpd()),
  audit(
    .warning, "server-undecided", "what the server does depends on something that is not in its files",
    "A value comes from the environment of the program, or depends on the user who logs in. What cannot be known is not compared; "
      + "the finding says what would decide it, for example `--env NAME=VALUE`.", [],
    bad: proftpd("PassivePorts %{env:LOW} 50399"), good: proftpd()),
]

private func audit(
  _ severity: Severity, _ code: String, _ summary: String, _ explanation: String, _ failureModes: [String],
  bad: String, good: String
) -> RulePage {
  RulePage(
    severity, code, summary, explanation: explanation, failureModes: failureModes, origin: .audit, bad: bad,
    good: good)
}
