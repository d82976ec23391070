package import Diagnostics

/// A value together with the text that asked for it. It lies in the module that makes most of them: made from another
/// one, each asks the runtime for its generic type.
package struct Located<Value: Sendable>: Sendable {
  package var value: Value
  package var span: SourceSpan

  package init(_ value: Value, _ span: SourceSpan) {
    self.value = value
    self.span = span
  }
}

extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}

/// A value that a statement may set and that has a default otherwise.
package struct Setting<Value: Sendable>: Sendable {
  package var value: Value
  /// The statement that set it; `nil` when the default is in force.
  package var span: SourceSpan?

  /// The default.
  package init(default value: Value) { self.value = value }

  package init(_ value: Value, _ span: SourceSpan?) {
    self.value = value
    self.span = span
  }
}

extension Setting: Equatable where Value: Equatable {}
