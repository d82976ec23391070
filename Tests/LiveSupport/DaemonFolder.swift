import Foundation

/// The folder of one running server: its configuration, accounts, logs, and the directory it serves.
struct DaemonFolder: Sendable {
  var path: String

  /// The home directory of the account, which is what a client sees.
  var home: String { "\(path)/home" }
  /// What the server sees as `/var/log`.
  var log: String { "\(path)/log" }

  /// The account's numbers, chosen to be nobody's.
  private static let user: uid_t = 41210
  /// SHA-512 crypt of `Lab.password`.
  private static let passwordHash =
    "$6$sallyport$bK8CXvr1G2ixR0rDslc3WXgzxjLSGWRo1YTca99szKVNkGsFXoDl4sSb3t36kqzlO50WP27olU3WUIqOR/h3O0"

  /// Makes everything but the server's own files. `label` goes into `hello.txt`.
  func make(label: String) throws {
    for part in ["etc/pam.d", "log/proftpd", "home", "empty", "conf.d", "conf", "bin"] {
      try makeFolder("\(path)/\(part)")
    }
    for (name, text) in accounts { try writeFile("\(path)/etc/\(name)", text.utf8) }
    try writeFile("\(home)/payload.bin", Payload.bytes)
    try writeFile("\(home)/hello.txt", Payload.greeting(of: label).utf8)
    for name in ["", "/payload.bin", "/hello.txt"] {
      guard chown(home + name, Self.user, Self.user) == 0 else { throw LabError("chown: \(errorText())") }
    }
  }

  /// Files that stand in for those of `/etc`. Names are never looked up over the network.
  private var accounts: [(name: String, text: String)] {
    let pam = "auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n"
    return [
      (
        "passwd",
        """
        root:x:0:0:root:/root:/bin/sh
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
        ftp:x:41211:65534:vsftpd looks for it:\(path)/empty:/usr/sbin/nologin
        \(Lab.user):x:\(Self.user):\(Self.user)::\(home):/bin/sh

        """
      ),
      ("group", "root:x:0:\nnogroup:x:65534:\n\(Lab.user):x:\(Self.user):\n"),
      (
        "shadow",
        "root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n"
          + "\(Lab.user):\(Self.passwordHash):19000:0:99999:7:::\n"
      ),
      ("shells", "/bin/sh\n"),
      ("nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\n"),
      ("pam.d/pure-ftpd", pam),
      ("pam.d/proftpd", pam),
      ("pam.d/vsftpd", pam),
      ("pam.d/ftp", pam),
      ("pam.d/other", pam),
    ]
  }

  /// What the server sees of the machine's `/etc`, as it is when the server starts. All else is the bench's own, so
  /// that nobody who replaces a file there in the meantime, as `useradd` does, takes it away from the server.
  private static let taken = [
    "alternatives", "gai.conf", "host.conf", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime",
    "login.defs", "protocols", "security", "services", "ssl/openssl.cnf",
  ]

  /// The words that start a program with an `/etc` of its own, in a view of mounts that is its own already.
  ///
  /// vsftpd writes its errors to descriptor 0, the others to 1 and 2: all three are one file.
  ///
  /// - Parameter prelude: what the shell does first.
  func words(_ program: [String], prelude: String = "") -> [String] {
    let script = """
      set -eu
      folder=$1
      shift
      exec 0>>"$folder/log/output" 1>&0 2>&0
      mkdir -p "$folder/etc/ssl"
      for name in \(Self.taken.joined(separator: " ")); do
        [ -e "$folder/etc/$name" ] || [ ! -e "/etc/$name" ] || cp -a "/etc/$name" "$folder/etc/$name"
      done
      mount --bind "$folder/etc" /etc
      \(prelude)
      mount --bind "$folder/log" /var/log
      exec "$@"
      """
    return ["sh", "-c", script, "sh", path] + program
  }

  /// Everything the server has written to its logs.
  func logText() -> String {
    let names = FileManager.default.enumerator(atPath: log)?.compactMap { $0 as? String }.sorted() ?? []
    return names.compactMap { readText("\(log)/\($0)") }.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

/// What every server of the bench serves.
package enum Payload {
  /// `payload.bin`: 256 KiB that do not repeat in short periods.
  package static let bytes: [UInt8] = {
    var state: UInt32 = 1
    return (0..<262_144).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 24)
    }
  }()

  /// `hello.txt` of the server with this label.
  package static func greeting(of label: String) -> String { "hello from \(label)\n" }
}
