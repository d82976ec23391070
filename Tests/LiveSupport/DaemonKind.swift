import Foundation

/// An FTP server that the bench can run. The raw value is its name in a policy.
package enum DaemonKind: String, CaseIterable, Sendable {
  case pureFTPD = "pure-ftpd"
  case proFTPD = "proftpd"
  case vsftpd

  /// How to start it with settings in one of its forms; `nil` for a form that the bench does not know.
  func recipe(
    _ settings: [ServerSettings], form: String, folder: DaemonFolder, tree: String
  ) -> DaemonRecipe? {
    let only = settings.first?.text ?? ""
    return switch (self, form) {
    case (.pureFTPD, "conf"): .pureFTPD(only, folder)
    case (.pureFTPD, "logged"): .pureFTPDLogged(only, folder)
    case (.pureFTPD, "flags"): .pureFTPDFlags(only, folder, tree: tree)
    case (.pureFTPD, "debian"): .pureFTPDDebian(settings, folder, tree: tree)
    case (.proFTPD, "conf"): .proFTPD(only, folder, tree: tree)
    // The main server of the bench listens nowhere, as the form asks for.
    case (.proFTPD, "virtualhost"): .proFTPD(only, folder, tree: tree, further: "Port 0")
    case (.vsftpd, "conf"): .vsftpd(only, folder)
    default: nil
    }
  }

  /// The lines by which a server that runs nevertheless says that it did not take its configuration.
  ///
  /// ProFTPD 1.3.8 drops an included file at its first mistake, calls that fatal, and starts without the rest of
  /// the file; `proftpd -t` ends with status 0 as well (measured).
  func refusal(in log: String) -> String? {
    guard self == .proFTPD else { return nil }
    let lines = log.split(separator: "\n").filter { $0.contains(": fatal: ") || $0.contains(": error: ") }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }
}

/// What has to be written and called to start a server.
struct DaemonRecipe {
  /// The program: a path, or a name below the tree that the package was unpacked into.
  var program: String
  var arguments: [String]
  /// Files of the server's own folder: name and text.
  var files: [(name: String, text: String)]
  /// What a shell does first in the server's own view of mounts.
  var prelude = ""
}

extension DaemonRecipe {
  /// Pure-FTPd reads one file, which is its only argument.
  ///
  /// A word of the given configuration that the bench repeats does no harm: of two booleans `yes` wins.
  static func pureFTPD(_ configuration: String, _ folder: DaemonFolder) -> DaemonRecipe {
    let ours = """
      Daemonize          no
      PIDFile            \(folder.path)/pure-ftpd.pid
      NoAnonymous        yes
      UnixAuthentication yes
      ChrootEveryone     yes
      DontResolve        yes
      """
    return DaemonRecipe(
      program: "usr/sbin/pure-ftpd",
      arguments: ["\(folder.path)/pure-ftpd.conf"],
      files: [("pure-ftpd.conf", "\(configuration)\n\(ours)\n")])
  }

  /// The same with a `/dev/log` of its own, behind which its messages are kept in `/var/log/syslog`.
  static func pureFTPDLogged(_ configuration: String, _ folder: DaemonFolder) -> DaemonRecipe {
    var recipe = pureFTPD(configuration, folder)
    recipe.prelude = """
      mkdir -p "$folder/devices"
      mount -t tmpfs layers "$folder/devices"
      mkdir "$folder/devices/upper" "$folder/devices/work"
      mount -t overlay dev -o "lowerdir=/dev,upperdir=$folder/devices/upper,workdir=$folder/devices/work" /dev
      python3 -c '
      import socket, sys
      log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      log.bind("/dev/log")
      with open(sys.argv[1] + "/log/syslog", "ab", 0) as kept:
          while True:
              kept.write(log.recv(8192) + bytes([10]))
      ' "$folder" &
      until [ -S /dev/log ]; do sleep 0.05; done
      """
    return recipe
  }

  /// A script with the flags of Pure-FTPd, which takes more flags: the bench's own.
  static func pureFTPDFlags(_ script: String, _ folder: DaemonFolder, tree: String) -> DaemonRecipe {
    let start = """
      PATH=\(tree)/usr/sbin:$PATH
      exec sh \(folder.path)/flags.sh -l unix -E -A -g \(folder.path)/pure-ftpd.pid
      """
    return DaemonRecipe(
      program: "/bin/sh", arguments: ["-c", start], files: [("flags.sh", script)])
  }

  /// Debian's folder of Pure-FTPd, put in place by the script that comes with it, and its wrapper, which reads it.
  ///
  /// The wrapper knows /etc/pure-ftpd and /usr/sbin/pure-ftpd only, so the first is laid under the bench's own /etc,
  /// with a layer in memory that takes what is written, and the second over that of the machine. `service` does
  /// nothing: the bench starts the wrapper itself.
  static func pureFTPDDebian(
    _ settings: [ServerSettings], _ folder: DaemonFolder, tree: String
  ) -> DaemonRecipe {
    let layers = """
      mkdir -p "$folder/layers"
      mount -t tmpfs layers "$folder/layers"
      mkdir "$folder/layers/upper" "$folder/layers/work"
      mount -t overlay etc -o "lowerdir=/etc:\(tree)/etc,upperdir=$folder/layers/upper,workdir=$folder/layers/work" /etc
      mount -t overlay sbin -o "lowerdir=\(tree)/usr/sbin:/usr/sbin" /usr/sbin
      mkdir -p "$folder/log/pure-ftpd" /etc/ssl/private
      chmod +x "$folder/bin/service"
      """
    let start = """
      PATH=\(folder.path)/bin:$PATH
      sh \(folder.path)/install.sh
      exec pure-ftpd-wrapper
      """
    let files = settings.map { (name: $0.name, text: $0.text) } + [("bin/service", "#!/bin/sh\n")]
    return DaemonRecipe(
      program: "/bin/sh", arguments: ["-ec", start], files: files, prelude: layers)
  }

  /// ProFTPD reads a main file, which includes the given configuration as the last thing, as Debian's does.
  ///
  /// The first occurrence of a directive wins, so the main file holds nothing that a policy decides.
  ///
  /// - Parameter further: lines for the main file, before the included one.
  static func proFTPD(
    _ configuration: String, _ folder: DaemonFolder, tree: String, further: String = ""
  ) -> DaemonRecipe {
    let main = """
      ModulePath \(tree)/usr/lib/proftpd
      LoadModule mod_tls.c
      \(sharedModules(of: tree))ServerName "bench"
      ServerType standalone
      User nobody
      Group nogroup
      PidFile \(folder.path)/proftpd.pid
      ScoreboardFile \(folder.path)/scoreboard
      SystemLog /var/log/proftpd/proftpd.log
      TransferLog none
      WtmpLog off
      <IfModule mod_ctrls.c>
        ControlsEngine off
        ControlsSocket \(folder.path)/proftpd.sock
      </IfModule>
      <IfModule mod_delay.c>
        DelayEngine off
      </IfModule>
      <Global>
        AuthOrder mod_auth_unix.c
        DefaultRoot ~
        AllowOverwrite on
        RequireValidShell off
      </Global>
      \(further)
      Include \(folder.path)/conf.d/
      """
    return DaemonRecipe(
      program: "usr/sbin/proftpd",
      arguments: ["--nodaemon", "--config", "\(folder.path)/proftpd.conf"],
      files: [("proftpd.conf", main + "\n"), ("conf.d/50-sallyport.conf", configuration + "\n")])
  }

  /// Lines that load what every ProFTPD has, where it lies in shared modules: Debian 13 and later.
  static func sharedModules(of tree: String) -> String {
    let folder = "\(tree)/usr/lib/proftpd"
    let names = ["mod_xfer", "mod_ls", "mod_delay"].filter {
      FileManager.default.fileExists(atPath: "\(folder)/\($0).so")
    }
    return names.isEmpty
      ? "" : "ModulePath \(folder)\n" + names.map { "LoadModule \($0).c\n" }.joined()
  }

  /// vsftpd reads one file, in which the last occurrence of a key wins.
  static func vsftpd(_ configuration: String, _ folder: DaemonFolder) -> DaemonRecipe {
    let ours = """
      background=NO
      local_enable=YES
      write_enable=YES
      chroot_local_user=YES
      allow_writeable_chroot=YES
      secure_chroot_dir=\(folder.path)/empty
      pam_service_name=vsftpd
      vsftpd_log_file=/var/log/vsftpd.log
      xferlog_enable=YES
      """
    return DaemonRecipe(
      program: "usr/sbin/vsftpd",
      arguments: ["\(folder.path)/vsftpd.conf"],
      files: [("vsftpd.conf", "\(configuration)\n\(ours)\n")])
  }
}
