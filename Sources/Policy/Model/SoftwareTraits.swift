extension SoftwareKind {
  /// The source port of data connections in active mode, where the program has a fixed one: 20 for IIS (documented),
  /// Pure-FTPd started as root, and vsftpd with `connect_from_port_20=YES`; the control port less one for ProFTPD 1.3.7
  /// and newer with `RootRevoke off` (measured with 1.3.8); `nil` for FileZilla Server, which takes any (its source,
  /// 1.7.3).
  package func activeDataPort(controlPort: UInt16) -> UInt16? {
    switch self {
    case .iis, .pureFTPd, .vsftpd: 20
    case .proftpd: controlPort > 1 ? controlPort - 1 : nil
    case .filezilla: nil
    case .other: 20
    }
  }

  /// Whether the program has a setting that refuses PORT and EPRT. IIS filters commands, but whether that holds for
  /// these two was never seen, so the gateway enforces it too.
  package var canRefuseActive: Bool { self == .proftpd || self == .vsftpd }
}
