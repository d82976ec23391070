import Glibc

/// A program that translates addresses.
struct Peer: Sendable {
  var name: String
  /// What has to be there.
  var programs: [String]
  /// The most publications that end within a minute.
  var most = 5000
  /// Prints its rules from the kernel.
  var listing: String
  /// Whether its rules translate for one network of clients each.
  var isPerNetwork: Bool
  /// Writes its input for that many publications; returns what runs it, for `sh -eu`.
  var script: @Sendable (Int) throws -> String

  static let all = [ferm, shorewall, firewalld]

  /// It writes one rule for each address, port and network, and gives them to `iptables-legacy-restore`, which it
  /// prefers to the one for nftables where there are both.
  static let ferm = Peer(
    name: "ferm", programs: ["ferm", "iptables-restore"],
    listing: "iptables-legacy-save", isPerNetwork: false
  ) { count in
    let input = try write(fermRules(publications: count), to: "peer-\(count).ferm")
    return "ferm \(input)"
  }

  /// Its compiler writes a script with the rules for `iptables-restore`, which loads them. What it leaves out it could
  /// say, IPv6 in the files of its twin shorewall6; that would only add to its time.
  static let shorewall = Peer(
    name: "shorewall", programs: ["shorewall", "iptables-restore"], most: 2000,
    listing: "iptables-save", isPerNetwork: true
  ) { count in
    let folder = try makeFolder("shorewall-\(count)")
    for (name, text) in shorewallFiles(publications: count) { try writeText(text, to: "\(folder)/\(name)") }
    // The settings are those of Debian.
    return """
      cp /etc/shorewall/shorewall.conf \(folder)
      mkdir -p /var/lib/shorewall
      shorewall compile \(folder) /run/compiled
      /run/compiled start
      """
  }

  /// A daemon that reads the file of a zone, and answers on a bus once its rules are in the kernel.
  ///
  /// Its limits are rates, so it cannot say how many sessions a client may have.
  static let firewalld = Peer(
    name: "firewalld", programs: ["firewalld", "firewall-cmd", "dbus-daemon"],
    listing: "nft list ruleset", isPerNetwork: true
  ) { count in
    let folder = try makeFolder("firewalld-\(count)")
    _ = try makeFolder("firewalld-\(count)/zones")
    try writeText(firewalldZone(publications: count), to: "\(folder)/zones/outside.xml")
    try writeText("DefaultZone=outside\n", to: "\(folder)/firewalld.conf")
    try writeText(privateBus, to: "\(folder)/bus.conf")
    // 251: it runs, and its rules do not.
    return """
      export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus
      dbus-daemon --config-file=\(folder)/bus.conf --fork
      firewalld --nofork --nopid --log-target console --system-config \(folder) &
      daemon=$!
      until firewall-cmd --state; do
        [ $? -ne 251 ]
        kill -0 $daemon
      done
      kill -KILL $daemon
      wait $daemon || true
      """
  }
}

/// Where a peer runs: with a network, mounts and processes of its own, so that neither its rules nor its files reach
/// the machine, and no daemon outlives the run.
struct PeerNamespace {
  /// With programs that were unpacked and not installed; they lie over those of the machine, read-only.
  var folder: String?
  /// Seconds until it is ended with all that it started.
  var limit = 300

  /// Runs a script of `sh -eu` that is in a file.
  func run(_ script: String) throws -> ProcessRun {
    let isolation = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    let words = ["timeout", "--signal=KILL", "\(limit)", "unshare"] + isolation
    let run = try Command(words + ["sh", "-euc", mounts, "sh", script, folder ?? ""]).run(accepting: Set(0...255))
    switch run.status {
    case 0: return run
    case 128 + SIGKILL: throw BenchmarkFailure(description: "did not end within \(limit) s")
    default: throw BenchmarkFailure(description: "ended with status \(run.status)")
    }
  }

  /// Programs that load modules of the kernel find none: what the rules need, the kernel loads itself.
  private var mounts: String {
    let overlay = """
      for part in usr etc; do
        mount -t overlay overlay -o "lowerdir=$2/$part:/$part" "/$part"
      done

      """
    return (folder == nil ? "" : overlay) + """
      for part in /run /var/lib /var/log; do
        mount -t tmpfs tmpfs "$part"
      done
      if [ -d /lib/modules ]; then
        mount -t tmpfs tmpfs /lib/modules
      fi
      . "$1"
      """
  }
}
