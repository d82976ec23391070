/// Lets a value live until the process ends. A command that has written its output is done, and taking the values of a
/// large policy apart would only make its end take longer.
func keepUntilExit<Value: Sendable>(_ value: Value) { _ = Unmanaged.passRetained(Kept(value)) }

private final class Kept<Value: Sendable>: Sendable {
  private let value: Value

  init(_ value: Value) { self.value = value }
}
