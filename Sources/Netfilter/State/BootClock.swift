import FoundationEssentials
import Glibc

/// Time since boot: setting the clock does not move it, and it goes on while the machine sleeps (`CLOCK_BOOTTIME`).
package enum BootClock {
  /// Milliseconds.
  package static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Milliseconds of a clock that nothing moves, for short spans (`CLOCK_MONOTONIC`).
  static var monotonic: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Names this boot; another one has another. Empty where the kernel does not say.
  static let bootID: String = {
    let bytes = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id") ?? Data()
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
  }()
}

/// A moment of one boot.
package struct Deadline: Codable, Hashable, Sendable {
  /// Milliseconds of `BootClock`.
  package var milliseconds: Int64
  private var bootID: String

  private enum CodingKeys: String, CodingKey {
    case milliseconds = "boot_milliseconds"
    case bootID = "boot_id"
  }

  /// - Parameter seconds: From now.
  package init(after seconds: Int) {
    milliseconds = BootClock.now + Int64(seconds) * 1000
    bootID = BootClock.bootID
  }

  /// Whether it belongs to this boot; what an earlier one was waiting for has ended with it.
  package var isOfThisBoot: Bool { bootID == BootClock.bootID }

  /// Milliseconds until then; 0 when it has passed. A record may hold any number, and none is further away than the
  /// longest time that can be asked for.
  package var remaining: Int64 {
    let now = BootClock.now
    return milliseconds <= now ? 0 : min(milliseconds - now, Self.longest)
  }

  /// A day, in milliseconds.
  private static let longest: Int64 = 86_400_000
}
