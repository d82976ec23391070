import CLibcurl

/// What the library tells of the server's certificate; `nil` where there was none.
func certificate(of handle: UnsafeMutableRawPointer?) -> Report.Certificate? {
  var chain: UnsafeMutablePointer<curl_certinfo>?
  guard get_certificates(handle, &chain) == CURLE_OK, let chain, chain.pointee.num_of_certs > 0,
    var entry = chain.pointee.certinfo?[0]
  else { return nil }
  var certificate = Report.Certificate()
  // The number of lines of one certificate is small; a list that leads back to itself has no end.
  for _ in 0..<200 {
    if let text = entry.pointee.data.map({ String(cString: $0) }) { certificate.take(text) }
    guard let next = entry.pointee.next else { break }
    entry = next
  }
  return certificate
}

extension Report.Certificate {
  /// One line, `NAME:VALUE`.
  fileprivate mutating func take(_ line: String) {
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = String(line[line.index(after: colon)...].prefix(1000))
    switch line[..<colon] {
    case "Subject": subject = value
    case "Issuer": issuer = value
    case "Start date": starts = value
    case "Expire date": expires = value
    case "X509v3 Subject Alternative Name": names = value
    default: break
    }
  }
}
