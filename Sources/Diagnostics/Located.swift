/// A value together with the text that asked for it.
package struct Located<Value: Sendable>: Sendable {
  package var value: Value
  package var span: SourceSpan

  /// Inlined, because one that is called from another module asks for the generic type each time.
  @inlinable
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
  @inlinable
  package init(default value: Value) { self.value = value }

  @inlinable
  package init(_ value: Value, _ span: SourceSpan?) {
    self.value = value
    self.span = span
  }
}

extension Setting: Equatable where Value: Equatable {}
