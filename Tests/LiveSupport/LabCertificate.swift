import Foundation

/// A self-signed server certificate as PEM files, with the names and addresses of the bench.
package struct LabCertificate: Sendable {
  /// Path of the certificate. Clients trust it with this file, too.
  package let path: String
  /// Path of the private key, RSA and without a password.
  package let keyPath: String
  /// Path of key and certificate in one file, as Pure-FTPd's `CertFile` wants it.
  package let bundlePath: String
}

/// Makes the certificate once for the process; each lab gets a copy as files of its own.
actor CertificateStore {
  static let shared = CertificateStore()

  private struct Texts {
    var certificate: [UInt8]
    var key: [UInt8]
  }

  private var making: Task<Texts, any Error>?

  /// Writes the certificate's files into a folder.
  func certificate(in folder: String) async throws -> LabCertificate {
    let task = making ?? Task { try await Self.make() }
    making = task
    let texts = try await task.value
    let files = LabCertificate(
      path: "\(folder)/ftp.pem", keyPath: "\(folder)/ftp.key", bundlePath: "\(folder)/ftp-bundle.pem")
    try writeFile(files.path, texts.certificate)
    try writeFile(files.keyPath, texts.key, mode: 0o600)
    try writeFile(files.bundlePath, texts.key + texts.certificate, mode: 0o600)
    return files
  }

  private static func make() async throws -> Texts {
    let addresses = [
      Address.gateway, Address.external, Address.external2, Address.external6, Address.external26,
      Address.server, Address.server2, Address.server6, Address.routedServer, Address.gatewayInside,
      Address.gatewayInside6,
    ]
    let names = ["DNS:ftp.example.com"] + addresses.map { "IP:\($0)" }
    let result = try await Command(words: [
      "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "30",
      "-subj", "/CN=ftp.example.com", "-addext", "subjectAltName=\(names.joined(separator: ","))",
      "-keyout", "/dev/stdout", "-out", "/dev/stdout",
    ]).runOrThrow()
    let text = result.text
    guard let key = block("PRIVATE KEY", in: text), let certificate = block("CERTIFICATE", in: text) else {
      throw LabError("openssl wrote no key and certificate\n\(text)\(result.errorText)")
    }
    return Texts(certificate: Array(certificate.utf8), key: Array(key.utf8))
  }

  /// One PEM block, its two marker lines included.
  private static func block(_ label: String, in text: String) -> String? {
    guard let start = text.range(of: "-----BEGIN \(label)-----"),
      let end = text.range(of: "-----END \(label)-----")
    else { return nil }
    return String(text[start.lowerBound..<end.upperBound]) + "\n"
  }
}
