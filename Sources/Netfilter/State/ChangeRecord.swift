package import Nftables

/// What is known of a change of the rules, written before it is made. What has become of it is `ChangeFate`.
package struct ChangeRecord: Codable, Hashable, Sendable {
  private var formatVersion = 2
  package let generation: Generation
  /// When it was made, in seconds since 1970; `nil` in a record of an earlier version.
  package var madeAt: Int64?
  /// Whether there was a table before, whose listing lies beside the record.
  package var hadTable: Bool
  /// Where that held something of which no script can be written, so that there is no way back; `nil` where there is
  /// one.
  package var lacksWayBack: String?
  /// When the change is taken back unless it is confirmed; `nil` when it needs no confirmation.
  package var deadline: Deadline?
  /// Absolute path of the file that loads the rules at boot; written only once the change is confirmed.
  package var bootFile: String?
  /// Whether it may be one that we did not write.
  package var replacesAnyBootFile: Bool

  private enum CodingKeys: String, CodingKey {
    case formatVersion = "format_version"
    case generation, deadline
    case madeAt = "made_at"
    case hadTable = "had_table"
    case lacksWayBack = "lacks_way_back"
    case bootFile = "boot_file"
    case replacesAnyBootFile = "replaces_any_boot_file"
  }

  package init(
    _ generation: Generation, madeAt: Int64? = nil, hadTable: Bool, deadline: Deadline?, bootFile: String?,
    replacesAnyBootFile: Bool = false
  ) {
    self.generation = generation
    self.madeAt = madeAt
    self.hadTable = hadTable
    self.deadline = deadline
    self.bootFile = bootFile
    self.replacesAnyBootFile = replacesAnyBootFile
  }
}
