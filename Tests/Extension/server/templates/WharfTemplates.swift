extension Template {
  package static let wharf = Template("wharf.conf.mustache", PackageResources.wharf_conf_mustache)
}
