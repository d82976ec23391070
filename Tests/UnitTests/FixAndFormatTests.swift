import Foundation
import Testing

@Suite struct FixAndFormatTests {
  @Test func fixAppliesSafeEdits() async throws {
    let text = published("tls explicit required", range: "passive range 50399-50000 # certainly")
    try await withFolder(["policy.sally": text]) { folder in
      let path = folder.appending(path: "policy.sally").path
      let run = try await sallyport(["check", "--fix", path])
      #expect(run.status == 0, "\(run.errors)")
      #expect(contents(of: folder)["policy.sally"] == text.replacing("50399-50000", with: "50000-50399"))
    }
  }

  @Test func standardInputCannotBeFixed() async throws {
    let run = try await sallyport(
      ["check", "--fix", "-"], input: published(range: "passive range 50399-50000"))
    #expect(run.status == 64)
  }

  @Test func format() async throws {
    try await withFolder(["a.sally": "publish a { tls off }\n", "b.sally": "# fine\n", "c.sally": "publish {{\n"]) {
      folder in
      let check = try await sallyport(["fmt", "--check", "a.sally", "b.sally"], in: folder)
      #expect(check.status == 1)
      #expect(check.errors.contains("a.sally") && !check.errors.contains("b.sally"))
      let diff = try await sallyport(["fmt", "--diff", "a.sally"], in: folder)
      #expect(diff.status == 1)
      #expect(diff.output.contains("-publish a { tls off }\n+publish a {\n+    tls  off\n+}\n"))
      #expect(contents(of: folder)["a.sally"] == "publish a { tls off }\n")
      let write = try await sallyport(["fmt", "a.sally", "c.sally"], in: folder)
      #expect(write.status == 1)
      #expect(contents(of: folder)["a.sally"] == "publish a {\n    tls  off\n}\n")
      #expect(contents(of: folder)["c.sally"] == "publish {{\n")
      #expect(try await sallyport(["fmt", "--check", "a.sally", "b.sally"], in: folder).status == 0)
    }
  }

  @Test func formatStandardInput() async throws {
    let run = try await sallyport(["fmt", "-"], input: "publish a{tls off}")
    #expect(run.status == 0)
    #expect(run.output == "publish a {\n    tls  off\n}\n")
  }

  @Test func everyShippedPolicyIsCanonicalAndAccepted() async throws {
    let folder = repository.appending(path: "policies")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".sally") }
    #expect(names.count >= 8)
    for name in names.sorted() {
      let format = try await sallyport(["fmt", "--check", name], in: folder)
      #expect(format.status == 0, "\(name)")
      let check = try await sallyport(["check", name], in: folder)
      #expect(check.status == 0, "\(name): \(check.errors)")
      #expect(!check.errors.contains("warning["), "\(name): \(check.errors)")
      let gateways = name == "two-gateways.sally" ? ["--gateway", "fibre"] : []
      let compile = try await sallyport(["compile", name] + gateways, in: folder)
      #expect(compile.status == 0 && compile.output.contains("table inet sallyport {"), "\(name): \(compile.errors)")
    }
  }
}
