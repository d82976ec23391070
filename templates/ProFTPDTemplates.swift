extension Template {
  package static let proftpd = Template("proftpd.conf.mustache", PackageResources.proftpd_conf_mustache)
  package static let proftpdService = Template(
    "proftpd-service.conf.mustache", PackageResources.proftpd_service_conf_mustache)
  package static let proftpdVirtualHost = Template(
    "proftpd-virtualhost.conf.mustache", PackageResources.proftpd_virtualhost_conf_mustache)
}
