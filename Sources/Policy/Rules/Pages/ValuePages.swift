import Diagnostics

/// Pages of the codes that are raised while values are read.
let valuePages: [RulePage] = [
  RulePage(
    .error, "external-ip-not-an-address", "the external address is not an IP address",
    explanation: """
      Host names are not accepted: each server resolves them at another time, some at start and some never, \
      and inside a network they often stand for the inside address. Then the 227 reply sends clients to the \
      wrong place.
      """,
    failureModes: ["F41", "F42", "F43"],
    bad: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    ftp.example.com
          passive range  50000-50399
          tls            explicit required
      }
      """,
    good: sample()),
  RulePage(
    .error, "invalid-address", "this is not an IP address or prefix",
    explanation: """
      Addresses are IPv4 or IPv6 literals, prefixes where a set of clients is meant. IPv4 octets have no \
      leading zeros, because some programs read them as octal numbers.
      """,
    bad: sample("allow          198.51.100.300"), good: sample("allow          198.51.100.30")),
  RulePage(
    .error, "invalid-number", "a number lies outside of its bounds",
    explanation: "Ports go from 1 to 65535, counts from 1 to 1000000, and ranges are written `low-high`.",
    bad: sample("control port   70000"), good: sample("control port   2121")),
  RulePage(
    .error, "invalid-thumbprint", "this is not the thumbprint of a certificate",
    explanation: """
      The Windows certificate store finds a certificate by its SHA-1 thumbprint: 40 hexadecimal digits. The \
      management console shows it with blanks, and sometimes with an invisible mark before the first digit.
      """,
    bad: serverSample("iis", "site         \"Files\"", "certificate  thumbprint 0123456789"),
    good: serverSample(
      "iis", "site         \"Files\"", "certificate  thumbprint 0123456789ABCDEF0123456789ABCDEF01234567")),
  RulePage(
    .error, "passive-range-remapped", "a passive range cannot be translated to other ports",
    explanation: """
      The server writes the port that it opened into the 227 or 229 reply, and clients dial that port. No \
      server can announce another, so a firewall that moves the range sends every data connection to a \
      closed port.
      """,
    failureModes: ["F14"],
    bad: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50000-50399 -> 60000-60399
          tls            explicit required
      }
      """,
    good: sample()),
  RulePage(
    .error, "prefix-host-bits", "a prefix has bits set behind its length",
    explanation: """
      `198.51.100.7/24` can mean one address or the 256 around it. A policy says which: the network address, \
      or the address without length.
      """,
    bad: sample("allow          198.51.100.7/24"), good: sample("allow          198.51.100.0/24")),
  RulePage(
    .error, "range-reversed", "the ends of a range are reversed",
    explanation: """
      The lower port stands first. vsftpd ignores a reversed range without a word and takes any port, and \
      Pure-FTPd does not start.
      """,
    bad: """
      publish files {
          server         10.10.20.200 proftpd
          external ip    203.0.113.10
          passive range  50399-50000
          tls            explicit required
      }
      """,
    good: sample()),
]
