import Testing

@Suite struct ShrinkingTests {
  @Test func whatMattersIsLeft() async {
    let lines = (0..<40).map { "rule \($0)" } + ["}"]
    let small = await shrink(lines, isOptional: { $0 != "}" }) { $0.contains("rule 7") && $0.contains("rule 31") }
    #expect(small == ["rule 7", "rule 31", "}"])
  }
}
