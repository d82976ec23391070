extension Template {
  package static let fileZillaSettings = Template(
    "filezilla-settings.xml.mustache", PackageResources.filezilla_settings_xml_mustache)
}
