package import Policy

/// Who built a program, where that changes what it knows.
package enum SoftwareBuilder: String, Hashable, Sendable {
  /// The source as its authors publish it.
  case upstream
  /// Debian, and Ubuntu, which takes its packages.
  case debian
}

/// What is known of the program that reads some files: as the policy says, and as the files betray. What nobody says
/// stays open.
package struct SoftwareBuild: Hashable, Sendable {
  /// As the policy names it; `nil` when it may be any.
  package var version: SoftwareVersion?
  /// `nil` when it may be anybody.
  package var builder: SoftwareBuilder?
  /// The oldest version that knows what the files hold.
  package private(set) var oldest: SoftwareVersion?
  /// The first version that does not know any more what the files hold.
  package private(set) var end: SoftwareVersion?

  /// - Parameter text: the version as a policy has it, for example `1.3.8`; that of a package, such as
  ///   `1.3.8+dfsg-4+deb12u4`, names the builder too.
  package init(_ text: String? = nil) {
    version = SoftwareVersion(text)
    let parts = (text ?? "").lowercased()
    if ["dfsg", "deb", "ubuntu"].contains(where: parts.contains) { builder = .debian }
  }

  /// Takes note of something in the files that only versions from one on, or before another, know.
  package mutating func betray(_ validity: Validity) {
    if let from = validity.from { oldest = oldest.map { max($0, from) } ?? from }
    if let before = validity.before { end = end.map { min($0, before) } ?? before }
    if builder == nil, let builders = validity.builders, builders.count == 1 { builder = builders.first }
  }
}

/// The versions and builds of a program for which a fact holds.
package struct Validity: Hashable, Sendable {
  /// The first version; `nil` for all from the beginning.
  package var from: SoftwareVersion?
  /// The first version for which it does not hold any more; `nil` for all to come.
  package var before: SoftwareVersion?
  /// `nil` for whoever built it.
  package var builders: Set<SoftwareBuilder>?

  package init(
    from: SoftwareVersion? = nil, before: SoftwareVersion? = nil, builders: Set<SoftwareBuilder>? = nil
  ) {
    self.from = from
    self.before = before
    self.builders = builders
  }

  /// Every version and build.
  package static let always = Validity()

  /// Whether it holds for a program; `nil` when that depends on what is not known of it.
  package func holds(for build: SoftwareBuild) -> Bool? {
    let parts = [isFrom(build), isBefore(build), isBuilt(build)]
    if parts.contains(false) { return false }
    return parts.contains(nil) ? nil : true
  }

  private func isFrom(_ build: SoftwareBuild) -> Bool? {
    guard let from else { return true }
    if let version = build.version { return version >= from }
    if let oldest = build.oldest, oldest >= from { return true }
    if let end = build.end, end <= from { return false }
    return nil
  }

  private func isBefore(_ build: SoftwareBuild) -> Bool? {
    guard let before else { return true }
    if let version = build.version { return version < before }
    if let end = build.end, end <= before { return true }
    if let oldest = build.oldest, oldest >= before { return false }
    return nil
  }

  private func isBuilt(_ build: SoftwareBuild) -> Bool? {
    guard let builders else { return true }
    return build.builder.map(builders.contains)
  }

  /// For example `PROGRAM 3.0.4 and later, as Debian builds it`.
  package func text(_ software: SoftwareKind) -> String {
    let versions =
      switch (from, before) {
      case (let from?, let before?): "\(software.title) from \(from) to before \(before)"
      case (let from?, nil): "\(software.title) \(from) and later"
      case (nil, let before?): "\(software.title) before \(before)"
      case (nil, nil): software.title
      }
    return builders == [.debian] ? "\(versions), as Debian builds it" : versions
  }
}
