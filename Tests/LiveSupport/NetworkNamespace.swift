import Foundation

/// A named network namespace.
struct NetworkNamespace: Sendable {
  var name: String

  /// Where `ip netns` keeps the handle of the namespace.
  var path: String { "/run/netns/\(name)" }

  /// Runs blocking work on a thread of its own that has entered the namespace and ends afterwards.
  ///
  /// Sockets made there stay in the namespace, and `/proc/sys/net` and `/proc/thread-self/net` show it.
  func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    let path = path
    return try await onFreshThread {
      try NamespaceCalls.enter(path)
      return try work()
    }
  }

  /// The words that run a program in the namespace. The program also gets a private view of mounts.
  func words(_ program: [String]) -> [String] { ["ip", "netns", "exec", name] + program }
}

/// Runs blocking work outside the pool of threads that serves tasks.
func onFreshThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
  }
}

/// The two calls of the C library that are not part of the Glibc module.
enum NamespaceCalls {
  private typealias SetNamespace = @convention(c) (CInt, CInt) -> CInt
  private typealias Unshare = @convention(c) (CInt) -> CInt
  private static let network: CInt = 0x4000_0000  // CLONE_NEWNET

  /// Moves the calling thread into the network namespace with this handle.
  static func enter(_ path: String) throws {
    guard let symbol = dlsym(nil, "setns") else { throw LabError("this C library has no `setns`") }
    let handle = open(path, O_RDONLY | O_CLOEXEC)
    guard handle >= 0 else { throw LabError("\(path): \(errorText())") }
    defer { close(handle) }
    guard unsafeBitCast(symbol, to: SetNamespace.self)(handle, network) == 0 else {
      throw LabError("cannot enter \(path): \(errorText())")
    }
  }

  /// Moves the calling thread into a new network namespace that ends with it.
  static func enterNew() throws {
    guard let symbol = dlsym(nil, "unshare") else { throw LabError("this C library has no `unshare`") }
    guard unsafeBitCast(symbol, to: Unshare.self)(network) == 0 else {
      throw LabError("cannot create a network namespace: \(errorText())")
    }
  }
}

/// The text for the current `errno`, or for another error number.
func errorText(_ number: CInt = errno) -> String { String(cString: strerror(number)) }
