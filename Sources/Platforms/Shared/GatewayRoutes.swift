import Addressing
import Diagnostics

/// The routes of a gateway, as its interfaces and static routes tell, and what of them counts.
struct GatewayRoutes {
  enum Way {
    case through(Set<String>)
    /// By an interface that is disabled, so that the route is not there.
    case down
    case discarded
  }

  private struct Route {
    var prefix: Prefix
    var way: Way
    var distance: Int
    var place: SourceSpan
  }

  private var order: [Prefix] = []
  private var live: [Prefix: Route] = [:]
  private var down: [Prefix: Route] = [:]

  /// Of two routes to one network the one with the smaller distance counts; of equal ones both do.
  mutating func add(_ prefix: Prefix, _ way: Way, distance: Int, at place: SourceSpan) {
    let key = prefix.canonical
    let route = Route(prefix: key, way: way, distance: distance, place: place)
    if case .down = way {
      down[key] = down[key] ?? route
      return
    }
    guard let other = live[key] else {
      order.append(key)
      live[key] = route
      return
    }
    if distance < other.distance {
      live[key] = route
    } else if distance == other.distance, case .through(let names) = way {
      var both = other
      if case .through(let more) = other.way { both.way = .through(names.union(more)) } else { both = route }
      live[key] = both
    }
  }

  /// The way to an address by what was added so far; `nil` where only a default route leads there, or none.
  func way(to address: IPAddress) -> Way? {
    for routes in [live, down] where !routes.isEmpty {
      for length in stride(from: address.family.bits, to: 0, by: -1) {
        if let route = Prefix(address, length: length).flatMap({ routes[$0.canonical] }) { return route.way }
      }
    }
    return nil
  }

  /// The networks; of those that are down the ones that no other route leads to.
  var networks: [GatewayNetwork] {
    let known = order.compactMap { live[$0] }.map { route in
      switch route.way {
      case .through(let names): GatewayNetwork(route.prefix, .through(names), at: route.place)
      default: GatewayNetwork(route.prefix, .nowhere("is discarded here"), at: route.place)
      }
    }
    let lost = down.values.filter { route in
      !(1...max(1, route.prefix.length)).contains { length in
        Prefix(route.prefix.address, length: length).map { live[$0.canonical] != nil } ?? false
      }
    }.sorted { $0.place.range.lowerBound < $1.place.range.lowerBound }
    return known
      + lost.map { GatewayNetwork($0.prefix, .nowhere("is of an interface that is disabled"), at: $0.place) }
  }
}
