import Compilation
import Diagnostics
import Testing

/// What `diff --policy` says of two policies.
@Suite struct PolicyComparisonTests {
  private func policy(_ publications: String...) -> String {
    """
    gateway edge { outside eth0; inside eth1; external ip 203.0.113.10 }

    """ + publications.joined(separator: "\n")
  }

  private func publication(
    _ name: String = "files", range: String = "50000-50099", tls: String = "explicit required", more: String = ""
  ) -> String {
    """
    publish \(name) {
        server         10.10.20.200 proftpd { certificate "/etc/ssl/certs/ftp.pem" }
        passive range  \(range)
        tls            \(tls)
        \(more)
    }

    """
  }

  private func compare(_ old: String, _ new: String) throws -> PolicyComparison {
    let (before, after) = (compilation(old), compilation(new))
    try #require(before.isAccepted && after.isAccepted, "\((before.diagnostics + after.diagnostics).map(\.message))")
    return try PolicyComparison(from: before, to: after, version: "0")
  }

  private func compilation(_ text: String) -> Compilation {
    Compilation(loadSources([SourceFile(name: "policy.sally", text: text)]) { _ in .failure(.missing) })
  }

  @Test("comments, layout and the order of declarations are no difference") func same() throws {
    let text = policy(publication())
    let other = "# A comment.\n\n" + text.replacing("    passive", with: "  # why\n  passive")
    #expect(try compare(text, other).isSame)
    let two = publication("other", range: "51000-51099", more: "control port 2121")
    #expect(try compare(policy(publication(), two), policy(two, publication())).changes.isEmpty)
  }

  @Test("a range that grows is opened in the gateway first, one that shrinks is given up by the server first")
  func ranges() throws {
    let (small, large) = (policy(publication()), policy(publication(range: "50000-50399")))
    let grows = try compare(small, large)
    #expect(grows.machines.map(\.kind) == [.gateway, .server] && grows.breaks.isEmpty)
    #expect(grows.changes.map(\.statements) == [["passive range 50000-50099 -> 50000-50399"]])
    let shrinks = try compare(large, small)
    #expect(shrinks.machines.map(\.kind) == [.server, .gateway] && shrinks.breaks.isEmpty)
  }

  @Test("a range that moves breaks sessions, whichever is first") func moves() throws {
    let moved = try compare(policy(publication()), policy(publication(range: "52000-52099")))
    #expect(moved.breaks.count == 1, "\(moved.breaks)")
    #expect(moved.machines.count == 2)
  }

  @Test("what gets in, what is shut out, and what ceases to work is said") func clients() throws {
    let old = policy(publication(tls: "explicit optional", more: "allow 198.51.100.0/24, 192.0.2.7"))
    let new = policy(publication(more: "allow 198.51.100.0/25, 192.0.2.0/24"))
    let change = try #require(try compare(old, new).changes.first)
    #expect(change.shutOut == ["198.51.100.128/25"])
    #expect(change.admitted == ["192.0.2.0-192.0.2.6", "192.0.2.8-192.0.2.255"])
    #expect(change.sessions.contains("plain PASV, IPv4, an allowed client: works -> refused"))
  }

  @Test("publications and reaches come and go") func declarations() throws {
    let reach =
      "reach bank { server 198.18.0.21; passive range 50000-50399; tls explicit required; allow 10.10.20.0/24 }\n"
    let (old, new) = (policy(publication()), policy(publication("other", more: "control port 2121"), reach))
    let there = try compare(old, new)
    #expect(
      there.changes.map { "\($0.kind) \($0.name) \($0.isReach)" } == [
        "added other false", "removed files false", "added bank true",
      ])
    #expect(try compare(new, old).changes.map(\.kind) == [.added, .removed, .removed])
  }

  @Test("users of a reach who come and go are told, though its statements are the same") func users() throws {
    func reach(_ users: String) -> String {
      policy(
        "reach bank { server 198.18.0.21; passive range 50000-50399; tls explicit required; allow \(users) }\n")
    }
    let change = try #require(try compare(reach("10.10.20.0/24"), reach("10.10.20.0/25")).changes.first)
    #expect(change.isReach && change.shutOut == ["10.10.20.128/25"])
  }

  @Test("two publications that need opposite orders are told") func opposite() throws {
    func two(_ first: String, _ second: String) -> String {
      """
      gateway edge { outside eth0; inside eth1; external ip 203.0.113.10 }
      server files { address 10.10.20.200; software proftpd; certificate "/etc/ssl/certs/ftp.pem" }
      publish one { server files; passive range \(first); tls explicit required }
      publish two { server files; control port 2121; passive range \(second); tls explicit required }

      """
    }
    let found = try compare(two("50000-50099", "51000-51399"), two("50000-50399", "51000-51099"))
    #expect(found.breaks.count == 1 && found.breaks.first?.hasPrefix("no order") == true, "\(found.breaks)")
  }

  @Test("what has another name and is dialled at the same place is the same") func renamed() throws {
    let old = policy(publication())
    let plain = try compare(old, policy(publication("archive")))
    #expect(plain.changes.map(\.formerName) == ["files"] && plain.changes.map(\.shutOut) == [[]])
    // Without the new name it is said that sessions break, so it is with one.
    let moved = try compare(old, policy(publication("archive", range: "52000-52099")))
    #expect(!moved.breaks.isEmpty, "\(moved.machines)")
  }

  @Test("what moves to another gateway has no order that is known") func moved() throws {
    func two(_ gateway: String, _ other: String = "south") -> String {
      """
      gateway north { outside eth0; external ip 203.0.113.10 }
      gateway \(other) { outside eth0; external ip 203.0.113.11 }
      server files { address 10.10.20.200; software proftpd; certificate "/etc/ssl/certs/ftp.pem" }
      publish one {
        server files; gateway \(gateway); external ip 203.0.113.10; passive range 50000-50099; tls explicit required
      }

      """
    }
    #expect(try !compare(two("north"), two("south")).breaks.isEmpty)
    #expect(try !compare(two("south"), two("west", "west")).breaks.isEmpty)
    func reach(_ gateway: String) -> String {
      """
      gateway north { outside eth0; inside eth1 }
      gateway south { outside eth0; inside eth1 }
      reach bank {
        gateway \(gateway); server 198.18.0.21; passive range 50000-50399; tls explicit required; allow 10.10.20.0/24
      }

      """
    }
    #expect(try !compare(reach("north"), reach("south")).breaks.isEmpty)
  }

  @Test("what gateways and servers say of themselves is told") func machines() throws {
    let old = policy(publication())
    let found = try compare(old, old.replacing("outside eth0;", with: "outside eth0, eth5;")).changes
    #expect(found.map(\.machine) == [.gateway] && found.first?.statements == ["outside eth0 -> eth0, eth5"])
    let other = try compare(old, old.replacing("ftp.pem", with: "other.pem")).changes
    #expect(other.map(\.machine) == [.server], "\(other)")
  }
}
