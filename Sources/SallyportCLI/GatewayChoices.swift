import ArgumentParser
import Compilation
import Flows
import Platforms

extension Compilation {
  /// The position of the gateway that an option names; see `gateway(named:)`.
  ///
  /// - Throws: `ExitStatus.usage` when there is none, or the choice is not clear.
  func gatewayPosition(named name: String?, _ console: Console) throws -> Int? {
    do {
      return try gateway(named: name)
    } catch {
      throw console.failure("\(error)", .usage)
    }
  }

  /// The platform and the flows of a gateway whose rules are a table of ours.
  ///
  /// - Parameter command: The command that needs one.
  /// - Throws: `ExitStatus.usage` when the gateway is another platform.
  func tableGateway(
    named name: String?, for command: String, _ console: Console
  ) throws -> (any TablePlatform, FlowPlan) {
    let position = try gatewayPosition(named: name, console)
    guard let platform = tablePlatform(of: position) else {
      throw hasNoTable(gateway: position, for: command, console)
    }
    return (platform, flows(gateway: position))
  }

  /// That a command cannot work on a gateway.
  func hasNoTable(gateway: Int?, for command: String, _ console: Console) -> ExitCode {
    console.failure(
      "\(command) works on nftables alone, and the gateway is \(platform(of: gateway).name); "
        + "`sallyport compile` writes its configuration", .usage)
  }
}
