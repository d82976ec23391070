import Addressing
import Flows
import Nftables

/// `mark`: one bit of the connection mark of whatever is admitted, so that one rule of somebody else's firewall lets it
/// through. Other bits stay. What the helper expects has the mark of its control connection (`init_conntrack` in the
/// kernel's `nf_conntrack_core.c`); data connections that the server opens by itself are known by their source port.
func lowerMark(_ plan: FlowPlan, _ builder: inout TableBuilder) {
  guard let mark = plan.mark else { return }
  for flows in plan.families {
    let admitted = flows.admissions
    if builder.add(NamedSet(.marked, of: admitted)) {
      builder.add(.dials(.marked, flows.family), .setMark(mark.bit), to: .admission, provenance: mark.provenance)
    }
    let active = flows.activeConnections
    guard builder.add(NamedSet(.markedActive, of: active)) else { continue }
    let sent = Statement.in(.concatenation(active.side.key(flows.family)), .family(.markedActive, flows.family))
    if active.haveServers(local: false) {
      builder.add(sent, .setMark(mark.bit), to: .prerouting, provenance: mark.provenance)
    }
    if active.haveServers(local: true) {
      builder.add(.isNew, sent, .setMark(mark.bit), to: .outputHelper, provenance: mark.provenance)
    }
  }
}

extension Statement {
  /// `ct mark set ct mark | BIT`.
  static func setMark(_ bit: UInt32) -> Statement {
    .set(.conntrack("mark"), to: .arithmetic(.or, [.conntrack("mark"), .value(.number(Int64(bit)))]))
  }
}
