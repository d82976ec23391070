/// The templates of `templates/programs/`, compiled into the binary. Names are flattened, so each must be unique.
package enum Templates {
  /// The file names, sorted.
  package static let names = files.map(\.name)

  /// The text of a template by file name; `nil` when there is none of that name.
  package static func text(_ name: String) -> String? {
    files.first { $0.name == name }.map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  /// A new template is one more line here.
  private static let files: [(name: String, bytes: [UInt8])] = [
    ("checklist.txt.mustache", PackageResources.checklist_txt_mustache),
    ("filezilla-settings.xml.mustache", PackageResources.filezilla_settings_xml_mustache),
    ("iis-appcmd-undo.cmd.mustache", PackageResources.iis_appcmd_undo_cmd_mustache),
    ("iis-appcmd.cmd.mustache", PackageResources.iis_appcmd_cmd_mustache),
    ("iis-applicationHost.config.mustache", PackageResources.iis_applicationHost_config_mustache),
    ("iis-powershell-undo.ps1.mustache", PackageResources.iis_powershell_undo_ps1_mustache),
    ("iis-powershell.ps1.mustache", PackageResources.iis_powershell_ps1_mustache),
    ("iis-windows-firewall-undo.cmd.mustache", PackageResources.iis_windows_firewall_undo_cmd_mustache),
    ("iis-windows-firewall-undo.ps1.mustache", PackageResources.iis_windows_firewall_undo_ps1_mustache),
    ("iis-windows-firewall.cmd.mustache", PackageResources.iis_windows_firewall_cmd_mustache),
    ("iis-xml-firewall-undo.cmd.mustache", PackageResources.iis_xml_firewall_undo_cmd_mustache),
    ("iis-xml-firewall.cmd.mustache", PackageResources.iis_xml_firewall_cmd_mustache),
    ("proftpd-service.conf.mustache", PackageResources.proftpd_service_conf_mustache),
    ("proftpd-virtualhost.conf.mustache", PackageResources.proftpd_virtualhost_conf_mustache),
    ("proftpd.conf.mustache", PackageResources.proftpd_conf_mustache),
    ("pure-ftpd-debian-install.sh.mustache", PackageResources.pure_ftpd_debian_install_sh_mustache),
    ("pure-ftpd-debian.mustache", PackageResources.pure_ftpd_debian_mustache),
    ("pure-ftpd-flags.sh.mustache", PackageResources.pure_ftpd_flags_sh_mustache),
    ("pure-ftpd.conf.mustache", PackageResources.pure_ftpd_conf_mustache),
    ("sftpgo.env.mustache", PackageResources.sftpgo_env_mustache),
    ("sftpgo.json.mustache", PackageResources.sftpgo_json_mustache),
    ("vsftpd.conf.mustache", PackageResources.vsftpd_conf_mustache),
  ]
}
