import Addressing
import Policy

/// The two ends of a passive port range, both inclusive.
struct RangeView {
  var low: UInt16
  var high: UInt16

  init(_ range: PortRange) {
    low = range.low
    high = range.high
  }
}

/// A certificate as templates see it; exactly one of the properties says something, and none without TLS.
struct CertificateView {
  /// A certificate and its key in two files.
  var pair: Pair?
  /// One file with both.
  var bundle: String?
  /// 40 hexadecimal digits.
  var thumbprint: String?
  /// TLS is on and the policy names no certificate.
  var isMissing = false

  struct Pair {
    var certificate: String
    var key: String
  }

  init(_ certificate: Certificate?, usesTLS: Bool) {
    guard usesTLS else { return }
    switch certificate {
    case .files(let path, let key?): pair = Pair(certificate: path, key: key)
    case .files(let path, nil): bundle = path
    case .thumbprint(let digits): thumbprint = digits
    case nil: isMissing = true
    }
  }
}
