/// A box on the gateway that reads the control connection, and what it does to it.
enum Middlebox: String, Sendable {
  /// The FTP filter of ISA Server, as far as it is documented: it says that access is denied to `AUTH`, which the
  /// server never sees.
  case isa
  /// Strict inspection of an ASA: the banner in stars, and the end of the connection at `AUTH`.
  case asa
  /// Passes everything, and nothing but the control connection.
  case passes
  /// Opens the way for the port in a 227, and knows no 229.
  case pasvOnly = "pasv-only"
  /// Puts another port into the reply.
  case renumbers
  /// Puts an address into the 227 that no client can read.
  case malforms
  /// Keeps the replies to PASV and EPSV to itself.
  case swallows
  /// Answers PASV by 229, as a translator between the families does.
  case family
  /// Greets in words of its own.
  case greets
  /// Waits before it passes the password on.
  case slow
  /// No FTP at all.
  case ssh, mute

  /// Where it listens.
  static let port = 2121

  /// The program, in Python; its one argument is the case.
  static let program = """
    import re, socket, subprocess, sys, threading, time
    mode = sys.argv[1]
    gate = socket.create_server(("0.0.0.0", 2121))

    def answered(line, client):
        code = line[:3]
        if mode in ("asa", "greets") and code == b"220":
            if line[3:4] == b"-":
                return None
            return b"220 " + (b"*" * 40 if mode == "asa" else b"Gateway FTP proxy ready")
        if code not in (b"227", b"229"):
            return line
        if mode == "swallows":
            return None
        numbers = [int(word) for word in re.findall(rb"[0-9]+", line[4:])]
        port = numbers[-2] * 256 + numbers[-1] if code == b"227" else numbers[-1]
        if mode == "pasv-only" and code == b"227":
            subprocess.run(["nft", "add", "element", "ip", "bench", "open", "{ %d }" % port], check=True)
        if mode == "renumbers":
            port += 1000
            if code == b"229":
                return b"229 Entering Extended Passive Mode (|||%d|)" % port
            return b"227 Entering Passive Mode (203,0,113,10,%d,%d)." % divmod(port, 256)
        if mode == "malforms":
            return b"227 Entering Passive Mode (203.0.113.10:%d)." % port
        if mode == "family":
            return b"229 Entering Extended Passive Mode (|||%d|)" % port
        return line

    # Lines without their LF, and what comes once the connection is encrypted as it comes.
    def pieces(peer, blind):
        pending = b""
        while data := peer.recv(4096):
            if blind.is_set():
                yield data, False
                continue
            pending += data
            while b"\\n" in pending:
                line, pending = pending.split(b"\\n", 1)
                yield line, True

    def serve(client):
        if mode == "ssh":
            client.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\\r\\n")
        if mode in ("ssh", "mute"):
            time.sleep(30)
            return
        server = socket.create_connection(("10.10.20.200", 21))
        blind = threading.Event()
        def back():
            for data, is_line in pieces(server, blind):
                if is_line:
                    if data[:3] == b"234":
                        blind.set()
                    data = answered(data.rstrip(b"\\r"), client)
                    data = b"" if data is None else data + b"\\r\\n"
                client.sendall(data)
            client.close()
        threading.Thread(target=back, daemon=True).start()
        for data, is_line in pieces(client, blind):
            verb = data[:4].upper() if is_line else b""
            if verb == b"AUTH" and mode == "isa":
                client.sendall(b"550 Access is denied. \\r\\n")
                continue
            if verb == b"AUTH" and mode == "asa":
                client.shutdown(socket.SHUT_RDWR)
                break
            if verb == b"PASS" and mode == "slow":
                time.sleep(8)
            server.sendall(data + b"\\n" if is_line else data)
        server.close()

    def guarded(client):
        try:
            serve(client)
        except OSError:
            pass

    while True:
        threading.Thread(target=guarded, args=(gate.accept()[0],), daemon=True).start()
    """
}
