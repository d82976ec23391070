import CLibcurl
import Glibc

/// One session, from the first packet to the last. Everything happens on one thread, but for the watch, which writes
/// the report and ends the program where the library does not come back.
final class Play {
  let request: Request.Session
  let transcript: Transcript
  private let handle: UnsafeMutableRawPointer
  private let multi: UnsafeMutableRawPointer
  private var problem = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
  private var lists: [UnsafeMutablePointer<curl_slist>] = []

  // What the callbacks keep.
  /// Whether the control connection was dialled.
  var hasControl = false
  /// The last command that asked for a data connection, and whether its reply allowed to dial one.
  var dataCommand: String?
  var mayDial = false
  var repliedBytes = 0
  var transferred = 0
  var lastProgress = 0.0
  /// When the server's data connection came in.
  var acceptedAt: Double?
  var unsent: ArraySlice<UInt8> = []
  /// Why the session is to end; see `Report.Transfer`.
  var ending: String?

  /// What a server may say at most, in bytes.
  static let mostReplies = 256 << 10
  /// What of a listing is taken at most, in bytes.
  static let mostData = 1 << 20

  init?(_ request: Request.Session) {
    guard let handle = curl_easy_init(), let multi = curl_multi_init() else { return nil }
    self.request = request
    self.handle = handle
    self.multi = multi
    transcript = Transcript(secret: request.password)
    // The library itself, and what it does TLS with.
    let libraries = String(cString: curl_version()).split(separator: " ").prefix(2).joined(separator: " ")
    transcript.change { $0.library = libraries }
  }

  var patience: Int { max(1, min(request.patience, 600)) }

  func run() {
    watch(seconds: patience * 16 + max(0, request.idle) + 5)
    configure()
    if begin() {
      if request.idle > 0 { idle() }
      if perform("again"), let name = request.upload { upload(name) }
    }
    keepCertificate()
    transcript.write()
    // Saying good-bye to a server that does not answer could take long, and the answer is out.
    exit(0)
  }

  /// The first transfer; once more where the certificate is to be taken all the same, after what is wrong with it is
  /// known. Whether the session can go on.
  private func begin() -> Bool {
    if perform("listing") { return true }
    let failed = transcript.takeCertificateFailure()
    guard let failed else { return false }
    transcript.change { $0.certificateProblem = failed }
    guard request.acceptsCertificate else { return false }
    transcript.restart()
    hasControl = false
    set_number(handle, CURLOPT_SSL_VERIFYPEER, 0)
    set_number(handle, CURLOPT_SSL_VERIFYHOST, 0)
    return perform("listing")
  }

  private func keepCertificate() {
    guard let found = certificate(of: handle) else { return }
    transcript.change { $0.certificate = found }
  }

  private func configure() {
    let own = Unmanaged.passUnretained(self).toOpaque()
    set_debug(handle, heard, own)
    set_open_socket(handle, opened, own)
    set_socket_options(handle, prepared, own)
    set_write(handle, wrote, own)
    set_read(handle, readMore, own)
    set_pointer(handle, CURLOPT_ERRORBUFFER, &problem)
    let isImplicit = request.encryption == "implicit"
    let isV6 = request.host.contains(":")
    let host = isV6 ? "[\(request.host)]" : request.host
    set_text(handle, CURLOPT_URL, "\(isImplicit ? "ftps" : "ftp")://\(host):\(request.port)/")
    if request.host != request.address {
      // The name is for the certificate; the address is dialled.
      let address = request.address.contains(":") ? "[\(request.address)]" : request.address
      if let list = curl_slist_append(nil, "\(host):\(request.port):\(address)") {
        lists.append(list)
        set_pointer(handle, CURLOPT_RESOLVE, list)
      }
    }
    set_text(handle, CURLOPT_USERNAME, request.user)
    set_text(handle, CURLOPT_PASSWORD, request.password)
    set_text(handle, CURLOPT_PROXY, "")
    for (option, value) in numbers { set_number(handle, option, value) }
    set_reply_patience(handle, patience)
    if let authorities = request.authorities { set_text(handle, CURLOPT_CAINFO, authorities) }
    if request.mode == "port" || request.mode == "eprt" { set_text(handle, CURLOPT_FTPPORT, "-") }
  }

  private var numbers: [(CURLoption, Int)] {
    let isTLS = request.encryption != "plain"
    return [
      (CURLOPT_VERBOSE, 1), (CURLOPT_NOSIGNAL, 1), (CURLOPT_NETRC, 0), (CURLOPT_CERTINFO, 1),
      // The address in a 227 is dialled as it stands there.
      (CURLOPT_FTP_SKIP_PASV_IP, 0), (CURLOPT_FTP_FILEMETHOD, Int(CURLFTPMETHOD_NOCWD.rawValue)),
      (CURLOPT_USE_SSL, Int(isTLS ? CURLUSESSL_ALL.rawValue : CURLUSESSL_NONE.rawValue)),
      (CURLOPT_FTPSSLAUTH, Int(CURLFTPAUTH_TLS.rawValue)),
      (CURLOPT_FTP_USE_EPSV, request.mode == "epsv" ? 1 : 0),
      (CURLOPT_FTP_USE_EPRT, request.mode == "eprt" ? 1 : 0),
      (CURLOPT_SSL_VERIFYPEER, 1), (CURLOPT_SSL_VERIFYHOST, 2),
      (CURLOPT_SSL_SESSIONID_CACHE, request.reusesSession ? 1 : 0),
      (CURLOPT_ACCEPTTIMEOUT_MS, patience * 1000),
      (CURLOPT_CONNECTTIMEOUT, patience * 6), (CURLOPT_MAXAGE_CONN, max(0, request.idle) + 3600),
    ]
  }

  /// One transfer; whether the session can go on.
  private func perform(_ name: String) -> Bool {
    (transferred, ending, lastProgress) = (0, nil, Transcript.now)
    acceptedAt = nil
    problem = problem.map { _ in 0 }
    set_pointer(handle, CURLOPT_ERRORBUFFER, &problem)
    let code = transfer(until: Transcript.now + Double(patience * 4))
    let words = String(decoding: problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let known = ending ?? (code == CURLE_OK ? "done" : code == CURLE_OPERATION_TIMEDOUT ? "time" : "failed")
    // The words are not always about what failed.
    let error =
      code == CURLE_OK || ending != nil ? "" : words.isEmpty ? String(cString: curl_easy_strerror(code)) : words
    let bytes = transferred
    transcript.change {
      $0.transfers.append(
        Report.Transfer(name: name, code: code.rawValue, error: error, bytes: bytes, ending: known))
    }
    return known == "done"
  }

  private func transfer(until deadline: Double) -> CURLcode {
    guard curl_multi_add_handle(multi, handle) == CURLM_OK else { return CURLE_FAILED_INIT }
    defer { curl_multi_remove_handle(multi, handle) }
    var running: Int32 = 1
    while running > 0, ending == nil {
      guard curl_multi_perform(multi, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
      if running == 0 || ending != nil { break }
      let now = Transcript.now
      if transferred > 0, now - lastProgress > Double(patience) { ending = "stalled" }
      // Versions of the library do not get through with TLS on a connection that came in (7.88, measured).
      if let acceptedAt, transferred == 0, request.encryption != "plain", now - acceptedAt > Double(patience) {
        ending = "handshake"
      }
      if now > deadline { ending = transferred > 0 ? "enough" : "time" }
      curl_multi_poll(multi, nil, 0, 50, nil)
    }
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      if message.pointee.msg == CURLMSG_DONE { return result_of(message) }
    }
    return CURLE_ABORTED_BY_CALLBACK
  }

  private func idle() {
    transcript.add("idle") { $0.bytes = request.idle }
    let end = Transcript.now + Double(request.idle)
    while Transcript.now < end { usleep(100_000) }
  }

  /// Writes a small file of that name and deletes it, unless there is one.
  private func upload(_ name: String) {
    let path = name.utf8.map { byte in
      let isPlain =
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
        || [0x2D, 0x2E, 0x2F, 0x5F].contains(byte)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
    let isV6 = request.host.contains(":")
    let host = isV6 ? "[\(request.host)]" : request.host
    let scheme = request.encryption == "implicit" ? "ftps" : "ftp"
    set_text(handle, CURLOPT_URL, "\(scheme)://\(host):\(request.port)/\(path)")
    set_number(handle, CURLOPT_NOBODY, 1)
    ending = nil
    let there = transfer(until: Transcript.now + Double(patience * 4))
    set_number(handle, CURLOPT_NOBODY, 0)
    guard there != CURLE_OK else {
      transcript.change {
        $0.transfers.append(Report.Transfer(name: "upload", code: 0, error: "", bytes: 0, ending: "exists"))
      }
      return
    }
    unsent = ArraySlice(Array(repeating: Array("written by sallyport probe\n".utf8), count: 40).joined())
    set_number(handle, CURLOPT_UPLOAD, 1)
    if let list = curl_slist_append(nil, "*DELE \(name)") {
      lists.append(list)
      set_pointer(handle, CURLOPT_POSTQUOTE, list)
    }
    _ = perform("upload")
  }

  /// Ends the program when its parent is gone, or when it does not come to an end by itself: a library that waits for
  /// ever in one call.
  private func watch(seconds: Int) {
    let watch = Watch(transcript: transcript, seconds: seconds)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { pointer in
        guard let pointer else { return nil }
        let watch = Unmanaged<Watch>.fromOpaque(pointer).takeRetainedValue()
        let end = Transcript.now + Double(watch.seconds)
        while Transcript.now < end {
          usleep(200_000)
          // Nobody waits for the answer any more.
          if getppid() != watch.parent { _exit(0) }
        }
        watch.transcript.change {
          $0.transfers.append(
            Report.Transfer(name: "watch", code: 0, error: "libcurl does not come back", bytes: 0, ending: "hung"))
        }
        watch.transcript.write()
        _exit(0)
      }, Unmanaged.passRetained(watch).toOpaque())
  }
}

/// What the watching thread needs.
private final class Watch: Sendable {
  let transcript: Transcript
  let seconds: Int
  let parent = getppid()

  init(transcript: Transcript, seconds: Int) {
    (self.transcript, self.seconds) = (transcript, seconds)
  }
}
