extension Template {
  package static let iisAppcmd = Template("iis-appcmd.cmd.mustache", PackageResources.iis_appcmd_cmd_mustache)
  package static let iisAppcmdUndo = Template(
    "iis-appcmd-undo.cmd.mustache", PackageResources.iis_appcmd_undo_cmd_mustache)
  package static let iisXML = Template(
    "iis-applicationHost.config.mustache", PackageResources.iis_applicationHost_config_mustache)
  package static let iisPowerShell = Template(
    "iis-powershell.ps1.mustache", PackageResources.iis_powershell_ps1_mustache)
  package static let iisPowerShellUndo = Template(
    "iis-powershell-undo.ps1.mustache", PackageResources.iis_powershell_undo_ps1_mustache)
  package static let iisXMLFirewall = Template(
    "iis-xml-firewall.cmd.mustache", PackageResources.iis_xml_firewall_cmd_mustache)
  package static let iisXMLFirewallUndo = Template(
    "iis-xml-firewall-undo.cmd.mustache", PackageResources.iis_xml_firewall_undo_cmd_mustache)
}
