import Addressing
import FTPSession
import Glibc

extension RouteError {
  /// The type of the route that makes the kernel say this (`fib_props` in fib_semantics.c).
  var type: RouteType {
    switch number {
    case EINVAL: .blackhole
    case EACCES: .prohibit
    default: .unreachable
    }
  }
}

/// Why the kernel refuses a packet: it gives one number for several reasons, so settings and routes are asked for the
/// rest.
struct RouteLoss {
  private let question: RouteQuestion
  private let request: RouteRequest
  private let error: RouteError
  private let machine: Machine

  init(_ question: RouteQuestion, _ request: RouteRequest, _ error: RouteError, _ machine: Machine) {
    self.question = question
    self.request = request
    self.error = error
    self.machine = machine
  }

  private var destination: IPAddress { question.tuple.destination }
  private var family: AddressFamily { destination.family }

  var answer: RouteAnswer {
    switch error.number {
    case ENETUNREACH: .lost(reason: "the gateway has no route to \(destination)", isNoticed: true)
    case EACCES: .lost(reason: "the route to \(destination) is of type prohibit", isNoticed: true)
    case EHOSTUNREACH:
      .lost(reason: forwarding ?? "the route to \(destination) is of type unreachable", isNoticed: true)
    case EXDEV: .lost(reason: pathFilter ?? refusal, isNoticed: false)
    case EINVAL where question.input == nil && !machine.has(question.tuple.source):
      .lost(reason: "no interface has \(question.tuple.source), from which it is sent", isNoticed: true)
    case EINVAL: .lost(reason: blackhole ?? pathFilter ?? refusal, isNoticed: false)
    default: .unknown(reason: "\(refusal), error \(error.number)")
    }
  }

  private var refusal: String {
    let source = question.tuple.source
    let input = question.input.map { " that come in on \($0)" } ?? ""
    return "routes or rules of the machine drop packets from \(source) to \(destination)\(input) "
      + "(`ip route get \(destination) from \(source)\(question.input.map { " iif \($0)" } ?? "")`)"
  }

  /// IPv4 alone (`ip_route_input_slow` in route.c); without a setting of the interface its packets are not passed on.
  private var forwarding: String? {
    guard let input = question.input, family == .ipv4, KernelSetting.number("forwarding", of: input, family) == 0
    else {
      return nil
    }
    return KernelSetting.number("net.ipv4.ip_forward") == 0
      ? "net.ipv4.ip_forward is 0" : "net.ipv4.conf.\(input).forwarding is 0"
  }

  private var blackhole: String? {
    var plain = RouteRequest(to: destination)
    plain.mark = request.mark
    guard case .failure(let error) = RouteReply.ask(plain), error.type == .blackhole else { return nil }
    return "the route to \(destination) is of type blackhole"
  }

  /// The check of the way back to the sender (`__fib_validate_source` in fib_frontend.c; RFC 3704).
  private var pathFilter: String? {
    guard let input = question.input, family == .ipv4 else { return nil }
    let names = ["all", input]
    let value = names.compactMap { KernelSetting.number("rp_filter", of: $0, family) }.max() ?? 0
    guard value > 0 else { return nil }
    let source = question.tuple.source
    var back = RouteRequest(to: source)
    back.wantsRoute = true
    let way: String
    if case .success(let reply) = RouteReply.ask(back), let link = reply.interface.flatMap({ machine.link($0) }) {
      way = "the route back to \(source) leads out of \(link.name)"
    } else {
      way = "no route leads back to \(source)"
    }
    return "rp_filter of \(input) is \(value) (\(value == 1 ? "strict" : "loose")), and \(way)"
  }
}
