import Foundation
import Netfilter

/// Records of changes in the state folder. Promises: a record that is read can be written and read again, and its
/// deadline is no further away than a day.
enum FuzzStateRecord: FuzzTarget {
  static let name = "record"

  static func run(_ input: [UInt8]) -> Bool {
    guard let record = try? JSONDecoder().decode(ChangeRecord.self, from: Data(input)) else { return false }
    if let remaining = record.deadline?.remaining, !(0...86_400_000).contains(remaining) {
      broken("a deadline is \(remaining) ms away")
    }
    guard let again = try? JSONEncoder().encode(record),
      (try? JSONDecoder().decode(ChangeRecord.self, from: again)) == record
    else { broken("a record is written and not read again") }
    return record.bootFile.map { !$0.utf8.allSatisfy { (0x2D...0x39).contains($0) || (0x61...0x7A).contains($0) } }
      ?? false
  }
}
