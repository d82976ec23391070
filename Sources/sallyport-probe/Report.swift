/// The answer, as one object of JSON on standard output.
struct Report: Encodable {
  var version = Request.protocolVersion
  /// The libraries with their versions.
  var library = ""
  /// Addresses of a name.
  var addresses: [String]?
  /// Why there are none.
  var failure: String?
  var events: [Event] = []
  var transfers: [Transfer] = []
  var certificate: Certificate?
  /// Why nobody vouches for it.
  var certificateProblem: String?
  /// Whether events are missing, because there were too many.
  var isCut = false

  struct Event: Encodable {
    /// Seconds since the beginning.
    var time: Double
    /// `dialling`, `dialled`, `listening`, `accepted`, `sent`, `received`, `note`, `data`, `idle`, `reconnects`.
    var kind: String
    /// `control` or `data`.
    var connection: String?
    var text: String?
    var address: String?
    var port: UInt16?
    /// Of a connection that was dialled: `connected`, `refused`, `timed-out`, `unreachable` or `failed`.
    var result: String?
    /// Our own end.
    var localAddress: String?
    var localPort: UInt16?
    var bytes: Int?
  }

  struct Transfer: Encodable {
    /// `listing`, `again`, `upload`.
    var name: String
    /// Number of libcurl; 0 is fine.
    var code: UInt32
    var error: String
    var bytes: Int
    /// `done`, `enough` (it was stopped after many bytes), `stalled`, `fallback` (the library tried another mode),
    /// `reconnect` (the control connection was gone), `chatter` (the server talks without end), `time`, `exists` (the
    /// file was there), `handshake` (TLS on a connection that came in does not come up), `failed`, `hung`.
    var ending: String
  }

  struct Certificate: Encodable {
    var subject = ""
    var issuer = ""
    var starts = ""
    var expires = ""
    var names = ""
  }
}
