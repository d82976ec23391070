/// The configuration of an ASA around what publishes a server.
struct ASASurroundings {
  var list = "outside_access_in"
  var interfaces: [(name: String, level: Int, address: String)] = [
    ("outside", 0, "203.0.113.2 255.255.255.0"), ("inside", 100, "10.10.20.1 255.255.255.0"),
    ("dmz", 50, "192.168.50.1 255.255.255.0"),
  ]
  /// The interfaces at which the list is bound.
  var bound = ["outside"]
  var inspections = ["ftp", "sip", "tftp"]
  var hasOutgoingNAT = true

  /// - Parameters:
  ///   - objects: Objects and groups.
  ///   - rules: Lines of access lists.
  ///   - translations: Twice NAT, and objects with NAT.
  func text(_ objects: String, _ rules: String, _ translations: String) -> String {
    """
    : Saved

    :
    : Serial Number: JMX00000000
    : Hardware:   ASA5515, 8192 MB RAM, CPU Clarkdale 3058 MHz, 1 CPU (4 cores)
    :
    ASA Version 9.12(4)
    !
    hostname edge
    enable password ***** pbkdf2
    names
    no mac-address auto
    !
    \(interfaceLines)
    interface Management0/0
     management-only
     nameif management
     security-level 100
     ip address 192.168.1.1 255.255.255.0
    !
    banner motd access-list of authorised persons only
    ftp mode passive
    dns server-group DefaultDNS
     domain-name example.com
    object network obj_any
     subnet 0.0.0.0 0.0.0.0
    object network web
     host 10.10.20.80
    object network remote
     subnet 10.99.0.0 255.255.0.0
    object network local
     subnet 10.10.20.0 255.255.255.0
    object-group service web-ports tcp
     port-object eq www
     port-object eq https
    \(objects)
    access-list \(list) remark the web server
    access-list \(list) extended permit tcp any object web object-group web-ports log warnings
    access-list \(list) extended permit icmp any any echo-reply
    \(rules)
    access-list vpn extended permit ip object local object remote
    pager lines 24
    logging enable
    mtu outside 1500
    nat (inside,outside) source static local local destination static remote remote no-proxy-arp route-lookup
    \(translations)
    object network web
     nat (inside,outside) static 203.0.113.80
    \(hasOutgoingNAT ? "object network obj_any\n nat (inside,outside) dynamic interface" : "!")
    \(bound.map { "access-group \(list) in interface \($0)" }.joined(separator: "\n"))
    route outside 0.0.0.0 0.0.0.0 203.0.113.1 1
    timeout xlate 3:00:00
    aaa authentication ssh console LOCAL
    http server enable
    crypto map outside_map 1 match address vpn
    crypto map outside_map 1 set peer 198.51.100.200
    username admin password ***** pbkdf2 privilege 15
    !
    class-map inspection_default
     match default-inspection-traffic
    !
    policy-map type inspect dns preset_dns_map
     parameters
      message-length maximum client auto
      message-length maximum 512
    policy-map global_policy
     class inspection_default
    \(inspections.map { "  inspect \($0)" }.joined(separator: "\n"))
    !
    service-policy global_policy global
    prompt hostname context
    Cryptochecksum:00000000000000000000000000000000
    : end

    """
  }

  private var interfaceLines: String {
    interfaces.enumerated().map { number, interface in
      """
      interface GigabitEthernet0/\(number)
       nameif \(interface.name)
       security-level \(interface.level)
       ip address \(interface.address)
      !
      """
    }.joined(separator: "\n")
  }
}
