/// Writes random policies of every kind that the language allows: mostly valid, now and then refused.
package struct PolicyGenerator {
  private var random: SeededGenerator
  private var text = ""
  /// Passive ranges so far.
  private var ranges: [String] = []

  package init(seed: UInt64) { random = SeededGenerator(state: seed) }

  /// One policy with one to five publications, now and then beside a hundred that have much in common with them.
  ///
  /// - Parameter gateway: The statements of its gateway; `nil` for one with interfaces, or for none.
  package mutating func policy(gateway: String? = nil) -> String {
    text = ""
    ranges = []
    let hasGateway = chance(2) || gateway != nil
    if hasGateway { line("gateway edge {\n    \(gateway ?? "outside  eth0\n    inside   eth1, eth2")\n}") }
    let lists = clientLists()
    for index in 0..<number(1...5) { publication(index, hasGateway: hasGateway, lists: lists) }
    guard chance(6) else { return text }
    let range = ranges.isEmpty || chance(3) ? "50000-50399" : pick(ranges)
    return text + Crowd.text(range: range, clients: "\(prefix()), 192.0.2.7, 2001:db8:7::/48", hasIPv6: chance(3))
  }

  private mutating func clientLists() -> [String] {
    (0..<number(0...3)).map { index in
      let name = "list\(index)"
      var terms = (0..<(chance(6) ? number(20...60) : number(1...6))).map { _ in prefix() }
      if index > 0, chance(3) { terms.append("list\(index - 1)") }
      line("clients \(name) = \(terms.joined(separator: ", "))")
      return name
    }
  }

  private mutating func publication(_ index: Int, hasGateway: Bool, lists: [String]) {
    let software = pick(["pure-ftpd", "proftpd", "vsftpd", "iis", "filezilla", "other"])
    let families = pick([[4], [4], [4], [6], [4, 6]])
    let kind = pick(["translated", "translated", "translated", "routed", "local"])
    let external = families.map { $0 == 4 ? "203.0.113.\(10 + index)" : "2001:db8:113::\(10 + index)" }
    // Now and then a box before the gateway translates.
    let isBehind = kind != "routed" && chance(5)
    let arrival = families.map { $0 == 4 ? " at 10.0.1.\(10 + index)" : " at fd00:1::\(10 + index)" }
    let dialled = zip(external, arrival).map { isBehind ? $0 + $1 : $0 }
    let inner = families.map { $0 == 4 ? "10.10.20.\(10 + index)" : "2001:db8:20::\(10 + index)" }
    let address = kind == "local" ? ["local"] : kind == "routed" ? external : inner
    let tls = mode(of: software)
    let needsRange = tls != "off" || chance(2)
    let helper = (tls == "off" || tls == "explicit optional") && (!needsRange || chance(3))
    let isInPlace = chance(4)
    if !isInPlace {
      line("server s\(index) {")
      server(index, software, address, tls)
      line("}")
    }
    line("publish p\(index) {")
    if isInPlace {
      statement("server \(address.joined(separator: ", ")) \(software) {")
      serverStatements(index, software, tls)
      statement("}")
    } else {
      statement("server s\(index)")
    }
    statement("external ip \(dialled.joined(separator: ", "))")
    if chance(3), tls != "implicit" { statement("control port \(2100 + index)\(chance(2) ? " -> 21" : "")") }
    if needsRange {
      let low = 20_000 + index * 2_000 + number(0...500)
      ranges.append("\(low)-\(low + number(200...1_400))")
      statement("passive range \(ranges.last ?? "")")
    }
    statement("tls \(tls)")
    if helper { statement("helper on") }
    if chance(4), software != "filezilla" { statement("active on") }
    clients(lists)
    limits()
    if hasGateway, kind == "translated" || kind == "local" && isBehind, chance(4) { statement("hairpin on") }
    if kind != "local", chance(6) { statement("source gateway") }
    if chance(3) { statement("log \(pick(["new", "denied", "all"]))") }
    line("}")
  }

  private mutating func server(_ index: Int, _ software: String, _ address: [String], _ tls: String) {
    statement("address \(address.joined(separator: ", "))")
    statement("software \(software)")
    serverStatements(index, software, tls)
  }

  private mutating func serverStatements(_ index: Int, _ software: String, _ tls: String) {
    if software == "iis" { statement("site \"Site \(index)\"") }
    if tls != "off" {
      let thumbprint = "certificate thumbprint 57686F6120447564652C2049495320526F636B73"
      statement(software == "iis" ? thumbprint : "certificate \"/etc/ssl/a.pem\" key \"/etc/ssl/a.key\"")
    }
    if chance(2) { statement("max clients \(number(1...100))") }
  }

  private mutating func mode(of software: String) -> String {
    var modes = ["explicit optional", "explicit required", "explicit required"]
    if software != "filezilla" { modes.append("off") }
    if software != "pure-ftpd" { modes.append("implicit") }
    return pick(modes)
  }

  private mutating func clients(_ lists: [String]) {
    var terms = lists.filter { _ in chance(2) }
    if chance(3) { terms += (0..<number(1...4)).map { _ in prefix() } }
    if !terms.isEmpty { statement("allow \(terms.joined(separator: ", "))") }
    if chance(4) { statement("deny \((0..<number(1...3)).map { _ in prefix() }.joined(separator: ", "))") }
  }

  private mutating func limits() {
    if chance(4) { statement("limit \(number(1...50)) sessions per client") }
    if chance(4) { statement("limit \(number(1...500)) sessions") }
    if chance(4) { statement("limit \(number(1...90)) new per minute per client") }
  }

  /// Addresses and prefixes that overlap often.
  private mutating func prefix() -> String {
    if chance(4) {
      let length = number(3...8) * 8
      return "2001:db8:\(String(number(0...3), radix: 16))::/\(max(48, length))"
    }
    let length = number(16...32)
    let bits = UInt32(number(0...65_535)) | 0xC633_0000
    let network = length == 32 ? bits : bits & ~(UInt32.max >> UInt32(length))
    let octets = [24, 16, 8, 0].map { String(network >> UInt32($0) & 255) }
    return octets.joined(separator: ".") + (length == 32 ? "" : "/\(length)")
  }

  private mutating func statement(_ statement: String) { line("    \(statement)") }

  private mutating func line(_ line: String) { text += line + "\n" }

  private mutating func number(_ range: ClosedRange<Int>) -> Int { random.number(range) }

  /// True once in so many times.
  private mutating func chance(_ times: Int) -> Bool { random.chance(times) }

  private mutating func pick<Element>(_ elements: [Element]) -> Element { random.pick(elements) }
}
