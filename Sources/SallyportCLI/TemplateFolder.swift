import FoundationEssentials

/// The texts of `--templates DIR` by file name, from the folder itself and its subfolders; they replace built-in templates of
/// the same name.
///
/// - Throws: `ExitStatus.inputMissing` when the folder or a file in it cannot be read.
func readTemplates(_ folder: String?, console: Console) throws -> [String: String] {
  guard let folder else { return [:] }
  guard let paths = try? FileManager.default.subpathsOfDirectory(atPath: folder) else {
    throw console.failure("\(folder): no such folder", .inputMissing)
  }
  var templates: [String: String] = [:]
  for path in paths.sorted() where path.hasSuffix(".mustache") {
    let bytes = try PolicyFiles(files: [], console: console).read("\(folder)/\(path)")
    let name = path.split(separator: "/").last.map(String.init) ?? path
    templates[name] = String(decoding: bytes, as: UTF8.self)
  }
  return templates
}
