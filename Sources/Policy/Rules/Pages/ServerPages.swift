import Diagnostics

/// Pages of the codes about what a server program can be told.
let serverPages: [RulePage] = [
  RulePage(
    .error, "certificate-form-unsupported", "the server cannot be given its certificate in this form",
    explanation: """
      IIS takes its certificate from the Windows store, by its thumbprint; the other programs read files. \
      Pure-FTPd before 1.0.48 wants certificate and key in one file.
      """,
    origin: .compilation,
    bad: serverSample("iis", "site         \"Files\"", "certificate  \"/etc/ssl/certs/ftp.pem\""),
    good: serverSample(
      "iis", "site         \"Files\"", "certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567")),
  RulePage(
    .note, "clear-control-not-refused", "the server lets clients return to a clear control connection",
    explanation: """
      Pure-FTPd answers CCC after every login, even where TLS is required, and has no setting against it. \
      Passwords stay encrypted; the commands behind it do not.
      """,
    origin: .compilation, bad: serverSample("pure-ftpd"), good: serverSample("proftpd")),
  RulePage(
    .error, "emit-not-supported", "the settings of this program cannot be written yet",
    explanation:
      "The policy is checked and compiled for the gateway; the settings of the server are entered by hand.",
    origin: .emission, bad: serverSample("filezilla"), good: serverSample("other")),
  RulePage(
    .warning, "listens-on-all-addresses", "the server listens on every address of the firewall host",
    explanation: """
      Pure-FTPd cannot be bound to an IPv6 address, so with IPv6 it listens everywhere. On the firewall host \
      that includes addresses that the policy does not publish.
      """,
    origin: .compilation,
    bad: """
      publish files {
          server         local pure-ftpd
          external ip    203.0.113.10, 2001:db8::10
          passive range  61000-61399
          tls            explicit required
      }
      """,
    good: """
      publish files {
          server         local pure-ftpd
          external ip    203.0.113.10
          passive range  61000-61399
          tls            explicit required
      }
      """),
  RulePage(
    .warning, "max-clients-per-process", "each process of the server counts its own sessions",
    explanation: """
      A program with one control port in a process is several processes here, and each admits `max clients` \
      sessions. A limit at the gateway counts all sessions of a publication.
      """,
    origin: .compilation,
    bad: serverSample("vsftpd", "max clients  100") + "\n\n"
      + """
      publish files-second {
          server         files
          external ip    203.0.113.10
          control port   2121
          passive range  50000-50399
          tls            explicit required
      }
      """,
    good: serverSample("vsftpd", "max clients  100")),
  RulePage(
    .warning, "max-clients-unsupported", "the server cannot limit its sessions",
    explanation: "The program has no such setting. A limit at the gateway does the same: `limit N sessions`.",
    origin: .compilation, bad: serverSample("filezilla", "max clients  100"),
    good: serverSample("filezilla", publish: "limit          100 sessions")),
  RulePage(
    .note, "proftpd-port-line", "an earlier `Port` line of ProFTPD wins",
    explanation: """
      ProFTPD takes the first `Port` line that it reads, and distributions put one into proftpd.conf. Remove \
      it, or the service stays on that port.
      """,
    origin: .emission, bad: serverSample("proftpd", publish: "control port   2121"),
    good: serverSample("proftpd", publish: "control port   2121 -> 21")),
  RulePage(
    .error, "site-missing", "the settings of IIS need the name of a site",
    explanation: """
      IIS keeps external address, TLS and certificate with a site. The `site` statement names it as IIS \
      Manager shows it.
      """,
    origin: .compilation,
    bad: serverSample("iis", "certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567"),
    good: serverSample(
      "iis", "site         \"Files\"", "certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567")),
  RulePage(
    .warning, "site-unsupported", "only IIS has sites",
    explanation: "The statement `site` names a site of IIS; another program has none, so it is not used.",
    origin: .compilation, bad: serverSample("proftpd", "site         \"Files\""),
    good: serverSample("proftpd")),
  RulePage(
    .error, "value-not-expressible", "a text cannot stand in the server's file",
    explanation: """
      The files of some servers have characters that cannot be escaped: a comma separates certificate and \
      key for Pure-FTPd, and ProFTPD replaces `%{NAME}`. Such a text is refused, because it would become \
      something else.
      """,
    origin: .compilation,
    bad: serverSample("pure-ftpd", "certificate  \"/etc/ssl/certs/ftp,2026.pem\""),
    good: serverSample("pure-ftpd", "certificate  \"/etc/ssl/certs/ftp-2026.pem\"")),
]
