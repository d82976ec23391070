import Glibc

/// Where the worker lies.
package enum WorkerLocation {
  /// The name of the program.
  package static let name = "sallyport-netfilter"

  /// The places in which it is looked for, best first: beside a program, and in the libexec folder that belongs to it.
  /// Never the search path: what runs as root is what was installed together.
  ///
  /// - Parameter program: Absolute path of a program of the same installation.
  package static func candidates(beside program: String, of name: String = name) -> [String] {
    let folder = program.split(separator: "/", omittingEmptySubsequences: true).dropLast().joined(separator: "/")
    let parent = folder.split(separator: "/").dropLast().joined(separator: "/")
    return [[folder, name], [parent, "libexec/sallyport", name]]
      .map { "/" + $0.filter { !$0.isEmpty }.joined(separator: "/") }
  }

  /// The worker of the running program.
  ///
  /// - Throws: `NetfilterFailure.workerMissing`.
  package static func find() throws(NetfilterFailure) -> String { try find(beside: runningProgram()) }

  /// The path of another program of the same installation; `nil` where it is missing, and the places looked at.
  package static func find(_ name: String) -> (path: String?, looked: [String]) {
    let paths = candidates(beside: runningProgram(), of: name)
    return (paths.first { access($0, X_OK) == 0 }, paths)
  }

  /// The worker that belongs to a program.
  package static func find(beside program: String) throws(NetfilterFailure) -> String {
    let paths = candidates(beside: program)
    guard let found = paths.first(where: { access($0, X_OK) == 0 }) else { throw .workerMissing(looked: paths) }
    return found
  }

  /// The path of the running program, symbolic links followed.
  private static func runningProgram() -> String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count)
    return String(decoding: path.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
