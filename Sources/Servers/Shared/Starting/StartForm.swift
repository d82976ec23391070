import Diagnostics

/// A file that starts programs, by what it looks like; a configuration of a server looks like none of them.
enum StartForm: Equatable {
  case unit, socket, compose, xinetd, inetd, dockerfile, script

  /// As in "this is …".
  var title: String {
    switch self {
    case .unit: "a unit of systemd"
    case .socket: "a socket unit of systemd"
    case .compose: "a Compose file"
    case .xinetd: "a file of xinetd"
    case .inetd: "a file of inetd"
    case .dockerfile: "a Dockerfile"
    case .script: "a command line"
    }
  }

  init?(_ bytes: [UInt8]) {
    // The first lines that are no comments, and all that stand alone in brackets.
    let lines = bytes.split(separator: 0x0A).map { String(decoding: $0.trimmed, as: UTF8.self) }
    let sections = Set(lines.filter { $0.hasPrefix("[") && $0.hasSuffix("]") })
    let told = lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    let first = told.prefix(2).map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    let words = first.first ?? []
    if sections.contains("[Service]") {
      self = .unit
    } else if sections.contains("[Socket]") {
      self = .socket
    } else if sections.contains("[Unit]") {
      self = .unit
    } else if lines.contains(where: Self.beginsServices) {
      self = .compose
    } else if ["service", "defaults"].contains(words.first), first.last == ["{"] {
      self = .xinetd
    } else if words.count > 5, ["stream", "dgram"].contains(words[1]), words[3].contains("wait") {
      self = .inetd
    } else if Self.beginsDockerfile(words, told) {
      self = .dockerfile
    } else if bytes.starts(with: "#!".utf8) || words.first.map({ Self.clients.contains($0) }) ?? false {
      self = .script
    } else {
      return nil
    }
  }

  private static let clients: Set = ["docker", "podman", "nerdctl", "docker-compose", "sudo"]

  /// `services:`, perhaps with a comment after it.
  private static func beginsServices(_ line: String) -> Bool {
    guard line.hasPrefix("services:") else { return false }
    let rest = line.dropFirst("services:".count)
    return rest.allSatisfy(\.isWhitespace)
      || rest.first?.isWhitespace == true && rest.drop(while: \.isWhitespace).hasPrefix("#")
  }

  /// `FROM IMAGE`, or `ARG` before it (reference of Dockerfiles).
  private static func beginsDockerfile(_ words: [String], _ lines: some Sequence<String>) -> Bool {
    guard let keyword = words.first?.uppercased(), words.count > 1 else { return false }
    if keyword == "FROM" { return words.count == 2 || words.count == 4 || words[1].hasPrefix("--") }
    return keyword == "ARG" && lines.contains { $0.uppercased().hasPrefix("FROM ") }
  }
}
