extension Template {
  package static let checklist = Template("checklist.txt.mustache", PackageResources.checklist_txt_mustache)
}
