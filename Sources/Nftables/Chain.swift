package import Diagnostics

/// One rule: statements from left to right; evaluation stops at the first that does not match.
package struct Rule: Hashable, Sendable {
  package var statements: [Statement]
  /// At most 128 bytes.
  package var comment: String?
  /// The policy statements that asked for the rule; no part of its meaning.
  package var provenance: [SourceSpan]
  /// The number by which the kernel knows a rule that was listed; no part of its meaning.
  package var handle: Int64?
  /// The statements as nft writes them, where its text was listed as well; no part of its meaning.
  package var quotation: String?

  package init(
    _ statements: [Statement], comment: String? = nil, provenance: [SourceSpan], handle: Int64? = nil
  ) {
    self.statements = statements
    self.comment = comment
    self.provenance = provenance
    self.handle = handle
  }

  package static func == (left: Rule, right: Rule) -> Bool {
    left.comment == right.comment && left.statements == right.statements
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(statements)
    hasher.combine(comment)
  }
}

/// Where a base chain is called from the network stack.
package struct BaseChain: Hashable, Sendable {
  package enum Kind: String, Sendable { case filter, nat, route }
  package enum Hook: String, Sendable {
    case prerouting, input, forward, output, postrouting
    /// Hooks of single devices, before and after everything else.
    case ingress, egress

    /// Whether a chain is called for the packets of the devices that it names.
    package var isOfDevices: Bool { self == .ingress || self == .egress }
  }

  package var kind: Kind
  package var hook: Hook
  /// Lower runs first; connection tracking runs at -200 (`NF_IP_PRI_CONNTRACK`).
  package var priority: Int
  /// Whether packets that reach the end are dropped. No chain of ours does that.
  package var dropsByPolicy: Bool
  /// The devices of a hook of devices, some perhaps with `*` at the end; `nil` where the listing does not tell them, as
  /// JSON of nft 1.0.6 does not.
  package var devices: [String]? = nil

  package init(_ kind: Kind, _ hook: Hook, priority: Int, dropsByPolicy: Bool = false) {
    self.kind = kind
    self.hook = hook
    self.priority = priority
    self.dropsByPolicy = dropsByPolicy
  }
}

extension BaseChain {
  /// As nft writes it.
  fileprivate var policy: String { dropsByPolicy ? "drop" : "accept" }

  /// The whole declaration as nft writes it.
  var text: String { phrase.text }

  fileprivate var phrase: ScriptPhrase {
    "type \(kind) hook \(hook) priority \(priority); policy \(words: policy);"
  }
}

/// A chain of rules. Our base chains have policy accept: what no rule of ours names is left alone.
package struct Chain: Hashable, Sendable {
  package var name: String
  /// `nil` for a chain that is only jumped to.
  package var base: BaseChain?
  package var rules: [Rule]

  package init(_ name: String, _ base: BaseChain? = nil, rules: [Rule] = []) {
    self.name = name
    self.base = base
    self.rules = rules
  }
}

extension Rule {
  /// - Parameter command: What stands before the statements, with a space after it; empty within a chain.
  func write(to writer: inout ScriptWriter, command: ScriptPhrase = "") {
    writer.line(provenance: provenance) { writer in
      writer.write(command)
      writer.write(statements, separator: " ") { $1.write(to: &$0) }
      if let comment {
        writer.write(" comment ")
        writer.write(quoted: comment, limit: 128)
      }
    }
  }

  func json(family: String, table: String, chain: String) -> JSONValue {
    [
      "rule": .object([
        "family": .string(family), "table": .string(table), "chain": .string(chain),
        "comment": comment.map { .string($0) }, "expr": .array(statements.map(\.json)),
      ])
    ]
  }
}

extension Chain {
  func write(to writer: inout ScriptWriter) {
    writer.block("chain \(name: name)", provenance: rules.first?.provenance ?? []) { writer in
      if let base {
        writer.line { $0.write(base.phrase) }
      }
      for rule in rules { rule.write(to: &writer) }
    }
  }

  func json(family: String, table: String) -> JSONValue {
    [
      "chain": .object([
        "family": .string(family), "table": .string(table), "name": .string(name),
        "type": base.map { .string($0.kind.rawValue) }, "hook": base.map { .string($0.hook.rawValue) },
        "prio": base.map { .number(Int64($0.priority)) }, "policy": base.map { .string($0.policy) },
      ])
    ]
  }
}
