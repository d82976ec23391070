extension Template {
  package static let fileZillaSettings = Template(
    "filezilla-settings.xml.mustache", PackageResources.filezilla_settings_xml_mustache)
  package static let fileZillaFirewall = Template(
    "filezilla-firewall.ps1.mustache", PackageResources.filezilla_firewall_ps1_mustache)
  package static let fileZillaFirewallUndo = Template(
    "filezilla-firewall-undo.ps1.mustache", PackageResources.filezilla_firewall_undo_ps1_mustache)
}
