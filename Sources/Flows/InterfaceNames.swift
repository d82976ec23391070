import Policy

/// Whether Linux could have an interface of that name.
package func isPossibleInterface(_ name: String) -> Bool { isInterfaceName(name) }
