import CLinux
import Files
import FoundationEssentials
import Glibc

/// The log of the machine, journal or syslog: both read what is sent to /dev/log. It waits for nobody: what is not
/// taken at once is lost, because a watchdog has other things to do.
package struct SystemLog: Sendable {
  /// The numbers of syslog(3).
  package enum Severity: Int, Sendable {
    case error = 3
    case warning = 4
    case notice = 5
  }

  /// LOG_DAEMON of syslog(3).
  private static let facility = 3

  package init() {}

  /// - Parameter text: One line.
  package func write(_ severity: Severity, _ text: String) {
    // The form of RFC 3164, as the C library sends it.
    let head = "<\(Self.facility * 8 + severity.rawValue)>\(Self.time) sallyport[\(getpid())]: "
    let bytes = Array((head + text).utf8)
    _ = send_datagram("/dev/log", bytes, bytes.count)
  }

  private static var time: String {
    var now = time_t(0)
    Glibc.time(&now)
    var parts = tm()
    localtime_r(&now, &parts)
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let month = months.indices.contains(Int(parts.tm_mon)) ? months[Int(parts.tm_mon)] : "Jan"
    func two(_ number: Int32, _ fill: String) -> String { number < 10 ? "\(fill)\(number)" : "\(number)" }
    return
      "\(month) \(two(parts.tm_mday, " ")) \(two(parts.tm_hour, "0")):\(two(parts.tm_min, "0")):\(two(parts.tm_sec, "0"))"
  }
}
