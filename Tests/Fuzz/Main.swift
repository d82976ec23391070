import Foundation

/// Every target. A new one is a file and a line here.
private let targets: [any (FuzzTarget & Sendable).Type] = [
  FuzzPolicy.self, FuzzServerFile.self, FuzzListing.self, FuzzPrintedTable.self, FuzzSessions.self, FuzzTemplate.self,
  FuzzStateRecord.self, FuzzGatewayText.self, FuzzEvidence.self,
]

private let environment = ProcessInfo.processInfo.environment
/// The one that this process runs: `policy` unless `SALLYPORT_FUZZ_TARGET` says otherwise.
private let target: (any (FuzzTarget & Sendable).Type)? = {
  let name = environment["SALLYPORT_FUZZ_TARGET"] ?? FuzzPolicy.name
  return targets.first { $0.name == name }
}()
/// With `SALLYPORT_FUZZ_PLANTED` an input that goes deep enough is a crash: so it is known that the fuzzer gets there.
private let isPlanted = environment["SALLYPORT_FUZZ_PLANTED"] != nil

/// What libFuzzer calls with every input (LLVM, `FuzzerInterface.h`).
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let target else {
    fatalError("SALLYPORT_FUZZ_TARGET names none of \(targets.map { $0.name }.joined(separator: " "))")
  }
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  if target.run(input), isPlanted { broken("this one was planted") }
  return 0
}
