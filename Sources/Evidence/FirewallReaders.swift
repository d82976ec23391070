/// The readers of firewalls' logs.
package let firewallReaders: [any LogReader] = [NetfilterLog(), ISALog(), ASALog(), SRXLog()]
