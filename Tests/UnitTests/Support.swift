import Compilation
import Diagnostics
import Foundation
import LiveSupport
import PolicySyntax

/// The root of the repository.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// Compiles one text; other files that it may include by name.
func compile(_ policy: String, including files: [String: String] = [:]) -> Compilation {
  Compilation(
    loadSources(
      [SourceFile(name: "policy.sally", text: policy)],
      read: { path in
        files[path].map { .success(Array($0.utf8)) } ?? .failure(path.hasPrefix("/") ? .outside : .missing)
      }, list: namesInFolders(of: files.keys)))
}

func tree(_ text: String) -> PolicyFileSyntax {
  parse(SourceFile(name: "policy.sally", text: text), as: SourceID(0))
}

extension Compilation {
  /// The codes of the errors, in order.
  var errorCodes: [String] { diagnostics.filter { $0.severity == .error }.map(\.code) }

  /// The text that a diagnostic with this code underlines.
  func underlined(_ code: String) -> String? {
    diagnostics.first { $0.code == code }.map { sources.text($0.primary.span) }
  }

  /// The nft script without its header.
  var script: String { table(gateway: policy.gateways.isEmpty ? nil : 0).script().text }
}

/// The smallest useful policy, with more statements in its block.
func published(
  _ statements: String = "tls explicit required", range: String = "passive range 50000-50399",
  server: String = "server 10.10.20.200 proftpd"
) -> String {
  """
  publish files {
      \(server)
      external ip    203.0.113.10
      \(range)
      \(statements)
  }
  """
}

/// Compiles bytes, which may be no text at all.
func compile(_ bytes: [UInt8]) -> Compilation {
  Compilation(loadSources([SourceFile(name: "policy.sally", bytes: bytes)]) { _ in .failure(.missing) })
}

/// A policy that uses every statement of the language but `include`.
let everyStatement = """
  # Everything at once.
  clients partners = 198.51.100.0/24, 192.0.2.7, 2001:db8:beef::/48
  clients friends = partners, 203.0.113.0/25

  gateway edge {
      outside      eth0
      inside       eth1
      external ip  203.0.113.10, 2001:db8:113::10
  }

  server files {
      address      10.10.20.200, 2001:db8:20::200
      software     proftpd 1.3.8
      certificate  "/etc/ssl/certs/ftp.pem" key "/etc/ssl/private/ftp.key"
      max clients  100
  }

  publish secure-files {
      gateway        edge
      server         files
      control port   2121 -> 21
      passive range  50000-50399
      tls            explicit optional
      helper         on
      allow          friends,
                     10.10.20.0/24
      allow          192.0.2.128/25
      deny           198.51.100.66
      limit          10 sessions per client
      limit          100 sessions
      limit          30 new per minute per client
      hairpin        on
      source         gateway
      log            all
  }

  publish archive {
      server         10.10.20.201 vsftpd
      external ip    203.0.113.11
      control port   990
      passive range  40000-40399
      tls            implicit
      active         on
      log            denied
  }

  publish legacy {
      server       10.10.20.202 vsftpd
      external ip  203.0.113.12
      tls          off
      helper       on
      active       on
      allow        partners
  }
  """

/// Numbers that look random and are the same in every run.
typealias SeededGenerator = LiveSupport.SeededGenerator
