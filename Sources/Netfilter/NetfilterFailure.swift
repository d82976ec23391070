/// Why the kernel could not be asked.
package enum NetfilterFailure: Error, Hashable, Sendable {
  /// No worker at any of these paths.
  case workerMissing(looked: [String])
  /// The worker could not be started, with the system's reason.
  case notStarted(String)
  /// The request could not be written to a temporary file, with the system's reason.
  case noRequestFile(String)
  /// The process may not see or change the rules of the namespace.
  case notPermitted
  /// The worker cannot have the kernel hold a change to the rules for which it was made, so it sends none.
  case unbound
  /// A signal ended the worker.
  case killed(signal: Int32)
  /// The worker was ended because it gave no answer in time.
  case timedOut(seconds: Int)
  /// The answer exceeds this many bytes.
  case answerTooLong(limit: Int)
  /// The answer is not whole, or is none; with what the worker wrote to standard error.
  case brokenAnswer(status: Int32, errors: String)
  /// libnftables does not understand the script, or failed without a place in it; with its words.
  case library(String)
}

extension NetfilterFailure: CustomStringConvertible {
  /// The memory access that libnftables 1.0.9 and older get wrong; 1.1.3 does not (measured).
  private static let segmentationFault: Int32 = 11

  /// What happened and what to do, in one line for people.
  package var description: String {
    switch self {
    case .workerMissing(let paths):
      "the program \(WorkerLocation.name) is missing; it belongs to \(paths.joined(separator: " or to "))"
    case .notStarted(let reason): "the program \(WorkerLocation.name) does not start: \(reason)"
    case .noRequestFile(let reason): "no temporary file for the ruleset: \(reason)"
    case .notPermitted: "the rules of the kernel are for root; run this as root or with CAP_NET_ADMIN"
    case .unbound:
      "the program \(WorkerLocation.name) cannot make libnftables bind a change to the rules for which it was made, so "
        + "changes of other programs could be lost; both have to be of the same system: install sallyport built on this one"
    case .killed(Self.segmentationFault):
      "libnftables crashed: most likely a newer nft, perhaps in a container, wrote sets in this network namespace; "
        + "libnftables 1.1.3 or newer is needed to read them"
    case .killed(let signal): "the program \(WorkerLocation.name) was ended by signal \(signal)"
    case .timedOut(let seconds): "libnftables gave no answer within \(seconds) seconds"
    case .answerTooLong(let limit): "libnftables answered with more than \(limit >> 20) MiB"
    case .brokenAnswer(let status, _):
      "the program \(WorkerLocation.name) ended with status \(status) and without a whole answer"
    case .library: "libnftables failed, or does not understand the ruleset; it must be 1.0.6 or newer"
    }
  }

  /// Whether another question can have an answer: what failed is what the library made of this one.
  var isOfLibrary: Bool {
    switch self {
    case .killed, .brokenAnswer, .answerTooLong, .library: true
    case .workerMissing, .notStarted, .noRequestFile, .notPermitted, .unbound, .timedOut: false
    }
  }

  /// What the worker or libnftables said about it, line by line.
  package var details: [String] {
    switch self {
    case .brokenAnswer(_, let errors): errors.split(separator: "\n").map(String.init)
    case .library(let text): text.split(separator: "\n").map(String.init)
    default: []
    }
  }
}
