import Diagnostics
import FoundationEssentials
import Servers

/// The texts of `--templates DIR` by file name, from the folder itself and its subfolders; they replace built-in
/// templates of the same name.
///
/// - Throws: `ExitStatus.inputMissing` when the folder or a file in it cannot be read, `ExitStatus.usage` when it holds
///   nothing that is used, or something that cannot be.
func readTemplates(_ folder: String?, console: Console) throws -> [String: String] {
  guard let folder else { return [:] }
  guard let paths = try? FileManager.default.subpathsOfDirectory(atPath: folder) else {
    throw console.failure("\(folder): no such folder", .inputMissing)
  }
  var templates: [String: String] = [:]
  var faults: [String] = []
  for path in paths.sorted() {
    let full = "\(folder)/\(path)"
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard name.hasSuffix(templateSuffix) else {
      if let meant = meantTemplate(name) { faults.append("\(full): is not used; did you mean `\(meant)`?") }
      continue
    }
    guard TemplateCheck.names.contains(name) else {
      faults.append("\(full): \(unknown("template", name, among: TemplateCheck.names))")
      continue
    }
    guard templates[name] == nil else {
      faults.append("\(full): is the second template of that name; remove one of them")
      continue
    }
    let bytes = try console.content(of: full, readRegularInput(full))
    guard bytes.count <= largestTemplate else {
      faults.append("\(full): is larger than \(largestTemplate >> 10) KiB, which is no template")
      continue
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      faults.append("\(full): is not UTF-8; save it as UTF-8")
      continue
    }
    templates[name] = text
    faults += TemplateCheck.faults(in: text, as: name).map { "\(full):\($0.line): \($0.message)" }
  }
  if templates.isEmpty, faults.isEmpty {
    faults.append("\(folder): holds no template, a file such as `\(TemplateCheck.names.last ?? "")`")
  }
  if faults.count > mostFaults {
    faults[mostFaults...] = ["\(folder): \(faults.count - mostFaults) more faults"]
  }
  for fault in faults.dropLast() { _ = console.failure(fault, .usage) }
  if let last = faults.last { throw console.failure(last, .usage) }
  return templates
}

/// Bytes of a template at most, far above any real one: what fills them in takes time with the square of their length.
private let largestTemplate = 64 << 10
/// Faults that are told at most.
private let mostFaults = 20
private let templateSuffix = ".mustache"

/// The template that a file of another kind was meant to be; `nil` for a file that is none of ours, such as a page that
/// explains.
private func meantTemplate(_ name: String) -> String? {
  let known = TemplateCheck.names
  return known.first { $0 == name + templateSuffix }
    ?? nearest(to: name, among: known)
    ?? nearest(to: name, among: known.map { String($0.dropLast(templateSuffix.count)) }).map { $0 + templateSuffix }
}
