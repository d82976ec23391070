import CLibcurl
import Glibc

/// The session of a callback.
private func play(_ pointer: UnsafeMutableRawPointer?) -> Play? {
  pointer.map { Unmanaged<Play>.fromOpaque($0).takeUnretainedValue() }
}

/// What the library and the server say.
let heard: curl_debug_callback = { _, kind, bytes, count, pointer in
  guard let play = play(pointer), let bytes else { return 0 }
  let kinds: [UInt32: String] = [
    CURLINFO_TEXT.rawValue: "note", CURLINFO_HEADER_OUT.rawValue: "sent", CURLINFO_HEADER_IN.rawValue: "received",
  ]
  guard let kind = kinds[kind.rawValue] else { return 0 }
  let buffer = UnsafeRawBufferPointer(start: bytes, count: min(count, 1 << 16))
  for line in buffer.split(separator: 0x0A) where !line.isEmpty {
    var text = String(decoding: line.prefix(2000), as: UTF8.self)
    while text.unicodeScalars.last == "\r" { text.unicodeScalars.removeLast() }
    play.heard(kind, text, count: line.count)
  }
  return 0
}

/// A connection to be dialled, or a place to listen.
let opened: curl_opensocket_callback = { pointer, _, address in
  guard let play = play(pointer), let address else { return -1 }
  return play.open(address)
}

/// A connection that is there, or one that came in.
let prepared: curl_sockopt_callback = { pointer, descriptor, purpose in
  guard let play = play(pointer) else { return CURL_SOCKOPT_ERROR }
  guard purpose == CURLSOCKTYPE_ACCEPT else { return CURL_SOCKOPT_ALREADY_CONNECTED }
  play.accepted(descriptor)
  return CURL_SOCKOPT_OK
}

/// A part of a listing.
let wrote: curl_write_callback = { _, size, count, pointer in
  guard let play = play(pointer) else { return 0 }
  return play.take(size * count) ? size * count : 0
}

/// A part of what is uploaded.
let readMore: curl_read_callback = { buffer, size, count, pointer in
  guard let play = play(pointer), let buffer else { return 0 }
  let part = play.unsent.prefix(size * count)
  for (index, byte) in part.enumerated() { buffer[index] = CChar(bitPattern: byte) }
  play.unsent = play.unsent.dropFirst(part.count)
  play.transferred += part.count
  play.lastProgress = Transcript.now
  return part.count
}

extension Play {
  fileprivate func heard(_ kind: String, _ text: String, count: Int) {
    guard !transcript.isStopped else { return }
    if kind == "received" {
      repliedBytes += count
      if repliedBytes > Self.mostReplies { ending = "chatter" }
      mayDial = dataCommand != nil && (text.hasPrefix("227") || text.hasPrefix("229"))
    }
    if kind == "note", isNoise(text) { return }
    if kind == "sent", isDataCommand(text), !isAsked(text) {
      // The library goes on in another mode after the one that was asked for has failed.
      transcript.stop()
      ending = "fallback"
      return
    }
    if kind == "sent" { dataCommand = isDataCommand(text) ? text : nil }
    let isPassword = kind == "sent" && text.uppercased().hasPrefix("PASS ")
    transcript.add(kind) { $0.text = isPassword ? "PASS ***" : text }
  }

  /// Notes that say nothing about the session, or what is written down here anyway.
  private func isNoise(_ text: String) -> Bool {
    let beginnings = [
      "Found bundle", "Request has same path", "ftp_perform ends", "Remembering we are", "  Trying", "Connected to",
      "Maxdownload", "Re-using existing", "Connection #", "Hostname ", "Connecting to", "Connect data stream",
      "Added ", "Uses proxy", "Entry path", "sa_addr", " CAfile", " CApath", "TLS handshake", "Established ",
      "Server certificate:",
    ]
    return beginnings.contains { text.hasPrefix($0) } || text.contains("TLS handshake, ")
      || text.contains("TLS change cipher")
  }

  private func isDataCommand(_ text: String) -> Bool {
    ["PASV", "EPSV", "PORT ", "EPRT "].contains { text.hasPrefix($0) }
  }

  private func isAsked(_ text: String) -> Bool { text.lowercased().hasPrefix(request.mode) }

  fileprivate func take(_ count: Int) -> Bool {
    transferred += count
    lastProgress = Transcript.now
    if transferred > Self.mostData {
      ending = "enough"
      return false
    }
    transcript.add("data") { $0.bytes = count }
    return true
  }

  fileprivate func accepted(_ descriptor: Int32) {
    acceptedAt = Transcript.now
    let (other, own) = (end(of: descriptor, isPeer: true), end(of: descriptor, isPeer: false))
    transcript.add("accepted") { event in
      (event.connection, event.address, event.port) = ("data", other?.address, other?.port)
      (event.localAddress, event.localPort) = (own?.address, own?.port)
    }
  }

  /// A socket for the library: dialled here, so that what it meets is known exactly.
  fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
    if transcript.isStopped || ending != nil { return -1 }
    guard let target = target(of: address) else { return -1 }
    // A place to listen, in active mode, is an address of ours with whatever port is free.
    if target.port == 0 { return make_socket(address) }
    let isData = hasControl && mayDial
    if hasControl, !isData {
      // The server ended the control connection, and the library begins another session.
      transcript.add("reconnects")
      ending = "reconnect"
      return -1
    }
    hasControl = true
    mayDial = false
    return dial(address, target, isData ? "data" : "control")
  }

  private func target(of address: UnsafeMutablePointer<curl_sockaddr>) -> (address: String, port: UInt16)? {
    var text = [CChar](repeating: 0, count: 64)
    var port: UInt16 = 0
    guard numeric_address(address, &text, UInt32(text.count), &port) != 0 else { return nil }
    return (String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self), port)
  }

  private func dial(
    _ address: UnsafeMutablePointer<curl_sockaddr>, _ target: (address: String, port: UInt16), _ connection: String
  ) -> Int32 {
    let (name, port) = target
    transcript.add("dialling") { ($0.connection, $0.address, $0.port) = (connection, name, port) }
    let descriptor = make_socket(address)
    guard descriptor >= 0 else { return -1 }
    let error = connect(descriptor, address)
    let own = end(of: descriptor, isPeer: false)
    transcript.add("dialled") { event in
      (event.connection, event.address, event.port) = (connection, name, port)
      (event.localAddress, event.localPort) = (own?.address, own?.port)
      event.result = result(error)
      if error != 0 { event.text = String(cString: strerror(error)) }
    }
    guard error == 0 else {
      close(descriptor)
      return -1
    }
    return descriptor
  }

  /// 0, or the error with which it failed.
  private func connect(_ descriptor: Int32, _ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
    if begin_connecting(descriptor, address) == 0 { return 0 }
    guard errno == EINPROGRESS else { return errno }
    let end = Transcript.now + Double(patience)
    while true {
      let rest = Int32((end - Transcript.now) * 1000)
      guard rest > 0 else { return ETIMEDOUT }
      var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&event, 1, rest) > 0 { return error_of(descriptor) }
    }
  }

  private func result(_ error: Int32) -> String {
    switch error {
    case 0: "connected"
    case ECONNREFUSED, ECONNRESET: "refused"
    case ETIMEDOUT: "timed-out"
    case EHOSTUNREACH, ENETUNREACH, EACCES, EPERM, EADDRNOTAVAIL, EINVAL: "unreachable"
    default: "failed"
    }
  }

  private func end(of descriptor: Int32, isPeer: Bool) -> (address: String, port: UInt16)? {
    var text = [CChar](repeating: 0, count: 64)
    var port: UInt16 = 0
    guard end_address(descriptor, isPeer ? 1 : 0, &text, UInt32(text.count), &port) != 0 else { return nil }
    return (String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self), port)
  }
}
