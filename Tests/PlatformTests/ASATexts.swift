/// The parts of a right configuration of an ASA, and the policies that it is held against.
enum ASATexts {
  static let gateway = "platform asa; outside \"outside\"; inside \"inside\"; access list \"outside_access_in\""
  /// A server that can refuse active mode, TLS, one network of clients.
  static let policy = workedCase(gateway)
  /// The same without TLS, for the helper.
  static let helped = workedCase(gateway, "tls off  # allow: tls-off\n    helper on")

  static let objects = """
    object network ftp-server
     host 10.10.20.200
    object network ftp-public
     host 203.0.113.10
    object service svc-ctl-real
     service tcp source eq ftp
    object service svc-ctl-public
     service tcp source eq 2121
    object service svc-pasv
     service tcp source range 5000 5500
    object-group network ftp-clients
     network-object 198.51.100.0 255.255.255.0
    """
  static let rules = """
    access-list outside_access_in extended permit tcp object-group ftp-clients object ftp-server eq ftp
    access-list outside_access_in extended permit tcp object-group ftp-clients object ftp-server range 5000 5500
    """
  static let translations = """
    nat (inside,outside) source static ftp-server ftp-public service svc-ctl-real svc-ctl-public
    nat (inside,outside) source static ftp-server ftp-public service svc-pasv svc-pasv
    """
  static let whole = ASASurroundings().text(objects, rules, translations)
}
