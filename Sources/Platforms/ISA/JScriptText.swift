/// A text as a literal of JScript, which is ECMAScript 3: in ASCII alone, because `cscript` reads a script in the code
/// page of the machine, and with nothing that ends the literal, its line or an element of HTML around it.
func jscriptLiteral(_ text: String) -> String {
  var literal = "\""
  for unit in text.utf16 {
    switch unit {
    case 0x22: literal += "\\\""
    case 0x5C: literal += "\\\\"
    // `</script` and `]]>` end a script where it stands in a page or in XML.
    case 0x20...0x7E where unit != 0x3C && unit != 0x3E: literal.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
    default:
      let digits = String(unit, radix: 16)
      literal += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
  }
  return literal + "\""
}
