extension Template {
  package static let sftpgoJSON = Template("sftpgo.json.mustache", PackageResources.sftpgo_json_mustache)
  package static let sftpgoEnvironment = Template("sftpgo.env.mustache", PackageResources.sftpgo_env_mustache)
}
