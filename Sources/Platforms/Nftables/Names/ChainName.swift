package import Flows
import Nftables

/// The chains that exist once, in the order in which they are written.
///
/// Priorities: the helper must be assigned after connection tracking (-200) and before dstnat (-100); see
/// `nft_ct_helper_obj_eval` in the kernel's `nft_ct.c`, and CVE-2025-68206 for what happened when it came later.
package enum SingleChain: String, CaseIterable, Sendable {
  case prerouting
  case admission
  case clients = "admitted_clients"
  case limited
  case denied
  case destinationNAT = "destination_nat"
  case publish
  case forward = "forward_data"
  case input = "input_data"
  case output = "output_data"
  case outputHelper = "output_helper"
  case related = "related_data"
  case postrouting = "source_nat"

  var base: BaseChain? {
    switch self {
    case .prerouting: BaseChain(.filter, .prerouting, priority: -150)
    case .destinationNAT: BaseChain(.nat, .prerouting, priority: -100)
    case .forward: BaseChain(.filter, .forward, priority: 0)
    case .input: BaseChain(.filter, .input, priority: 0)
    case .output: BaseChain(.filter, .output, priority: 0)
    case .outputHelper: BaseChain(.filter, .output, priority: -150)
    case .postrouting: BaseChain(.nat, .postrouting, priority: 100)
    case .admission, .clients, .limited, .denied, .publish, .related: nil
    }
  }
}

/// The name of a chain of our table. `text` and `init(text:)` are inverse to each other.
package enum ChainName: Hashable, Sendable {
  case single(SingleChain)
  /// Logs an event of a publication under its name.
  case log(LoggedEvent, publication: String)
  /// Counts the sessions of a publication over all its addresses.
  case sessions(publication: String)
  /// Asks a list of clients.
  case clientList(ClientListName)
  /// The same of the other direction, for `reach` blocks.
  indirect case reach(ChainName)

  package var text: String {
    switch self {
    case .single(let chain): chain.rawValue
    case .log(let event, let publication): "log_\(event.rawValue)_\(publication)"
    case .sessions(let publication): "sessions_\(publication)"
    case .clientList(let name): name.text
    case .reach(let chain): reachPrefix + chain.text
    }
  }

  /// The same name without its direction.
  var undirected: ChainName { if case .reach(let chain) = self { chain } else { self } }

  /// The name as it was read; `nil` when nobody of ours gives such a name.
  package init?(text: String) {
    if let chain = SingleChain(rawValue: text) {
      self = .single(chain)
      return
    }
    if text.hasPrefix(reachPrefix) {
      guard let chain = ChainName(text: String(text.dropFirst(reachPrefix.count))), chain == chain.undirected else {
        return nil
      }
      self = .reach(chain)
      return
    }
    func publication(_ prefix: String) -> String? {
      text.hasPrefix(prefix) && text != prefix ? String(text.dropFirst(prefix.count)) : nil
    }
    for event in LoggedEvent.allCases {
      guard let publication = publication("log_\(event.rawValue)_") else { continue }
      self = .log(event, publication: publication)
      return
    }
    if let publication = publication("sessions_") {
      self = .sessions(publication: publication)
    } else if let list = ClientListName(text: text) {
      self = .clientList(list)
    } else {
      return nil
    }
  }

  /// The publication, or `reach`, whose name it bears; `nil` for a chain that exists once.
  package var publication: String? {
    switch self {
    case .single: nil
    case .log(_, let publication), .sessions(let publication): publication
    case .clientList(let name): name.publication
    case .reach(let chain): chain.publication
    }
  }
}
