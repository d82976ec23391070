import Compilation
import Netfilter
import Nftables

extension Console {
  /// The rules of this machine, and what is around it.
  ///
  /// - Parameter gateway: Which gateway of the policy it is, as a position.
  /// - Throws: The exit status of a command that could not ask the kernel.
  func runningRules(at gateway: Int?) async throws -> JudgedRules {
    let ruleset: Ruleset
    do throws(NetfilterFailure) {
      ruleset = try await NetfilterWorker(path: try WorkerLocation.find()).ruleset()
    } catch {
      throw failure(error)
    }
    guard let surroundings = HostSurroundings.current() else { throw noInterfaces }
    let (network, kernel) = (surroundings.network, HostNetwork.kernelTraits())
    return JudgedRules(gateway: gateway, ruleset: ruleset) { publication, policy in
      SessionSite(gateway: network, kernel: kernel, for: publication, of: policy)
    }
  }
}
