/// What stands around the lines that we write.
enum SRXSurroundings {
  static let zones = """
    set version 20.4R3.8
    set system host-name edge
    set system services ssh
    set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.2/24
    set interfaces ge-0/0/1 unit 0 family inet address 10.10.20.1/24
    set routing-options static route 0.0.0.0/0 next-hop 203.0.113.1
    set security nat proxy-arp interface ge-0/0/0.0 address 203.0.113.8/32 to 203.0.113.15/32
    set security zones security-zone untrust interfaces ge-0/0/0.0
    set security zones security-zone trust host-inbound-traffic system-services all
    set security zones security-zone trust interfaces ge-0/0/1.0

    """

  static let braces = #"""
    ## Last commit: 2024-01-05 10:11:12 UTC by admin
    version 20.4R3.8;
    system {
        host-name edge;
        root-authentication {
            encrypted-password "$6$abc{;}"; ## SECRET-DATA
        }
        /* a comment { with signs; */
        services { ssh; }
    }
    security {
        address-book {
            global {
                address srv 10.10.20.200/32;
                address c1 198.51.100.0/25;
                address c2 {
                    range-address 198.51.100.128 { to { 198.51.100.255; } }
                }
                address-set clients {
                    address c1;
                    address-set more;
                }
                address-set more { address c2; }
            }
        }
        alg { ftp disable; }
        nat {
            destination {
                pool ctl { address 10.10.20.200/32 port 21; }
                pool pasv { address 10.10.20.200/32; }
                rule-set in {
                    from zone [ untrust guests ];
                    inactive: rule old {
                        match { destination-address 203.0.113.10/32; }
                        then { destination-nat off; }
                    }
                    rule ctl {
                        match {
                            destination-address 203.0.113.10/32;
                            destination-port { 2121; }
                            protocol tcp;
                        }
                        then { destination-nat pool ctl; }
                    }
                    rule pasv {
                        match {
                            destination-address 203.0.113.10/32;
                            destination-port 5000 to 5500;
                        }
                        then { destination-nat { pool { pasv; } } }
                    }
                }
            }
            proxy-arp { interface ge-0/0/0.0 { address { 203.0.113.10/32; } } }
        }
        policies {
            from-zone untrust to-zone trust {
                policy ftp {
                    match {
                        source-address clients;
                        destination-address srv;
                        application [ ctl pasv ];
                    }
                    then { permit; log { session-init; } }
                }
                policy rest {
                    match { source-address any; destination-address any; application any; }
                    then { deny; }
                }
            }
        }
        zones {
            security-zone untrust { interfaces { ge-0/0/0.0 { host-inbound-traffic { system-services { ping; } } } } }
            security-zone trust { interfaces { ge-0/0/1.0; } }
        }
    }
    applications {
        application ctl { protocol tcp; destination-port 21; }
        application pasv { term t1 alg ignore protocol tcp destination-port 5000-5500; }
    }

    """#
}
