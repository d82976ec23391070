import Foundation
import Glibc
import Testing

/// Templates that nobody would write on purpose end in a sentence.
@Suite(.timeLimit(.minutes(2))) struct HostileTemplateTests {
  private static let head = "{{% CONTENT_TYPE: VSFTPD}}\n"

  private func emit(_ text: String, _ word: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try await withFolder(["policy.sally": everyStatement]) { folder in
      let templates = folder.appending(path: "templates")
      try FileManager.default.createDirectory(at: templates, withIntermediateDirectories: false)
      try (Self.head + text).write(
        to: templates.appending(path: "vsftpd.conf.mustache"), atomically: true, encoding: .utf8)
      for command in [["emit", "policy.sally", "--server", "archive"], ["build", "policy.sally", "-o", "out"]] {
        let run = try await sallyport(command + ["--templates", "templates"], in: folder)
        #expect(
          run.status == 64 && run.errors.contains(word) && run.errors.utf8.count < 4000,
          "\(run.status) \(run.errors.prefix(500))", sourceLocation: sourceLocation)
      }
    }
  }

  @Test("16.12: a template that includes itself")
  func circle() async throws {
    try await emit("{{> vsftpd.conf.mustache}}", "it includes itself: vsftpd.conf.mustache -> vsftpd.conf.mustache")
  }

  @Test(
    "16.12: 3,000 sections in one another, which fit into a template, in their order and out of it, closed and not")
  func nesting() async throws {
    let open = String(repeating: "{{#range}}", count: 3000)
    let close = String(repeating: "{{/range}}", count: 3000)
    try await emit(open + close, "sections go more than 100 levels deep")
    try await emit(open, "sections go more than 100 levels deep")
    try await emit(String(repeating: open + close, count: 7), "is larger than 64 KiB")
  }

  @Test("16.12: functions and names of many parts")
  func names() async throws {
    try await emit(
      "{{" + String(repeating: "f(", count: 15_000) + String(repeating: ")", count: 15_000) + "}}", "vsftpd.conf")
    try await emit("{{" + String(repeating: "a.", count: 15_000) + "a}}", "vsftpd.conf")
  }

  @Test("16.9: a template has a size, and the limit is named")
  func size() async throws {
    try await emit(String(repeating: "{{port}}\n", count: 10_000), "is larger than 64 KiB, which is no template")
  }

  @Test("16.12: a pipe among the templates is refused, and nobody waits for it")
  func pipe() async throws {
    try await withFolder(["policy.sally": everyStatement]) { folder in
      #expect(mkfifo(folder.appending(path: "vsftpd.conf.mustache").path, 0o644) == 0)
      let run = try await sallyport(
        ["emit", "policy.sally", "--server", "archive", "--templates", "."], in: folder)
      #expect(run.status == 66 && run.errors.contains("it is not a regular file"), "\(run)")
    }
  }
}
