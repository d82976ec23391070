import Foundation
import LiveSupport
import Subprocess
import Testing

/// The pictures of `explain` in a browser, where one is there.
@Suite(.enabled(if: LiveRequirements.hasProgram("chromium"), "chromium is not installed"))
struct ExplainPictureTests {
  /// A screenshot, 800 units wide.
  private func screenshot(_ page: URL, dark: Bool) async throws -> [UInt8] {
    let picture = page.deletingLastPathComponent().appending(path: dark ? "dark.png" : "light.png")
    let options = dark ? ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] : []
    let words =
      ["timeout", "120", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"] + options
      + ["--window-size=800,1200", "--screenshot=\(picture.path)", page.absoluteString]
    _ = try await run(
      .name(words[0]), arguments: Arguments(Array(words.dropFirst())), input: .none, output: .discarded,
      error: .discarded)
    return Array(try Data(contentsOf: picture))
  }

  @Test func lightAndDark() async throws {
    let policy = published(range: "")
    try await withFolder(["office.sally": policy]) { folder in
      for format in ["html", "svg"] {
        let made = try await sallyport(["explain", "office.sally", "files", "--format", format], in: folder)
        let page = folder.appending(path: "page.\(format)")
        try made.output.write(to: page, atomically: true, encoding: .utf8)
        let light = try await screenshot(page, dark: false)
        let dark = try await screenshot(page, dark: true)
        for picture in [light, dark] {
          // The header of a PNG file: signature, IHDR, width and height.
          #expect(Array(picture.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
          #expect(picture.dropFirst(16).prefix(4).reduce(0) { $0 << 8 | Int($1) } == 800)
          #expect(picture.count > 20_000, "\(format): an empty page")
        }
        #expect(light != dark, "\(format) does not follow the reader's preference")
      }
    }
  }
}
