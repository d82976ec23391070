/// The templates of `templates/`, compiled into the binary. Names are flattened, so each must be unique.
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
    ("iis-appcmd.cmd.mustache", PackageResources.iis_appcmd_cmd_mustache),
    ("proftpd-service.conf.mustache", PackageResources.proftpd_service_conf_mustache),
    ("proftpd.conf.mustache", PackageResources.proftpd_conf_mustache),
    ("pure-ftpd.conf.mustache", PackageResources.pure_ftpd_conf_mustache),
    ("vsftpd.conf.mustache", PackageResources.vsftpd_conf_mustache),
  ]
}
