extension Template {
  package static let pureFTPd = Template("pure-ftpd.conf.mustache", PackageResources.pure_ftpd_conf_mustache)
  package static let pureFTPdDebian = Template(
    "pure-ftpd-debian.mustache", PackageResources.pure_ftpd_debian_mustache)
  package static let pureFTPdDebianInstall = Template(
    "pure-ftpd-debian-install.sh.mustache", PackageResources.pure_ftpd_debian_install_sh_mustache)
  package static let pureFTPdFlags = Template(
    "pure-ftpd-flags.sh.mustache", PackageResources.pure_ftpd_flags_sh_mustache)
}
