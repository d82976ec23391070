extension Template {
  package static let vsftpd = Template("vsftpd.conf.mustache", PackageResources.vsftpd_conf_mustache)
}
