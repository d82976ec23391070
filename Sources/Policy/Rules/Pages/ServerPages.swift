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
    .note, "certificate-by-hand", "the certificate has to be chosen in the administration window",
    explanation: """
      FileZilla Server writes its certificate in another way since 1.8. Up to 1.7 the layout is known, so the settings \
      name the certificate when the policy states such a version; otherwise they leave it alone.
      """,
    origin: .emission,
    bad: serverSample("filezilla", "certificate  \"/etc/ssl/certs/ftp.pem\" key \"/etc/ssl/private/ftp.key\""),
    good: serverSample(
      "filezilla 1.7.3", "certificate  \"/etc/ssl/certs/ftp.pem\" key \"/etc/ssl/private/ftp.key\"")),
  RulePage(
    .note, "certificate-copied", "the certificate is copied to the place where the server looks for it",
    explanation: """
      The folder of options that Debian's service of Pure-FTPd reads has none for a certificate. The script that comes with \
      the form `debian` copies key and certificate to /etc/ssl/private/pure-ftpd.pem, and has to run again when they change.
      """,
    origin: .emission,
    bad: serverSample("pure-ftpd", "certificate  \"/etc/ssl/certs/ftp.pem\" key \"/etc/ssl/private/ftp.key\""),
    good: serverSample("pure-ftpd")),
  RulePage(
    .error, "certificate-needed", "the server has TLS with a certificate alone",
    explanation: """
      Most programs start without a certificate, and take one from a default place or refuse AUTH TLS. SFTPGo does not \
      start when a binding demands TLS and no certificate is there, and offers none when it is optional.
      """,
    origin: .compilation, bad: serverSample("sftpgo"),
    good: serverSample("sftpgo", "certificate  \"/etc/ssl/certs/ftp.pem\" key \"/etc/ssl/private/ftp.key\"")),
  RulePage(
    .note, "clear-control-not-refused", "the server lets clients return to a clear control connection",
    explanation: """
      Pure-FTPd answers CCC after every login, even where TLS is required, and has no setting against it. \
      Passwords stay encrypted; the commands behind it do not.
      """,
    origin: .emission, bad: serverSample("pure-ftpd"), good: serverSample("proftpd")),
  RulePage(
    .note, "form-left-out", "`build` leaves a form of a server's settings out",
    explanation: """
      A server's settings are written in every form that its program knows. One that cannot hold what the policy asks \
      for is left out as long as another one can; `emit --form` says why.
      """,
    origin: .emission,
    bad: serverSample(
      "iis", "site         \"Client's files\"",
      "certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567"),
    good: serverSample(
      "iis", "site         \"Files\"", "certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567")),
  RulePage(
    .note, "iis-separate-download", "IIS 7.0 itself has the FTP service of IIS 6",
    explanation: """
      The settings are for FTP 7.5, which Microsoft offered as a download for IIS 7.0 and which later versions contain. \
      The service that comes with 7.0 keeps its settings elsewhere.
      """,
    origin: .emission,
    bad: serverSample(
      "iis 7.0", "site         \"Files\"", "certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567"),
    good: serverSample(
      "iis 10", "site         \"Files\"", "certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567")),
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
    .error, "one-control-port-only", "this form has one control port, and the server has several",
    explanation: """
      Debian's service starts one process of Pure-FTPd, and one process has one port, one range and one address. The other \
      forms have a file for each process.
      """,
    origin: .emission,
    bad: serverSample("pure-ftpd") + "\n\n"
      + """
      publish files-second {
          server         files
          external ip    203.0.113.10
          control port   2121
          passive range  50000-50399
          tls            explicit required
      }
      """,
    good: serverSample("pure-ftpd")),
  RulePage(
    .note, "proftpd-main-server", "the main server of ProFTPD must not have the port of a virtual host",
    explanation: """
      ProFTPD 1.3.8 crashes when a virtual host has the address and port of the main server, and a main server without a \
      `Port` line listens on 21. With `Port 0` it does not listen.
      """,
    origin: .emission, bad: serverSample("proftpd"),
    good: serverSample("proftpd", publish: "control port   2121")),
  RulePage(
    .note, "proftpd-port-line", "an earlier `Port` line of ProFTPD wins",
    explanation: """
      ProFTPD takes the first `Port` line that it reads, and distributions put one into proftpd.conf. Remove \
      it, or the service stays on that port.
      """,
    origin: .emission, bad: serverSample("proftpd", publish: "control port   2121"),
    good: serverSample("proftpd", publish: "control port   2121 -> 21")),
  RulePage(
    .error, "range-holds-admin-port", "the passive range holds the port by which the server is administered",
    explanation: """
      FileZilla Server listens on port 14148 for its administration window. When it starts with a passive range that holds a \
      port of its own, it drops the whole range, and takes any port instead.
      """,
    origin: .compilation,
    bad: """
      publish files {
          server         10.10.20.200 filezilla
          external ip    203.0.113.10
          passive range  14000-14199
          tls            explicit required
      }
      """,
    good: """
      publish files {
          server         10.10.20.200 filezilla
          external ip    203.0.113.10
          passive range  14200-14399
          tls            explicit required
      }
      """),
  RulePage(
    .note, "range-not-guarded", "the server leaves its passive range when the ports are used up",
    explanation: """
      When all ports of the range are taken, ProFTPD takes any other one and says so in its log only; the gateway refuses \
      it, and the transfer hangs. A limit on the sessions keeps the range from being used up.
      """,
    failureModes: ["F29"],
    origin: .emission, bad: serverSample("proftpd"), good: serverSample("proftpd", "max clients  100")),
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
    .error, "software-too-old", "this version of the program is configured in another way",
    explanation: """
      IIS before 7.0 keeps its FTP settings in the metabase, and FileZilla Server before 1.0 has another file. The gateway \
      works with them all the same: with `software other` there is a checklist of what to set.
      """,
    origin: .compilation,
    bad: serverSample("filezilla 0.9.60"), good: serverSample("filezilla 1.7.3")),
  RulePage(
    .error, "value-not-expressible", "a text cannot stand in the server's file",
    explanation: """
      The files of some servers have characters that cannot be escaped: a comma separates certificate and \
      key for Pure-FTPd, and ProFTPD replaces `%{NAME}`. Such a text is refused, because it would become \
      something else. Where another form of the settings can hold it, only `emit` in this one refuses it.
      """,
    origin: .compilation,
    bad: serverSample("proftpd", "certificate  \"/etc/ssl/certs/%{HOST}.pem\""),
    good: serverSample("proftpd", "certificate  \"/etc/ssl/certs/ftp.pem\"")),
]
